"""What is known of a person, and what a check of it says."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field

from manyvoices.schema import Answer, Conversation, Participant


class Severity(enum.StrEnum):
    """What a signal asks for, in PRISM's words."""

    REJECT = "reject"
    INVESTIGATE = "investigate"
    RETURN = "return"


class Suggestion(enum.StrEnum):
    """What might be done about a submission; a person decides."""

    KEEP = "keep"
    APPROVE = "approve"
    CHECK = "check"
    REQUEST_RETURN = "request return"
    REJECT = "reject"
    LEAVE = "leave"
    APPROVE_DUPLICATE = "approve duplicate"


@dataclass(frozen=True, slots=True)
class Signal:
    """One check that somebody did not pass."""

    check: str
    severity: Severity
    reason: str


@dataclass(frozen=True, slots=True)
class Submission:
    """What the recruitment platform says of a person; every field may be unknown (None)."""

    status: str | None = None
    """``active``, ``approved``, ``rejected``, ``returned``, ``timed-out``, ``awaiting review``."""
    entered_code: str | None = None
    seconds: float | None = None
    """Time taken, as the platform measured it."""
    is_repeat: bool = False
    """Beside the one that counts for this person."""
    n_repeats: int = 0
    """How many more submissions the person has beside this one."""
    platform_study: str | None = None
    """The platform's id of the study, as the link said by which they came."""


@dataclass(frozen=True, slots=True)
class TextLength:
    """Mean lengths of what somebody wrote; None where they wrote nothing."""

    characters: float | None
    words: float | None
    sentences: float | None


@dataclass(frozen=True, slots=True)
class PersonQuality:
    """One person's signals and the values behind them."""

    participant_id: str
    simulated: bool
    signals: tuple[Signal, ...]
    suggestion: Suggestion
    included: bool
    """Whether PRISM would have kept their rows: a finished conversation, or a clean survey."""
    minutes: float | None
    """From consent to the end."""
    n_answers: int
    n_prefer_not_to_say: int
    n_untouched_scales: int
    survey_text: TextLength
    n_conversations: int
    """Finished ones."""
    mean_turns: float | None
    sd_turns: float | None
    """Population standard deviation; None for fewer than two conversations."""
    n_untouched_attributes: int
    feedback_text: TextLength
    status: str | None = None
    """What the recruitment platform says; None where there is none, or it was not asked."""
    platform_minutes: float | None = None
    """Time taken, as the platform measured it."""
    n_repeats: int = 0
    """More submissions of the same person; PRISM approved these as duplicates."""


@dataclass(frozen=True, slots=True)
class Talk:
    """What the checks need of one conversation."""

    conversation_type: str
    n_turns: int
    is_finished: bool
    n_attributes: int
    """Statements with a mark or with "does not apply"."""
    open_feedback: str | None


def talk_of(conversation: Conversation) -> Talk:
    """What the checks need of a conversation's record."""
    given = (conversation.performance_attributes, conversation.choice_attributes)
    return Talk(
        conversation.conversation_type,
        len(conversation.turns),
        conversation.finished_at is not None,
        sum(len(block) for block in given),
        conversation.open_feedback,
    )


@dataclass(frozen=True)
class PersonRecords:
    """Everything stored about one person."""

    participant: Participant
    answers: Sequence[Answer] = ()
    conversations: Sequence[Talk] = ()
    submission: Submission = field(default_factory=Submission)


def status_of(platform: Submission) -> str:
    """The platform's word, however it is spelled; empty where there is none."""
    return (platform.status or "").lower().replace("_", " ").replace("-", " ").strip()
