"""What programs send and are given about trees. Nothing here names an author, or counts votes."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import AfterValidator, Field

from manyvoices.design.trees import TaskKind


def _storable(text: str) -> str:
    """No database holds these; JSON does."""
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("a NUL character or half a surrogate pair cannot be stored")
    return text


Words = Annotated[str, AfterValidator(_storable)]
Language = Annotated[Words, Field(min_length=1, max_length=20)]
SkipReason = Literal["knowledge", "unclear", "unpleasant", "language", "time", "other"]
Flag = Literal["wrong", "unsafe", "spam", "cannot_judge"]


class NewContributor(Schema):
    """Somebody who contributes through another program."""

    external_id: Annotated[Words, Field(min_length=1, max_length=80)]
    """Your own id of them: the same id is the same person. No name, no address."""
    consent_version: Annotated[Words, Field(max_length=64)]
    """Of the text that they agreed to in your program: the study's current one."""
    language: Annotated[Words, Field(max_length=20)] = "en"
    """In which they read."""


class ContributorOut(Schema):
    participant: uuid.UUID
    created: bool


class ConsentText(Schema):
    version: str
    text: str


class Asking(Schema):
    """A request for a task."""

    participant: uuid.UUID | None = None
    """For whom; left out: for the account's own participant."""
    language: Language
    kinds: Annotated[list[TaskKind], Field(max_length=20)] = []
    """Left out: any."""


class Said(Schema):
    id: uuid.UUID
    role: str
    text: str
    language: str
    sources: list[dict[str, Any]]


class LabelAsked(Schema):
    name: str
    widget: str
    question: str
    help: str
    anchors: list[str]
    """Words of the lowest and the highest value, or of each value from the lowest up."""
    values: list[float]
    required: bool
    examples: list[str] = []
    """What a message is like that has it."""


class TaskOut(Schema):
    """One task: what it is about and what is asked."""

    id: uuid.UUID
    kind: str
    language: str
    state: str
    expires_at: datetime
    keep_every_s: int
    """Send a sign of life this often while somebody works on it."""
    thread: list[Said]
    """From the prompt down; the last message is what the task is about."""
    replies: list[Said]
    """What is to be ranked, in the order in which to show it; else empty."""
    labels: list[LabelAsked]
    min_words: int
    max_chars: int
    may_end: bool
    asks_answer: bool = False
    """Whether the text is to come with its author's own answer."""
    """Whether `ends` may be sent in place of a text."""


class TaskAnswer(Schema):
    """A task, or why there is none."""

    task: TaskOut | None
    reasons: list[str]
    quiz: str = ""
    """A quiz to be passed first, behind which there is a task; empty where there is none."""


class Availability(Schema):
    language: str
    kinds: dict[str, int]
    """Kind -> tasks that this person could be given now, 100 at most."""
    not_qualified: list[str]
    """Kinds before which this person has a quiz to pass."""
    reasons: list[str]
    """Why there is nothing; empty where there is something."""


class Kept(Schema):
    kept_until: datetime


class Skipping(Schema):
    reason: SkipReason = "other"
    words: Annotated[Words, Field(max_length=200)] = ""


class Source(Schema):
    title: Annotated[Words, Field(max_length=300)] = ""
    url: Annotated[Words, Field(max_length=2000)]


class Text(Schema):
    text: Annotated[Words, Field(max_length=100_000)] = ""
    """Markdown."""
    sources: Annotated[list[Source], Field(max_length=10)] = []
    ends: bool = False
    answer: Annotated[Words, Field(max_length=100_000)] = ""
    """Your own answer to your prompt, where the task asks for both."""
    """In place of a text: nothing more is to be asked here."""


class Labels(Schema):
    labels: Annotated[
        dict[Annotated[Words, Field(max_length=40)], float | None], Field(max_length=100)
    ]
    """Name -> one of the label's values, or null for "cannot tell"; left open: not in it."""


class RankingIn(Schema):
    groups: Annotated[list[list[uuid.UUID]], Field(max_length=100)] = []
    """Replies, best first; those in one list are equal; some may be left out."""
    shown: Annotated[list[uuid.UUID], Field(max_length=100)] = []
    """The order in which they stood; left out: that of the task."""
    all_bad: bool = False
    flags: Annotated[dict[uuid.UUID, list[Flag]], Field(max_length=100)] = {}


class Stored(Schema):
    """What was sent is stored; sent again, the answer is the same."""

    task: uuid.UUID
    state: str
    message: uuid.UUID | None = None
    """What was written, by its id; None for labels, rankings and ends."""


class TreeSummary(Schema):
    id: uuid.UUID
    language: str
    state: str
    goal_size: int
    n_messages: int
    simulated: bool
    created_at: datetime
    changed_at: datetime


class TreeList(Schema):
    trees: list[TreeSummary]
    next: uuid.UUID | None
    """Pass it as `after` for the next ones; None = that was all."""


class Stats(Schema):
    """Counts of a project; simulated trees only where asked for."""

    trees: dict[str, dict[str, int]]
    """Language -> state -> trees."""
    messages: dict[str, dict[str, int]]
    """Language -> ``accepted``, ``rejected``, ``under_review``, ``deleted`` -> messages."""
    counted_at: datetime


class Refusal(Schema):
    """Why there is no answer, and which field is at fault where one is."""

    detail: str
    """In words, in the language that ``Accept-Language`` asks for."""
    field: str = ""
    code: str = ""
    """The reason in one word that stays the same; empty where there is none."""


class QuizQuestionOut(Schema):
    id: str
    question: str
    example: str
    """A text that the question is about, as Markdown; empty where there is none."""
    answers: list[str]
    """To choose from: sent back by place, the first is 0."""


class QuizOut(Schema):
    """A short quiz before the first task of some kinds."""

    id: str
    title: str
    before: list[str]
    """Kinds of task."""
    state: Literal["open", "passed", "closed"]
    """Closed: no try is left, and it was not passed."""
    tries_left: int
    needed: int
    """Right answers that it takes."""
    questions: list[QuizQuestionOut]


class QuizAnswers(Schema):
    participant: uuid.UUID | None = None
    """Who answers; left out: the account's own participant."""
    answers: Annotated[
        dict[Annotated[Words, Field(max_length=64)], Annotated[int, Field(ge=0, lt=8)]],
        Field(max_length=20),
    ]
    """Question id -> place of the answer; every question of the quiz."""


class QuizQuestionMarked(Schema):
    id: str
    is_right: bool
    because: str
    """Why, as Markdown; with a try left only where the answer was wrong."""
    right: int | None
    """Place of the right answer; told only once no try is left."""


class QuizMarked(Schema):
    """What a try came to."""

    passed: bool
    state: Literal["open", "passed", "closed"]
    tries_left: int
    questions: list[QuizQuestionMarked]
