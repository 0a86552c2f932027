"""Whether judges favour the answer that is shown first."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np
from scipy.sparse import csr_array

from manyvoices.aggregate.agreement_result import percentiles
from manyvoices.aggregate.battles import Battles
from manyvoices.aggregate.kinds import FloatArray
from manyvoices.aggregate.units import resampled


@dataclass(frozen=True, slots=True)
class PositionBias:
    """The share of decided battles that the left side won: 0.5 is no bias."""

    share: float
    """Of all decided battles. It also moves where good models stand on the left more often."""
    low: float
    high: float
    """Percentile interval over participants, or over battles where nobody is named."""
    balanced: float
    """The same with the models' strengths cancelled: for each two models that were shown both ways
    round, the mean of the left side's shares in both; NaN where no two were."""
    balanced_low: float
    balanced_high: float
    confidence: float
    n_decided: float
    """Weight of battles that somebody won."""
    n_ties: float
    n_both_ways: int
    """Pairs of models that were decided in both orders."""
    n_resampled: int
    """Participants, or battles, that the resamples drew from."""
    why_no_interval: str = ""


def position_bias(
    battles: Battles, *, confidence: float = 0.95, n_resamples: int = 1000, seed: int = 0
) -> PositionBias:
    """Return how often the side shown first (`Battles.a`) won, with an interval over people.

    Ties are left out and counted. The balanced share weighs each pair of models by n m / (n + m)
    of the n and m battles decided in its two orders, as Mantel and Haenszel weigh tables (1959).
    """
    decided, left = _by_pair(battles)
    n_units = decided.shape[0]
    every = np.ones((1, n_units))
    share, balanced, n_both = _shares(every @ decided, every @ left, len(battles.models))
    weight = np.ones(len(battles)) if battles.weight is None else battles.weight
    n_decided = float(weight[battles.outcome != 0.5].sum())
    why = ""
    if n_units < 2:
        why = "fewer than two participants, so nobody can be drawn again"
    elif not n_decided:
        why = "no battle was decided"
    drawn = [
        _shares(times @ decided, times @ left, len(battles.models))
        for times in (() if why else resampled(n_units, n_resamples, seed))
    ]
    low, high, _ = percentiles((each[0] for each in drawn), confidence)
    balanced_low, balanced_high, _ = percentiles((each[1] for each in drawn), confidence)
    return PositionBias(
        share=float(share[0]),
        low=low,
        high=high,
        balanced=float(balanced[0]),
        balanced_low=balanced_low,
        balanced_high=balanced_high,
        confidence=confidence,
        n_decided=n_decided,
        n_ties=float(weight.sum()) - n_decided,
        n_both_ways=int(n_both[0]),
        n_resampled=n_units,
        why_no_interval=why,
    )


def _by_pair(battles: Battles) -> tuple[csr_array, csr_array]:
    """Return (units, n * n) twice: weight of decided battles with i left of j, and those i won."""
    n = len(battles.models)
    if battles.cluster is None:
        unit = np.arange(len(battles))
    else:
        unit = np.unique(battles.cluster, return_inverse=True)[1]
    weight = np.ones(len(battles)) if battles.weight is None else battles.weight
    shape = (int(unit.max(initial=-1)) + 1, n * n)
    at = (unit, battles.a * n + battles.b)
    decided = weight * (battles.outcome != 0.5)
    return csr_array((decided, at), shape=shape), csr_array(
        (weight * (battles.outcome == 1.0), at), shape=shape
    )


def _shares(
    decided: FloatArray, left: FloatArray, n: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return share, balanced share and pairs met both ways (B,) from sums (B, n * n)."""
    total = decided.sum(axis=1)
    upper = np.triu_indices(n, 1)
    here, there = upper[0] * n + upper[1], upper[1] * n + upper[0]
    n_here, n_there = decided[:, here], decided[:, there]
    both = (n_here > 0) & (n_there > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(total > 0, left.sum(axis=1) / total, nan)
        pair = (left[:, here] / n_here + left[:, there] / n_there) / 2
        weight = np.where(both, n_here * n_there / (n_here + n_there), 0.0)
        mean = (np.where(both, pair, 0.0) * weight).sum(axis=1) / weight.sum(axis=1)
    return share, mean, both.sum(axis=1)
