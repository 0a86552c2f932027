"""What a survey page is made of, as people write it in ``survey.yaml``.

Pydantic models, frozen, unknown keys forbidden. Rules that act on them are in `survey`; faults that
need more than one question (references, duplicates) are found in `checks`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    model_validator,
)


class Written(BaseModel):
    """Base of everything that people write: frozen, and a misspelt key is a fault."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, populate_by_name=True, use_attribute_docstrings=True
    )


Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
"""Ids stand in form fields and column names: lower case, digits, underscore."""

Line = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
"""A text on one line that is shown."""

Value = Annotated[str, StringConstraints(min_length=1, max_length=200)]
"""What is stored for an option."""


class Unfit(ValueError):
    """Something written is of the right form and makes no sense; says it in a fault's words."""

    def __init__(self, key: str, found: str, expected: str, hint: str = "") -> None:
        self.key, self.found, self.expected, self.hint = key, found, expected, hint
        super().__init__(f"{key}: found {found}, expected {expected}")


def found_text(value: Any) -> str:
    """`value` as it is named in a fault, short and on one line."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= 60 else text[:56] + "...'"


def quote_hint(value: Any) -> str:
    """What to do where a text was meant and YAML read something else."""
    if isinstance(value, bool):
        return 'YAML reads yes, no, on and off as true or false: put the word in quotes, "no"'
    if value is None or isinstance(value, Mapping | list | tuple):
        return ""
    return f'put it in quotes: "{value}"'


def check_ascending(limits: tuple[int, int]) -> None:
    """Raise `Unfit` where a range does not ascend."""
    if limits[0] >= limits[1]:
        raise Unfit("range", f"[{limits[0]}, {limits[1]}]", "the lower number first")


def check_distinct(key: str, names: Iterable[str]) -> None:
    """Raise `Unfit` where a name stands twice."""
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise Unfit(key, f"{', '.join(twice)} more than once", "different names")


def as_option(value: Any) -> Any:
    """Let people write an option as one plain string: it is its own label."""
    if isinstance(value, str):
        return {"value": value, "label": value}
    if not isinstance(value, dict | Option):
        raise Unfit("", found_text(value), "a text or {value, label}", quote_hint(value))
    return value


Scale = tuple[StrictInt, StrictInt]
Anchors = tuple[Line, Line]


class Option(Written):
    """One answer that is offered."""

    value: Value
    """What is stored."""
    label: Line
    """What is shown."""
    keep_last: StrictBool = False
    """Stays at the end where the order is random ("Other", "Prefer not to say")."""
    exclusive: StrictBool = False
    """In a multiple choice: cannot be ticked together with another ("None of these")."""


Options = Annotated[
    tuple[Annotated[Option, BeforeValidator(as_option)], ...], Field(min_length=2, max_length=300)
]


class Item(Written):
    """One line of a question with several scales."""

    id: Identifier
    label: Line


class VisibleIf(Written):
    """Show a question only if an earlier one of the same survey was answered in some way.

    Exactly one of the conditions is written. For a multiple choice, `equals` and `in` hold if a
    ticked option is named, `not_in` if none is.
    """

    question: Identifier
    equals: Value | None = None
    in_: tuple[Value, ...] | None = Field(default=None, alias="in")
    not_in: tuple[Value, ...] | None = None
    answered: StrictBool | None = None

    @model_validator(mode="after")
    def _one_condition(self) -> Self:
        given = [self.equals, self.in_, self.not_in, self.answered]
        if sum(condition is not None for condition in given) != 1:
            raise Unfit(
                "question", "no condition or several", "one of equals, in, not_in, answered"
            )
        return self

    @property
    def values(self) -> tuple[str, ...]:
        """Every option value that the condition names."""
        if self.equals is not None:
            return (self.equals,)
        return self.in_ or self.not_in or ()


class _Question(Written):
    id: Identifier
    label: Line
    """The question itself."""
    help: str = ""
    """Markdown shown under the label."""
    required: StrictBool = False
    visible_if: VisibleIf | None = None


class Single(_Question):
    """Choose one option. Stored: the option's value, or None."""

    kind: Literal["single"]
    options: Options
    random_order: StrictBool = False
    style: Literal["radios", "select"] = "radios"

    @model_validator(mode="after")
    def _options_differ(self) -> Self:
        check_distinct("options", [option.value for option in self.options])
        return self


class Multiple(_Question):
    """Tick any number of options. Stored: list of the options' values, in file order."""

    kind: Literal["multiple"]
    options: Options
    random_order: StrictBool = False

    @model_validator(mode="after")
    def _options_differ(self) -> Self:
        check_distinct("options", [option.value for option in self.options])
        return self


class Text(_Question):
    """Answer in one's own words. Stored: the text, or None."""

    kind: Literal["text"]
    max_length: Annotated[int, Field(ge=1, le=50_000)] = 2000
    """Characters."""
    multiline: StrictBool = False
    placeholder: str = ""
    guidance: str = ""
    """Markdown shown beside the field while writing."""


class Vas(_Question):
    """Visual analogue scales without numbers, one per item.

    Stored: item id -> whole number in `range`, None where untouched, ``"not_applicable"``.
    """

    kind: Literal["vas"]
    items: Annotated[tuple[Item, ...], Field(min_length=1, max_length=60)]
    anchors: Anchors
    range: Scale = (1, 100)
    random_order: StrictBool = False
    not_applicable: StrictBool = False
    """Offer "does not apply" beside each scale."""

    @model_validator(mode="after")
    def _items_make_sense(self) -> Self:
        check_ascending(self.range)
        check_distinct("items", [item.id for item in self.items])
        return self


class Info(_Question):
    """A text between questions; nothing is asked."""

    kind: Literal["info"]
    required: Literal[False] = False


Question = Annotated[Single | Multiple | Text | Vas | Info, Field(discriminator="kind")]


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
