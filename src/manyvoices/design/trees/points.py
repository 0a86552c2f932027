"""What somebody's work is worth, item by item; how far that brings them; and their streak.

Points come from what a project gains: messages that were accepted, reviews that agreed with what
was decided, rankings that agreed with what everybody's rankings came to. What was rejected earns
nothing, and what is not decided yet is counted apart. OpenAssistant's formula (`LeaderboardStats`,
`facts/oasst-collection.md` 1.9), which pays for everything sent, is there as one option.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from fractions import Fraction
from typing import Literal

Formula = Literal["value", "oasst"]


@dataclass(frozen=True, slots=True)
class Work:
    """Counts of one person's work, of any span of time; no texts and no people."""

    prompts: int = 0
    assistant_replies: int = 0
    prompter_replies: int = 0
    prompts_accepted: int = 0
    assistant_accepted: int = 0
    prompter_accepted: int = 0
    undecided: int = 0
    """Messages under review."""
    labels_simple: int = 0
    labels_full: int = 0
    labels_agreed: int = 0
    """Reviews that agree with what was decided about their message."""
    rankings: int = 0
    rankings_agreed: int = 0
    """Rankings that agree with the consensus of their set in most pairs."""
    ranked_first: int = 0
    """Own replies that the consensus puts first, and so on."""
    ranked_second: int = 0
    ranked_third: int = 0
    votes_first: int = 0
    """Single rankings that put an own reply first, and so on: what OpenAssistant pays for."""
    votes_second: int = 0
    votes_third: int = 0

    def __add__(self, other: Work) -> Work:
        return Work(
            **{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(Work)}
        )


@dataclass(frozen=True, slots=True)
class Item:
    """One line of somebody's account."""

    name: str
    """A field of `Work`."""
    n: int
    each: Fraction
    total: int
    """Whole points: n times each, rounded down."""


VALUE: Mapping[str, Fraction] = {
    "prompts_accepted": Fraction(3),
    "assistant_accepted": Fraction(6),
    "prompter_accepted": Fraction(3),
    "ranked_first": Fraction(4),
    "ranked_second": Fraction(2),
    "ranked_third": Fraction(1),
    "labels_agreed": Fraction(1),
    "rankings_agreed": Fraction(3),
}
OASST: Mapping[str, Fraction] = {
    "prompts": Fraction(1, 10),
    "assistant_replies": Fraction(4),
    "prompter_replies": Fraction(1),
    "labels_simple": Fraction(1),
    "labels_full": Fraction(2),
    "rankings": Fraction(1),
    "rankings_agreed": Fraction(1),
    "prompts_accepted": Fraction(1, 10),
    "assistant_accepted": Fraction(4),
    "prompter_accepted": Fraction(1),
    "votes_first": Fraction(9),
    "votes_second": Fraction(3),
    "votes_third": Fraction(1),
}
"""There `rankings_good` was never computed and always 0; here it is `rankings_agreed`."""
FORMULAS: Mapping[str, Mapping[str, Fraction]] = {"value": VALUE, "oasst": OASST}


def itemised(work: Work, formula: Formula = "value") -> tuple[Item, ...]:
    """What each kind of work comes to, in the formula's order; kinds without work are left out."""
    found = []
    for name, each in FORMULAS[formula].items():
        n = getattr(work, name)
        if n:
            found.append(Item(name, n, each, int(n * each)))
    return tuple(found)


def total(work: Work, formula: Formula = "value") -> int:
    """All points of some work: the sum of its items."""
    return sum(item.total for item in itemised(work, formula))


N_LEVELS = 100


def _thresholds() -> tuple[int, ...]:
    sums, so_far = [0], Fraction(0)
    for k in range(1, N_LEVELS):
        so_far += Fraction(11521, 10_000) * k + 3
        sums.append(round(so_far))
    return tuple(sums)


LEVELS = _thresholds()
"""Points at which each level begins: 0, 4, 9, 16, 24, 32 ... 6,000 for level 100, as in
OpenAssistant: the sum of 1.1521 k + 3, rounded."""


@dataclass(frozen=True, slots=True)
class Level:
    """How far somebody has come."""

    number: int
    """1 to 100."""
    begins_at: int
    next_at: int | None
    """None at the last level."""


def level(points: int, thresholds: tuple[int, ...] = LEVELS) -> Level:
    """The level that so many points reach."""
    number = bisect_right(thresholds, points)
    following = thresholds[number] if number < len(thresholds) else None
    return Level(number, thresholds[number - 1], following)


@dataclass(frozen=True, slots=True)
class Streak:
    """Days in a row on which somebody did something."""

    days: int
    """Up to today, or up to yesterday while today is not over; 0 if neither."""
    longest: int


def streak(days: Iterable[date], today: date) -> Streak:
    """The run of days that reaches to today, and the longest there was.

    OpenAssistant kept a counter that a job set to zero every four hours; this is a function of
    the days themselves.
    """
    known = sorted(set(days))
    runs: list[tuple[date, int]] = []
    for day in known:
        if runs and day - runs[-1][0] == timedelta(days=1):
            runs[-1] = (day, runs[-1][1] + 1)
        else:
            runs.append((day, 1))
    now = runs[-1][1] if runs and timedelta(0) <= today - runs[-1][0] <= timedelta(days=1) else 0
    return Streak(now, max((length for _last, length in runs), default=0))


def agrees(groups: list[list[str]], consensus: list[list[str]]) -> bool:
    """Whether a ranking agrees with a consensus in more than half of the pairs both order.

    Pairs that either holds equal say nothing; without any pair there is no agreement.
    """
    mine, theirs = _places(groups), _places(consensus)
    both = sorted(mine.keys() & theirs.keys())
    same = opposite = 0
    for i, a in enumerate(both):
        for b in both[i + 1 :]:
            product = (mine[a] - mine[b]) * (theirs[a] - theirs[b])
            same += product > 0
            opposite += product < 0
    return same > opposite


def _places(groups: list[list[str]]) -> dict[str, int]:
    return {key: place for place, group in enumerate(groups) for key in group}
