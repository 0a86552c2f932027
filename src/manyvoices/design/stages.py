"""The stages that a study is made of, as people write them in ``study.yaml``.

A stage kind is written as the one key of a list entry (``- consent: {...}``); the loader turns
that key into the field `kind`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    StrictInt,
    StringConstraints,
    model_validator,
)

from manyvoices.design.comparisons.stage import ComparisonsStage
from manyvoices.design.openings import OpeningAssignment
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
from manyvoices.design.responders import ModelType
from manyvoices.design.stage_parts import AnswerLimits, MessageLimits, Seconds
from manyvoices.design.trees.policy import TreeTasksStage

TypeName = Annotated[str, StringConstraints(min_length=1, max_length=60)]


DEFAULT_PERMISSIONS = ("release", "text")
"""What a consent text permits that does not say it in so many words."""


class ConsentStage(Written):
    """What people agree to before anything else."""

    kind: Literal["consent"]
    text: Annotated[str, StringConstraints(min_length=1)]
    """Markdown."""
    minimum_age: Annotated[StrictInt, Field(ge=0, le=120)] = 18
    """Years; 0 = do not ask."""
    withdrawal_days: Annotated[StrictInt, Field(ge=0)] = 14
    """Days after the end within which everything can still be taken back."""
    allows: tuple[Identifier, ...] | None = None
    """What the text permits: ``release`` (publishing at all), ``text`` (messages and free texts),
    ``commercial_use``, and words of your own. By default ``release`` and ``text``."""

    @property
    def id(self) -> str:
        return "consent"

    @property
    def permissions(self) -> frozenset[str]:
        """What somebody who agreed to this text allows."""
        return frozenset(DEFAULT_PERMISSIONS if self.allows is None else self.allows)

    @property
    def version(self) -> str:
        """Names this wording: the first 12 hex digits of the SHA-256 of the text.

        Permissions that are written out are part of it, so that one version allows one thing. What
        people agreed to in a study of several languages, `Study.consent_version` names.
        """
        return self.version_with({})

    def version_with(self, translations: Mapping[str, str]) -> str:
        """As `version`, of this text together with its `translations`: language -> text.

        Without translations the two are the same, so that a study's version stays what it was.
        """
        agreed = self.text
        if self.allows is not None:
            agreed += "\x00" + ",".join(sorted(set(self.allows)))
        for language in sorted(translations):
            agreed += f"\x00{language}\x00{translations[language]}"
        return hashlib.sha256(agreed.encode()).hexdigest()[:12]


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
    """For all answers together, replacements included."""
    replace_after_s: Seconds | None = None
    """With ``failures: replace``: a model that has not answered by then is replaced."""

    @model_validator(mode="after")
    def _replaces_in_time(self) -> Self:
        if self.replace_after_s is not None and self.replace_after_s >= self.timeout_s:
            found = f"{self.replace_after_s:g}"
            raise Unfit("replace_after_s", found, f"less than timeout_s ({self.timeout_s:g})")
        return self


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
    assignment: OpeningAssignment = OpeningAssignment()
    """Which models answer an opening: at random, or what a batch asks for."""
    continuing: Continuing = Continuing()
    rating: Rating = Rating()
    feedback: Feedback = Feedback()
    failures: Literal["drop", "replace"] = "drop"
    """What becomes of a drawn model that gives no answer: its place stays empty, or a further
    model is drawn for it while the time limit lasts. Later turns have one model: there a failed
    answer is always dropped."""
    all_bad: Literal["end", "go_on"] | None = None
    """Whether people may say that every answer is bad, and what follows: the conversation ends,
    or the next message goes to models drawn anew. None = it is not offered."""
    system_by_type: dict[ModelType, str] = Field(default_factory=dict)
    """Instruction by the models' `type`; a model's own ``system`` takes its place."""
    answers: AnswerLimits = AnswerLimits()
    messages: MessageLimits = MessageLimits()

    @property
    def n_conversations(self) -> int:
        """Conversations that each participant has in this stage."""
        return sum(rule.count for rule in self.types.values())


Stage = Annotated[
    ConsentStage | SurveyStage | ConversationsStage | ComparisonsStage | TreeTasksStage,
    Field(discriminator="kind"),
]
STAGE_KINDS: tuple[str, ...] = ("consent", "survey", "conversations", "comparisons", "tree_tasks")
