"""What the console's templates are given: numbers with their denominators, ready to be shown.

`simulated` is on everything that is about somebody, so that a rehearsal is never taken for people.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from manyvoices.collect.console.charts import Columns
from manyvoices.collect.console.numbers import percent


@dataclass(frozen=True)
class Share:
    """So many of so many; `url` leads to the rows."""

    n: int
    of: int
    url: str = ""

    @property
    def fraction(self) -> float:
        """0 to 1; 0 where there is nothing to be a part of."""
        return self.n / self.of if self.of else 0.0

    @property
    def percent(self) -> str:
        """In words; empty where there is nothing to be a part of."""
        return percent(self.n, self.of)

    @property
    def width(self) -> str:
        """The length of the share's bar, as SVG writes it."""
        return f"{100 * self.fraction:.2f}%"


@dataclass(frozen=True)
class StudyLine:
    """One study in the list of studies."""

    id: str
    title: str
    url: str
    is_open: bool
    has_version: bool
    complete: Share
    active: int
    simulated_complete: Share
    last_activity: datetime | None
    spark: Columns


@dataclass(frozen=True)
class StudiesPage:
    studies: list[StudyLine]
    counted_at: datetime


@dataclass(frozen=True)
class Check:
    """One possible reason why nobody is coming in, and whether it holds."""

    good: bool
    text: str
    advice: str = ""
    url: str = ""
    """Where it can be put right."""


@dataclass(frozen=True)
class FunnelRow:
    """One step of the study: how many people did it, of those who consented."""

    label: str
    people: Share
    simulated: Share
    underway: int = 0
    """People who have begun this step and not finished it; conversations only."""
    time: str = ""
    """Median time that people spent on it; empty where none was measured."""
    lost: int = 0
    """People who did the step before and not this one."""


@dataclass(frozen=True)
class Funnel:
    """The way through one version of the study."""

    version: int
    is_current: bool
    since: datetime
    rows: list[FunnelRow]
    has_simulated: bool


@dataclass(frozen=True)
class TypeRow:
    """Conversations of one type."""

    label: str
    finished: Share
    rated: Share
    """Turns that were rated, of all turns."""


@dataclass(frozen=True)
class FailureCount:
    label: str
    n: int
    url: str


@dataclass(frozen=True)
class ScoreSpread:
    """How the ratings of one responder's opening answers are spread."""

    n: int
    median: str
    middle_half: str
    """The first and third quartile in words."""
    columns: Columns
    low: int
    high: int


@dataclass(frozen=True)
class ResponderRow:
    """One responder. Nobody but researchers ever sees this name."""

    name: str
    asked: int
    answered: Share
    missing: Share
    waiting: int
    failures: list[FailureCount]
    latency: str
    spread: ScoreSpread | None
    tokens: int = 0
    """Read and written, by the provider's own count."""
    cost: str = ""
    """By the model's prices; empty where it has none."""


@dataclass(frozen=True)
class Group:
    """Everything about people, or everything about simulated people; never both together."""

    simulated: bool
    consented: Share
    complete: Share
    active: Share
    withdrawn: Share
    duration: str
    spark: Columns
    types: list[TypeRow]
    responders: list[ResponderRow]


@dataclass(frozen=True)
class QueueView:
    """The jobs of this server, and what that says about its runner."""

    state: str
    """``idle``, ``working`` or ``stuck``."""
    words: str
    queued: int
    later: int
    leased: int
    abandoned: int
    oldest: str
    broken: int
    last_done: datetime | None


@dataclass(frozen=True)
class QuotaRow:
    """One cell of the study's quotas; people only."""

    label: str
    taken: Share
    """Places held, of all; `of` is 0 where the cell has no limit."""
    limited: bool
    complete: int
    active: int
    target: int | None
    state: str
    is_full: bool


@dataclass(frozen=True)
class Amount:
    """One number of the budget, in words; `name` is its column in files."""

    name: str
    label: str
    value: str


@dataclass(frozen=True)
class StudyPage:
    id: str
    title: str
    is_open: bool
    invitation_url: str
    checks: list[Check]
    groups: list[Group]
    funnels: list[Funnel]
    queue: QueueView
    last_activity: datetime | None
    counted_at: datetime
    first_day: datetime
    quotas: list[QuotaRow]
    amounts: list[Amount]
    exits: list[tuple[str, str, int]]
    """(code, words, people): who waits and who left before the end."""
    sheets: list[tuple[str, str]]
    """(name, address) of what can be downloaded."""
    has_conversations: bool = True
    """Some version has such a stage, or somebody held one."""
    has_models: bool = True
    """Models answer in it, in conversations or beside each other, or did so before."""

    @property
    def all_good(self) -> bool:
        return all(check.good for check in self.checks)
