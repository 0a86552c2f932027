"""What a batch is expected to gain: how much narrower the difference of the first two gets.

Under Bradley-Terry a battle adds p (1 - p) to the information about its two models, whatever comes
of it, so the standard error after the batch is known before it is asked. Every verdict is taken for
independent, so the figure is of what verdicts can do and not of how many people give them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from manyvoices.aggregate.kinds import FloatArray
from manyvoices.aggregate.likelihood import information
from manyvoices.design.comparisons.batch import Ask
from manyvoices.evaluate.next_batch.evidence import Evidence
from manyvoices.evaluate.next_batch.possible import Possible
from manyvoices.evaluate.next_batch.uncertainty import Standing


@dataclass(frozen=True, slots=True)
class Gain:
    """Standard error of the log odds of the first two models."""

    leading: tuple[str, str]
    now: float
    with_batch: float
    evenly: float
    """Where the same number of verdicts goes to all pairs alike."""

    @property
    def narrower(self) -> float:
        """Share by which the batch narrows it."""
        return 1 - self.with_batch / self.now


def expected_gain(
    asks: Sequence[Ask], evidence: Evidence, possible: Possible, now: Standing, l2: float
) -> Gain:
    """The gain if every ask is answered."""
    played = _played(evidence, now.models)
    added = sum((_of(ask, possible, now.models) for ask in asks), np.zeros_like(played))
    n = added.sum()
    even = _in_a_set(set(), possible, now.models)
    even *= n / max(even.sum(), 1e-12)
    leading = now.leading
    errors = [_error(now, played + more, l2) for more in (np.zeros_like(played), added, even)]
    return Gain(leading, *errors)


def _error(now: Standing, played: FloatArray, l2: float) -> float:
    covariance = np.linalg.inv(information(now.strengths[None], played[None], l2)[0])
    i, j = (now.models.index(name) for name in now.leading)
    return float(np.sqrt(covariance[i, i] + covariance[j, j] - 2 * covariance[i, j]))


def _played(evidence: Evidence, models: Sequence[str]) -> FloatArray:
    found = np.zeros((len(models), len(models)))
    for (first, second), n in evidence.counts().items():
        _add(found, models, first, second, n)
    return found


def _of(ask: Ask, possible: Possible, models: Sequence[str]) -> FloatArray:
    """Battles (n, n) that the ask is expected to bring: of its own models, and of those that are
    drawn beside them."""
    return ask.n * _in_a_set(set(ask.models), possible, models)


def _in_a_set(held: set[str], possible: Possible, models: Sequence[str]) -> FloatArray:
    """Chance (n, n) that two models stand together in a set drawn at random that holds `held`."""
    base = {possible.baseline} if possible.baseline is not None else set()
    held = (held | base) & set(models)
    rest, places = len(models) - len(held), max(possible.side_by_side - len(held), 0)
    one = places / rest if rest else 0.0
    two = one * (places - 1) / (rest - 1) if rest > 1 else 0.0
    inside = np.array([name in held for name in models])
    both = inside[:, None] & inside[None, :]
    none = ~inside[:, None] & ~inside[None, :]
    found = np.where(both, 1.0, np.where(none, max(two, 0.0), one))
    np.fill_diagonal(found, 0.0)
    return np.asarray(found)


def _add(played: FloatArray, models: Sequence[str], first: str, second: str, n: float) -> None:
    i, j = models.index(first), models.index(second)
    played[i, j] += n
    played[j, i] += n
