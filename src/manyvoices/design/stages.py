"""The stages that a study is made of, as people write them in ``study.yaml``.

A stage kind is written as the one key of a list entry (``- consent: {...}``); the loader turns
that key into the field `kind`.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    StrictFloat,
    StrictInt,
    StringConstraints,
    model_validator,
)

from manyvoices.design.questions import (
    Anchors,
    Attributes,
    Identifier,
    OpenQuestion,
    Page,
    Scale,
    Unfit,
    Written,
    check_ascending,
    found_text,
)

Seconds = Annotated[StrictFloat, Field(gt=0, le=600)]
TypeName = Annotated[str, StringConstraints(min_length=1, max_length=60)]


class ConsentStage(Written):
    """What people agree to before anything else."""

    kind: Literal["consent"]
    text: Annotated[str, StringConstraints(min_length=1)]
    """Markdown."""
    minimum_age: Annotated[StrictInt, Field(ge=0, le=120)] = 18
    """Years; 0 = do not ask."""
    withdrawal_days: Annotated[StrictInt, Field(ge=0)] = 14
    """Days after the end within which everything can still be taken back."""

    @property
    def id(self) -> str:
        return "consent"

    @property
    def version(self) -> str:
        """Names the wording that was agreed to: the first 12 hex digits of the text's SHA-256."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:12]


class SurveyStage(Written):
    """Questions on pages. Written as ``questions: survey.yaml``, or the pages themselves."""

    kind: Literal["survey"]
    id: Identifier = "survey"
    pages: Annotated[tuple[Page, ...], Field(min_length=1)] = Field(alias="questions")


def as_type_rule(value: Any) -> Any:
    """Let people write ``unguided: 2`` for ``unguided: {count: 2}``."""
    if isinstance(value, int) and not isinstance(value, bool):
        return {"count": value}
    if not isinstance(value, dict | TypeRule):
        raise Unfit("", found_text(value), "a whole number or {count, label, guidance}")
    return value


class TypeRule(Written):
    """How often each participant has a conversation of one type, and what it is about."""

    count: Annotated[StrictInt, Field(ge=1, le=100)]
    label: str = ""
    """What people see; empty = the type's name."""
    guidance: str = ""
    """Markdown that says what to talk about."""


class Opening(Written):
    """The first turn: several models answer at once."""

    responders: Annotated[StrictInt, Field(ge=1, le=8)] = 4
    timeout_s: Seconds = 30.0


class Continuing(Written):
    """Every later turn: the model that was rated best answers again."""

    responses: Annotated[StrictInt, Field(ge=1, le=8)] = 2
    timeout_s: Seconds = 30.0
    turns: tuple[
        Annotated[StrictInt, Field(ge=1, le=200)], Annotated[StrictInt, Field(ge=1, le=200)]
    ] = (2, 22)
    """Least and most rated turns of a conversation, the opening counted."""

    @model_validator(mode="after")
    def _least_below_most(self) -> Self:
        if self.turns[0] > self.turns[1]:
            found = f"[{self.turns[0]}, {self.turns[1]}]"
            raise Unfit("turns", found, "the least number of turns first, then the most")
        return self


class Rating(Written):
    """How answers are rated: a scale without numbers between two end words."""

    scale: Literal["vas"] = "vas"
    range: Scale = (1, 100)
    anchors: Anchors = ("Terrible", "Perfect")

    @model_validator(mode="after")
    def _range_ascends(self) -> Self:
        check_ascending(self.range)
        return self


class Feedback(Written):
    """What is asked at the end of each conversation; every part may be left out."""

    performance: Attributes | None = None
    """How the model did, statement by statement."""
    choice: Attributes | None = None
    """Why the opening's best answer was chosen."""
    open: OpenQuestion | None = None


class ConversationsStage(Written):
    """Live conversations with models, rated answer by answer."""

    kind: Literal["conversations"]
    id: Identifier = "conversations"
    types: Annotated[
        dict[TypeName, Annotated[TypeRule, BeforeValidator(as_type_rule)]], Field(min_length=1)
    ]
    opening: Opening = Opening()
    continuing: Continuing = Continuing()
    rating: Rating = Rating()
    feedback: Feedback = Feedback()

    @property
    def n_conversations(self) -> int:
        """Conversations that each participant has in this stage."""
        return sum(rule.count for rule in self.types.values())


Stage = Annotated[ConsentStage | SurveyStage | ConversationsStage, Field(discriminator="kind")]
STAGE_KINDS: tuple[str, ...] = ("consent", "survey", "conversations")
