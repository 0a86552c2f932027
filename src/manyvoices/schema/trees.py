"""Message trees as OpenAssistant publishes them, and one person's labels and rankings.

`Message` and `MessageTree` follow the published files field by field and in their order, so that a
file that is read and written back is equal. "Absent", "null" and a value are three things there:
an absent field is `msgspec.UNSET`, and is absent again when written. For the same reason these two
carry no ``schema_version``: the published format has no room for one.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal, TypeAlias, TypeVar

from msgspec import UNSET, UnsetType

from manyvoices.schema._base import SCHEMA_VERSION, Instant, Record

Role: TypeAlias = Literal["prompter", "assistant"]

_T = TypeVar("_T")
Opt: TypeAlias = _T | UnsetType | None
"""A field that may be absent, null or a value."""


class TreeState(StrEnum):
    """Where a tree is in its life (OASST paper, appendix on the message tree state machine)."""

    INITIAL_PROMPT_REVIEW = "initial_prompt_review"
    GROWING = "growing"
    RANKING = "ranking"
    READY_FOR_SCORING = "ready_for_scoring"
    READY_FOR_EXPORT = "ready_for_export"
    SCORING_FAILED = "scoring_failed"
    ABORTED_LOW_GRADE = "aborted_low_grade"
    HALTED_BY_MODERATOR = "halted_by_moderator"
    BACKLOG_RANKING = "backlog_ranking"
    PROMPT_LOTTERY_WAITING = "prompt_lottery_waiting"


class LabelSummary(Record, frozen=True, kw_only=True):
    """What all raters of a message gave one label, merged."""

    value: float
    """Mean over raters, 0 to 1."""
    count: int
    """How many raters gave it."""


class Message(Record, frozen=True, kw_only=True):
    """One contribution to a conversation: a node of a tree, or the user's side of a turn."""

    message_id: str
    """Unique in its file."""
    parent_id: Opt[str] = UNSET
    """Null or absent for the first message of a tree."""
    user_id: Opt[str] = UNSET
    """Pseudonym of the author; absent where the release leaves authors out."""
    created_date: Opt[str] = UNSET
    """ISO 8601, kept as the text it came as so that it is written back the same."""
    text: str
    """What was written, unchanged."""
    role: Role
    """Who speaks: a person who asks, or the assistant (a person or a model)."""
    lang: Opt[str] = UNSET
    """BCP 47 tag."""
    review_count: Opt[int] = UNSET
    """How many people reviewed it."""
    review_result: Opt[bool] = UNSET
    """True accepted, False rejected, null or absent not decided."""
    deleted: Opt[bool] = UNSET
    """True when it was taken out of the conversation."""
    rank: Opt[int] = UNSET
    """Place among its siblings, 0 is best; null or absent means not ranked."""
    synthetic: Opt[bool] = UNSET
    """True when a model wrote it."""
    model_name: Opt[str] = UNSET
    """The model that wrote it, where one did."""
    emojis: Opt[dict[str, int]] = UNSET
    """Reaction -> count. Names starting with ``_skip`` count skipped tasks."""
    replies: Opt[list[Message]] = UNSET
    """The messages that answer this one."""
    labels: Opt[dict[str, LabelSummary]] = UNSET
    """Label -> what its raters gave, merged."""
    events: Opt[dict[str, list[dict[str, Any]]]] = UNSET
    """Single reactions and rankings, where the export was asked for them."""
    detoxify: Opt[dict[str, float]] = UNSET
    """Classifier scores 0 to 1, where they were added after the export."""
    message_tree_id: Opt[str] = UNSET
    """Only in flat files, where no tree surrounds the message."""
    tree_state: Opt[TreeState] = UNSET
    """Only in flat files."""


class MessageTree(Record, frozen=True, kw_only=True):
    """A prompt and everything that grew below it."""

    message_tree_id: str
    """Usually the id of `prompt`; an anonymised export may give the two different ids."""
    tree_state: Opt[TreeState] = UNSET
    """Where the tree was in its life when it was exported."""
    origin: Opt[str] = UNSET
    """Where an imported tree came from."""
    prompt: Message
    """The root."""


class MessageThread(Record, frozen=True, kw_only=True):
    """One path through a tree, from the prompt to a message without replies."""

    thread_id: str
    """Id of the path's last message."""
    thread: list[Message]
    """From the prompt on, each without its replies. The first may name its tree and its state."""


class Label(Record, frozen=True, kw_only=True):
    """One person's judgement of one property of one message."""

    message_id: str
    """What was judged."""
    participant_id: str
    """Who judged."""
    name: str
    """Which property: ``quality``, ``spam``, ``toxicity``, ..."""
    value: float | None
    """0 to 1; None means shown and not answered, which is never stored as 0."""
    cannot_tell: bool = False
    """True where "cannot tell" was the answer; then `value` is None."""
    source: Literal["task", "free", "report"] = "task"
    """Whether it was asked for in a task, volunteered, or part of a report."""
    created_at: Instant
    """When it was given."""
    simulated: bool
    """True for a bot of a rehearsal; such a record never counts as a person's."""
    schema_version: str = SCHEMA_VERSION
    """Version of the record's form; see `SCHEMA_VERSION`."""


class Ranking(Record, frozen=True, kw_only=True):
    """One person's order of the replies to one message."""

    parent_id: str
    """Message whose replies were ranked."""
    participant_id: str
    """Who ranked."""
    ranking: list[list[str]]
    """Message ids in ordered groups, best first; a group holds replies ranked equal."""
    shown: list[str] | None = None
    """Message ids in the order shown; None means it was not recorded."""
    not_rankable: bool = False
    """True when the person said that all replies are bad."""
    flags: dict[str, list[str]] = {}
    """Message id -> ``wrong``, ``unsafe``, ``spam``, ``cannot_judge``, as the person marked it."""
    created_at: Instant
    """When it was given."""
    simulated: bool
    """True for a bot of a rehearsal; such a record never counts as a person's."""
    schema_version: str = SCHEMA_VERSION
    """Version of the record's form; see `SCHEMA_VERSION`."""
