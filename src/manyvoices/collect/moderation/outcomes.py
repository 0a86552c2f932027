"""What moderation comes to: how much of what is bad was noticed, and how often we were wrong.

The measure is a sample of messages drawn at random, judged by moderators who do not see what others
said of them. A pure function of rows; `queries.outcome_rows` reads them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import sqrt

Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Judged:
    """One message of the sample."""

    is_bad: bool
    """The moderator rejected or deleted it."""
    noticed: frozenset[str] = frozenset()
    """Kinds of signals that there were before, and ``reviews`` where reviewers turned it down."""


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with Wilson's interval at 95 %."""

    n: int
    of: int

    @property
    def value(self) -> float | None:
        """None where there is nothing to be a part of."""
        return self.n / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """From 0 to 1; all of it where there is nothing to go by."""
        if not self.of:
            return 0.0, 1.0
        p, z2 = self.n / self.of, Z * Z
        middle = p + z2 / (2 * self.of)
        half = Z * sqrt(p * (1 - p) / self.of + z2 / (4 * self.of * self.of))
        whole = 1 + z2 / self.of
        return max((middle - half) / whole, 0.0), min((middle + half) / whole, 1.0)


@dataclass(frozen=True, slots=True)
class Noticing:
    """How one kind of signal, or all of them together, fares against the sample."""

    kind: str
    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int

    @property
    def caught(self) -> Share:
        """Of what is bad, the share that was noticed."""
        return Share(self.true_positives, self.true_positives + self.false_negatives)

    @property
    def right(self) -> Share:
        """Of what was noticed, the share that is bad."""
        return Share(self.true_positives, self.true_positives + self.false_positives)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Of one study."""

    n_judged: int
    n_bad: int
    anything: Noticing
    by_kind: tuple[Noticing, ...]
    undone: Share
    """Decisions that were taken back, of all."""
    appeals_upheld: Share
    """Appeals that ended with the message accepted or brought back, of those decided."""
    decided: dict[str, int] = field(default_factory=dict)
    """Action -> how often, without what was undone."""


def noticing(kind: str, rows: Iterable[Judged]) -> Noticing:
    """The four counts of one kind; `kind` empty = any of them."""
    counts = {(bad, seen): 0 for bad in (True, False) for seen in (True, False)}
    for row in rows:
        seen = bool(row.noticed) if not kind else kind in row.noticed
        counts[row.is_bad, seen] += 1
    return Noticing(
        kind, counts[True, True], counts[False, True], counts[True, False], counts[False, False]
    )


def outcomes(
    judged: list[Judged],
    decided: Iterable[tuple[str, bool]],
    appeals: Iterable[str],
    *,
    kinds: Iterable[str],
) -> Outcomes:
    """The figures of the outcomes page.

    Args:
        decided: Action and whether it was undone, of every decision by a person.
        appeals: Action that each decided appeal ended with.
    """
    decided, appeals = list(decided), list(appeals)
    standing: dict[str, int] = {}
    for action, undone in decided:
        if not undone:
            standing[action] = standing.get(action, 0) + 1
    return Outcomes(
        n_judged=len(judged),
        n_bad=sum(row.is_bad for row in judged),
        anything=noticing("", judged),
        by_kind=tuple(noticing(kind, judged) for kind in kinds),
        undone=Share(sum(undone for _action, undone in decided), len(decided)),
        appeals_upheld=Share(sum(a in ("accept", "restore") for a in appeals), len(appeals)),
        decided=standing,
    )
