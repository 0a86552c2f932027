"""What the templates about places and rights are given."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class PlacePage:
    """Nobody comes in, or somebody cannot go on, and why."""

    kind: str
    """Why, in a word that says nothing to people: for a rehearsal's bots."""
    title: str
    reason: str
    next: str = ""
    """What the person can do, in a sentence."""
    code: str | None = None
    code_url: str | None = None
    may_come_back: bool = False
    is_participant: bool = False


@dataclass(frozen=True)
class WaitingPage:
    """Everything given is kept, and a place may come free."""

    since: datetime
    check_url: str
    poll_ms: int = 20_000


@dataclass(frozen=True)
class MyDataPage:
    lines: list[str]
    participant_id: str
    consented_at: datetime
    consent_version: str
    releases: list[str]
    may_withdraw: bool
    withdraw_until: datetime | None
    is_complete: bool
    errors: dict[str, str] = field(default_factory=dict)
    wrote_in_trees: bool = False
    """They have written texts that others may have answered."""


@dataclass(frozen=True)
class ErasedPage:
    erased_at: datetime
    participant_id: str
    lines: list[str]
    releases: list[str]
    signed: str


@dataclass(frozen=True)
class ConsentAgainPage:
    consent_html: str
    version: str
    errors: dict[str, str] = field(default_factory=dict)
