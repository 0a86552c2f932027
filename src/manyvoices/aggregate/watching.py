"""Intervals that stay right while a leaderboard is watched and grows.

A 95% interval covers the truth 95 times in 100 if it is looked at once. Looked at after every
participant, sooner or later it does not. A confidence sequence covers at all times at once, so a
study may be stopped when the interval is narrow enough, or the lead is clear.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from manyvoices.aggregate.battles import Battles
from manyvoices.aggregate.kinds import FloatArray, IntArray, Ties
from manyvoices.aggregate.methods import check_enough
from manyvoices.aggregate.ratings import ranks_of
from manyvoices.aggregate.tidy import Table

LARGEST_BET = 0.5


def confidence_sequence(values: FloatArray, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
    """Lower and upper ends (t,) for the mean of values (t,) in [0, 1], valid at all t at once.

    Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", Journal of
    the Royal Statistical Society B 86 (2024), theorem 2: the predictable plug-in empirical
    Bernstein confidence sequence, with their bets lambda_t = min(sqrt(2 log(2/alpha) / (variance t
    log(1 + t))), 1/2) and the running intersection.

    Assumes: each value lies in [0, 1], and its mean given all earlier ones is the same number
    throughout; nothing about its distribution. Who comes next may depend on the results so far,
    as long as what they say does not.
    """
    values = np.asarray(values, dtype=np.float64)
    if values.size and not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1):
        raise ValueError("values must lie between 0 and 1")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, found {level}")
    weight = float(np.log(2 / (1 - level)))
    total, won, price = bernstein(values, weight)
    low = np.maximum.accumulate(np.clip((won - price - weight) / total, 0, 1))
    high = np.minimum.accumulate(np.clip((won + price + weight) / total, 0, 1))
    return low, high


def predictable_bets(values: FloatArray, weight: float) -> tuple[FloatArray, FloatArray]:
    """Bets and guesses of the mean (..., t), each made before its value (..., t) is seen.

    The bet is sqrt(2 weight / (variance t log(1 + t))), with the variance of the values before it;
    mean and variance start as if one value of 1/2 with variance 1/4 had been seen.
    """
    t = np.arange(1, values.shape[-1] + 1)
    mean = (0.5 + np.cumsum(values, axis=-1)) / (t + 1)
    variance = (0.25 + np.cumsum((values - mean) ** 2, axis=-1)) / (t + 1)
    earlier = _before(0.25, variance)
    return np.sqrt(2 * weight / (earlier * t * np.log1p(t))), _before(0.5, mean)


def bernstein(values: FloatArray, weight: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Sums up to each value (..., t): of the bets, of bet times value, and of the variance's price.

    With them, exp(won - m bets - price) is a supermartingale under the mean m, and so is its mirror
    (Waudby-Smith and Ramdas, theorem 2).
    """
    bets, guesses = predictable_bets(values, weight)
    bets = np.minimum(bets, LARGEST_BET)
    price = (values - guesses) ** 2 * (-np.log1p(-bets) - bets)
    total, won = np.cumsum(bets, axis=-1), np.cumsum(bets * values, axis=-1)
    return total, won, np.cumsum(price, axis=-1)


def _before(first: float, column: FloatArray) -> FloatArray:
    """The column (..., t) one place later, beginning with `first`."""
    start = np.full((*column.shape[:-1], 1), first)
    return np.concatenate((start, column[..., :-1]), axis=-1)


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """A leaderboard by mean share won, with intervals that may be looked at after everyone."""

    models: tuple[str, ...]
    share: FloatArray
    """(n,) mean over participants of the share of their battles that the model won."""
    low: FloatArray
    high: FloatArray
    n_participants: IntArray
    """(n,) who judged the model."""
    pair_low: FloatArray
    """(n, n) lower end of the chance that a participant prefers i over j; 0 where none did judge
    them. The upper end is 1 - pair_low[j, i]."""
    level: float
    simultaneous: bool
    """Whether all intervals of a kind hold at once (Bonferroni), or each by itself."""

    @property
    def surely_first(self) -> str | None:
        """The model preferred to every other one with intervals clear of one half, or None."""
        clear = (self.pair_low > 0.5).sum(axis=1) == len(self.models) - 1
        return self.models[int(np.argmax(clear))] if clear.any() else None

    def table(self) -> Table:
        """Return rank, model, share, low, high, n_participants, best first."""
        ranks = ranks_of(self.share)
        order = np.argsort(ranks, kind="stable")
        return Table({
            "rank": ranks[order].tolist(), "model": [self.models[code] for code in order],
            "share": self.share[order].tolist(), "low": self.low[order].tolist(),
            "high": self.high[order].tolist(),
            "n_participants": self.n_participants[order].tolist(),
        }, "Leaderboard that may be watched")  # fmt: skip


def watch(
    battles: Battles, *, level: float = 0.95, simultaneous: bool = True, ties: Ties = "half"
) -> Watched:
    """Intervals for every model and every pair that hold however often they are looked at.

    One value per participant, the share of their battles that the model won (a tie is a half), in
    the order in which participants first appear: participants are independent of each other, what
    one of them says is not. `simultaneous` divides 1 - `level` by the number of models, and of
    pairs. See `confidence_sequence` for the source and the assumptions; the share against a
    mixture of opponents keeps its mean only while opponents are drawn in the same way, the share
    within a pair keeps it under active sampling too. Battles without participants count singly.
    """
    check_enough(len(battles), len(battles.models))
    n = len(battles.models)
    for_a, for_b = battles.shares(ties)
    cluster = np.arange(len(battles)) if battles.cluster is None else battles.cluster
    _, arrival, unit = np.unique(cluster, return_index=True, return_inverse=True)
    person = np.argsort(np.argsort(arrival))[unit]
    miss = 1 - level
    of_model = 1 - (miss / n if simultaneous else miss)
    of_pair = 1 - (miss / (n * (n - 1) / 2) if simultaneous else miss)
    share, low, high, n_people = np.full(n, np.nan), np.zeros(n), np.ones(n), np.zeros(n, int)
    sides = (np.concatenate((battles.a, battles.b)), np.concatenate((battles.b, battles.a)))
    won, who = np.concatenate((for_a, for_b)), np.concatenate((person, person))
    out_of = np.concatenate((for_a + for_b, for_a + for_b))
    for code in range(n):
        mine = sides[0] == code
        values = _shares(who[mine], won[mine], out_of[mine])
        n_people[code] = len(values)
        if len(values):
            lows, highs = confidence_sequence(values, of_model)
            share[code], low[code], high[code] = values.mean(), lows[-1], highs[-1]
    pair_low = np.zeros((n, n))
    key = sides[0] * n + sides[1]
    for pair in np.unique(key):
        i, j = divmod(int(pair), n)
        mine = key == pair
        values = _shares(who[mine], won[mine], out_of[mine])
        if len(values):
            pair_low[i, j] = confidence_sequence(values, of_pair)[0][-1]
    return Watched(battles.models, share, low, high, n_people, pair_low, level, simultaneous)


def _shares(who: IntArray, won: FloatArray, out_of: FloatArray) -> FloatArray:
    """Share won (people,) in order of arrival; someone whose battles weigh nothing has none."""
    people, unit = np.unique(who, return_inverse=True)
    total = np.bincount(unit, weights=out_of, minlength=len(people))
    sums = np.bincount(unit, weights=won, minlength=len(people))
    known = total > 0
    return np.asarray(np.clip(sums[known] / total[known], 0, 1))
