"""What the page of one conversation is given: as the person saw it, and what they did not see."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class ScoreView:
    """A rating on its scale. `place` is where its mark stands, in percent of the line."""

    value: int
    minimum: int
    maximum: int
    low: str
    high: str

    @property
    def place(self) -> str:
        return f"{100 * (self.value - self.minimum) / (self.maximum - self.minimum):.2f}%"


@dataclass(frozen=True)
class AnswerView:
    """One answer as it was shown, and the facts that the person did not see."""

    label: str
    state: str
    """``answered``, ``missing`` or ``waiting``."""
    html: str
    score: ScoreView | None
    chosen: bool
    tied: bool
    facts: list[tuple[str, str]]
    trouble: str


@dataclass(frozen=True)
class TurnView:
    number: int
    prompt: str
    created_at: datetime
    rated_at: datetime | None
    answers: list[AnswerView]
    earlier: list[list[AnswerView]]
    """Attempts in which no responder answered, in order."""
    tied: list[str]
    """The labels of the answers that shared the top score."""


@dataclass(frozen=True)
class StatementView:
    label: str
    score: ScoreView | None
    words: str
    """What stands in place of a score where there is none."""


@dataclass(frozen=True)
class BlockView:
    opener: str
    statements: list[StatementView]


@dataclass(frozen=True)
class ConversationPage:
    id: uuid.UUID
    type_label: str
    guidance_html: str
    number: int
    total: int
    simulated: bool
    participant: uuid.UUID
    participant_url: str
    consent_version: str
    started_at: datetime
    ended_at: datetime | None
    finished_at: datetime | None
    turns: list[TurnView]
    blocks: list[BlockView]
    question: str
    feedback: str | None
