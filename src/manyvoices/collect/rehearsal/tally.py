"""What happened in a rehearsal: counts while it runs, and the outcome that is reported."""

from __future__ import annotations

import re
import statistics
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field

_NUMBER = re.compile(r"/\d+(?=/)")


@dataclass(frozen=True, slots=True)
class PageFault:
    """A page on which a bot could not go on as people should be able to."""

    page: str
    """Path below the study's own address; numbers of stages, pages and conversations kept."""
    status: int | None
    """HTTP status; None where no answer came."""
    field: str | None
    """The field at fault; None where it is the page as a whole."""
    found: str

    def __str__(self) -> str:
        status = "no answer" if self.status is None else f"status {self.status}"
        place = f", field {self.field}" if self.field else ""
        return f"{self.page}: {status}{place}: {self.found}"


class StuckError(Exception):
    """A bot cannot go on; carries why."""

    def __init__(self, *faults: PageFault) -> None:
        self.faults = faults
        super().__init__("; ".join(map(str, faults)))


@dataclass(frozen=True, slots=True)
class PageTime:
    """How often one kind of page was asked for, and how long it took."""

    page: str
    n: int
    mean_ms: float
    p95_ms: float


@dataclass(slots=True)
class Tally:
    """Counts over all bots of a rehearsal."""

    started: int = 0
    completed: int = 0
    conversations: int = 0
    turns: int = 0
    """Rated turns, openings counted."""
    ratings: int = 0
    missing_answers: int = 0
    """Places in rated turns whose model gave no answer in time."""
    comparisons: int = 0
    """Verdicts on answers side by side."""
    asked_again: int = 0
    """Turns in which no model answered, so that the bot asked anew."""
    out: Counter[str] = field(default_factory=Counter)
    """Why bots did not take part to the end though nothing was wrong (``screen_out``,
    ``over_quota``, ``waiting`` where no place came free), as the study's rules or the plan
    (``dropped_out``) want it."""
    sent_back: int = 0
    """Forms that came back with something to put right, and were then accepted."""
    requests: int = 0
    faults: Counter[PageFault] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    """Completion codes shown."""
    times_ms: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    began: float = field(default_factory=time.monotonic)

    def start(self) -> None:
        """Count the time from now: bringing a server up is not a matter of pages."""
        self.began = time.monotonic()

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self.began

    def add_request(self, method: str, path: str, milliseconds: float) -> None:
        """Count one request."""
        self.requests += 1
        self.times_ms[f"{method} {_NUMBER.sub('/N', path)}"].append(milliseconds)

    def page_times(self) -> list[PageTime]:
        """The kinds of pages, the ones that took the most time in all first."""
        kinds = sorted(self.times_ms.items(), key=lambda kind: -sum(kind[1]))
        return [
            PageTime(
                page=name,
                n=len(times),
                mean_ms=round(statistics.fmean(times), 1),
                p95_ms=round(sorted(times)[int(0.95 * (len(times) - 1))], 1),
            )
            for name, times in kinds
        ]
