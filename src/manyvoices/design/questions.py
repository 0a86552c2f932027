"""What a survey page and a block of feedback are made of, as people write them.

Pydantic models, frozen, unknown keys forbidden. Kinds of question are in `kinds`, the rules of a
page in `survey`; faults that need more than one question (references, duplicates) are found in
`checks`.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, StrictBool, model_validator

from manyvoices.design.kinds import (
    AnyQuestion,
    Country,
    Date,
    Info,
    Likert,
    Matrix,
    Multiple,
    Number,
    Question,
    Ranking,
    Single,
    Text,
    Vas,
)
from manyvoices.design.written import (
    Anchors,
    Identifier,
    Item,
    Line,
    Option,
    Options,
    Scale,
    Unfit,
    Value,
    VisibleIf,
    Written,
    as_option,
    check_ascending,
    check_distinct,
    found_text,
    quote_hint,
)

__all__ = [
    "Anchors",
    "AnyQuestion",
    "Attributes",
    "Country",
    "Date",
    "Identifier",
    "Info",
    "Item",
    "Likert",
    "Line",
    "Matrix",
    "Multiple",
    "Number",
    "OpenQuestion",
    "Option",
    "Options",
    "Page",
    "Question",
    "Ranking",
    "Scale",
    "Single",
    "Text",
    "Unfit",
    "Value",
    "Vas",
    "VisibleIf",
    "Written",
    "as_option",
    "check_ascending",
    "check_distinct",
    "found_text",
    "quote_hint",
]


class Page(Written):
    """What is shown at once."""

    title: Line
    intro: str = ""
    """Markdown."""
    questions: Annotated[tuple[Question, ...], Field(min_length=1)]


class Attributes(Written):
    """Statements about a conversation, each rated on a scale ("This response ... was safe")."""

    opener: Line
    """How every statement begins."""
    anchors: Anchors
    items: Annotated[tuple[Item, ...], Field(min_length=1, max_length=60)]
    range: Scale = (1, 100)
    not_applicable: StrictBool = True
    random_order: StrictBool = True
    required: StrictBool = False
    title: str = ""
    """Heading of the block; empty for the server's own."""

    @model_validator(mode="after")
    def _items_make_sense(self) -> Self:
        check_ascending(self.range)
        check_distinct("items", [item.id for item in self.items])
        return self


class OpenQuestion(Written):
    """A question that is answered in one's own words, after a conversation."""

    label: Line
    help: str = ""
    """Markdown."""
    max_length: Annotated[int, Field(ge=1, le=50_000)] = 5000
    required: StrictBool = False
