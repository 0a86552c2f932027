"""What the templates of the console's lists are given: the filter, where one is, the rows."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from manyvoices.collect.console.contexts import Share


@dataclass(frozen=True)
class Option:
    """One choice of a list's filter."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True)
class Choice:
    """One select of a list's filter."""

    name: str
    label: str
    options: list[Option]


@dataclass(frozen=True)
class Pager:
    """Where in a long list one is."""

    first: int
    last: int
    total: int
    newer_url: str
    older_url: str


@dataclass(frozen=True)
class ListPage:
    """A list with its filter. `rows` are of the kind that the list is about."""

    choices: list[Choice]
    narrowed: str
    """In words, what else than the selects the list is narrowed to; empty for nothing."""
    hidden: dict[str, str]
    """Conditions that have no select and stay when another is chosen."""
    is_narrowed: bool
    pager: Pager
    rows: list[PersonRow] | list[ConversationRow] | list[FailureRow]


@dataclass(frozen=True)
class PersonRow:
    id: uuid.UUID
    simulated: bool
    step: str
    done: Share
    version: int
    consent_version: str
    started_at: datetime
    completed_at: datetime | None
    withdrawn_at: datetime | None
    conversations_url: str


@dataclass(frozen=True)
class ConversationRow:
    id: uuid.UUID
    url: str
    simulated: bool
    participant: uuid.UUID
    type_label: str
    number: int
    n_turns: int
    n_rated: int
    started_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True)
class FailureRow:
    when: datetime | None
    responder: str
    kind: str
    label: str
    simulated: bool
    is_comparison: bool
    turn: int
    """1-based: of the conversation, or the message within the comparison."""
    attempt: int
    latency: str
    url: str
