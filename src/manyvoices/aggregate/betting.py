"""Evidence against a mean, from bets that are placed before each value is seen.

Notation: n sequences, t values each, m a candidate for the mean, L = log(2 / alpha), the logarithm
of the capital at which a candidate is refuted: half of alpha goes to either side.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from manyvoices.aggregate.kinds import BoolArray, FloatArray, IntArray
from manyvoices.aggregate.watching import bernstein, predictable_bets

SHARES = tuple(0.5**k for k in range(1, 8))
"""Shares of the capital that stand on every value, each tried with a seventh of the money: the best
share for a mean is its distance over the variance, and nobody knows it beforehand."""
TRUNCATION = 0.5
"""Share of the capital that ``plug_in`` puts on one value at most."""

_STEPS = 20
"""Halvings with which the ends of an interval are found: to 1e-6, rounded outwards."""
_GRID = np.linspace(0.0, 1.0, 401)[1:]
"""Candidates for the ends at each look; nothing lies beyond 0, so it needs no refuting."""
_MOST_CELLS = 4_000_000
"""Values times candidates that are held in memory at once."""
NEVER = np.iinfo(np.int64).max


class Evidence(Protocol):
    """What a method knows of every candidate for the mean, after each value."""

    limit: float

    def above(self, mean: float) -> FloatArray:
        """Log evidence (n, t) that the mean is above `mean`."""

    def below(self, mean: float) -> FloatArray:
        """Log evidence (n, t) that the mean is below `mean`."""

    def first(self, log_evidence: FloatArray) -> IntArray:
        """Values (n,) after which the evidence was first large enough; `NEVER` where it was not."""

    def ends(self) -> tuple[FloatArray, FloatArray]:
        """Low and high (n,): means beyond them were refuted at some time."""

    def path(self) -> FloatArray:
        """(t, 2) ends after each value of the only sequence."""


def evidence_of(values: FloatArray, alpha: float, method: str) -> Evidence:
    """Return the evidence of values (n, t) in [0, 1] by a method of that name."""
    if method in ("betting", "plug_in"):
        return Betting(values, alpha, method)
    if method == "empirical_bernstein":
        return Bernstein(values, alpha)
    raise ValueError(
        f"method must be 'betting', 'plug_in' or 'empirical_bernstein', found {method!r}"
    )


class Betting:
    """Capital of two gamblers: one bets that the mean is above m, the other that it is below.

    What the first one stakes on x / m does not depend on m, but where it is cut, so that the
    capital falls as m rises; the other's rises: what neither has refuted is an interval.
    """

    def __init__(self, values: FloatArray, alpha: float, method: str) -> None:
        self.values, self.limit = values, np.log(2 / alpha)
        self.bets = None if method == "betting" else predictable_bets(values, self.limit)[0]

    def above(self, mean: float | FloatArray) -> FloatArray:
        """Log capital (n, t) of who bets that the mean is above `mean`, one number or (n, 1)."""
        return self._capital(self.values, np.asarray(mean, dtype=np.float64))

    def below(self, mean: float | FloatArray) -> FloatArray:
        """Log capital (n, t) of who bets that the mean is below `mean`."""
        return self._capital(1 - self.values, np.asarray(1 - mean, dtype=np.float64))

    def _capital(self, values: FloatArray, mean: FloatArray) -> FloatArray:
        gain = values / mean - 1.0
        if self.bets is not None:
            return np.cumsum(np.log1p(np.minimum(self.bets * mean, TRUNCATION) * gain), axis=-1)
        total = np.cumsum(np.log1p(SHARES[0] * gain), axis=-1)
        for share in SHARES[1:]:
            np.logaddexp(total, np.cumsum(np.log1p(share * gain), axis=-1), out=total)
        return np.asarray(total - np.log(len(SHARES)))

    def first(self, log_capital: FloatArray) -> IntArray:
        """Values (n,) after which a capital was first large enough."""
        return _first(log_capital >= self.limit)

    def ends(self) -> tuple[FloatArray, FloatArray]:
        """Low and high (n,): means beyond them were refuted at some time."""
        low = self._halve(lambda m: self.above(m).max(axis=-1) >= self.limit)
        high = self._halve(lambda m: self.below(1 - m).max(axis=-1) >= self.limit)
        return low, 1 - high

    def _halve(self, refuted: Callable[[FloatArray], BoolArray]) -> FloatArray:
        """The largest mean (n,) that is refuted, where all below it are; 0 where none is."""
        low, high = np.zeros((len(self.values), 1)), np.ones((len(self.values), 1))
        for _ in range(_STEPS):
            middle = (low + high) / 2
            is_refuted = refuted(middle)[:, None]
            low, high = np.where(is_refuted, middle, low), np.where(is_refuted, high, middle)
        return np.asarray(low[:, 0])

    def path(self) -> FloatArray:
        """(t, 2) ends after each value of the only sequence."""
        low, high = (float(end[0]) for end in self.ends())
        lows = self._low_path(self.above, low)
        highs = self._low_path(lambda mean: self.below(1 - mean), 1 - high)
        return np.stack((lows, 1 - highs), axis=-1)

    def _low_path(self, log_capital: Callable[[FloatArray], FloatArray], last: float) -> FloatArray:
        t, grid = self.values.shape[1], _GRID[last >= _GRID]
        size = max(1, _MOST_CELLS // max(t, 1))
        low = np.zeros(t + 1)
        for begin in range(0, len(grid), size):
            candidates = grid[begin : begin + size]
            when = self.first(log_capital(candidates[:, None]))
            refuted = when < NEVER
            np.maximum.at(low, when[refuted], candidates[refuted])
        return np.asarray(np.maximum.accumulate(low)[1:])


class Bernstein:
    """The bets that need only sums: a straight line in m at each time, less a price for variance.

    The bets do not depend on m and the evidence is linear in it, so the ends are in closed form.
    """

    def __init__(self, values: FloatArray, alpha: float) -> None:
        self.limit = np.log(2 / alpha)
        self.bets, self.won, self.price = bernstein(values, self.limit)

    def above(self, mean: float) -> FloatArray:
        """Log evidence (n, t) that the mean is above `mean`."""
        return np.asarray(self.won - mean * self.bets - self.price)

    def below(self, mean: float) -> FloatArray:
        """Log evidence (n, t) that the mean is below `mean`."""
        return np.asarray(mean * self.bets - self.won - self.price)

    def first(self, log_evidence: FloatArray) -> IntArray:
        """Values (n,) after which the evidence was first large enough."""
        return _first(log_evidence >= self.limit)

    def ends(self) -> tuple[FloatArray, FloatArray]:
        """Low and high (n,)."""
        low, high = self._running()
        return low[:, -1], high[:, -1]

    def path(self) -> FloatArray:
        """(t, 2) ends after each value of the only sequence."""
        low, high = self._running()
        return np.stack((low[0], high[0]), axis=-1)

    def _running(self) -> tuple[FloatArray, FloatArray]:
        low = np.clip((self.won - self.price - self.limit) / self.bets, 0, 1)
        high = np.clip((self.won + self.price + self.limit) / self.bets, 0, 1)
        return np.maximum.accumulate(low, axis=-1), np.minimum.accumulate(high, axis=-1)


def _first(passed: BoolArray) -> IntArray:
    """1-based place (n,) of the first True of each row (n, t); `NEVER` where there is none."""
    return np.where(passed.any(axis=-1), passed.argmax(axis=-1) + 1, NEVER)
