"""Ranks as ranges: no order is claimed that the data do not bear.

Mogstad, Romano, Shaikh and Wilhelm, "Inference for Ranks with Applications to Mobility across
Neighbourhoods and Academic Achievement across Countries", Review of Economic Studies 91 (2024):
intervals for all differences at once, then a model's best rank is one more than the number of
models that are surely above it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from manyvoices.aggregate.estimators import finite_rows
from manyvoices.aggregate.kinds import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class RankRanges:
    """Where each model may stand."""

    best: IntArray
    """(n,) 1 = first."""
    worst: IntArray
    """(n,)"""
    above: BoolArray
    """(n, n) whether i is surely above j."""


def rank_ranges(scores: FloatArray, draws: FloatArray, level: float = 0.95) -> RankRanges:
    """Ranges that hold all true ranks at once with a chance of about `level`.

    Args:
        scores: (n,) estimates, higher is better.
        draws: (n_resamples, n) of a bootstrap; rows with NaN are left out.

    The differences are studentised by their spread over the resamples, and the critical value is
    the `level` quantile of the largest one (single step, two-sided). Our deviation from the paper:
    the spread is the bootstrap's own.
    """
    drawn = draws[finite_rows(draws)]
    n = len(scores)
    if not len(drawn):
        ones = np.ones(n, np.int64)
        return RankRanges(ones, ones * n, np.zeros((n, n), np.bool_))
    gaps = scores[:, None] - scores[None, :]
    spread = np.zeros((n, n))
    largest = np.zeros(len(drawn))
    for i in range(n):
        moved = (drawn[:, [i]] - drawn) - gaps[i]
        spread[i] = np.sqrt((moved**2).mean(axis=0))
        known = spread[i] > 0
        if known.any():
            np.maximum(largest, np.abs(moved[:, known] / spread[i][known]).max(axis=1), out=largest)
    above = gaps > float(np.quantile(largest, level)) * spread
    np.fill_diagonal(above, False)
    return RankRanges(
        best=(1 + above.sum(axis=0)).astype(np.int64),
        worst=(n - above.sum(axis=1)).astype(np.int64),
        above=above,
    )
