"""Whether a reward model's probabilities are as often true as they say."""

from __future__ import annotations

import numpy as np

from manyvoices.aggregate.intervals import of_known
from manyvoices.aggregate.units import resampled
from manyvoices.analyse.resampling import Resampling
from manyvoices.train.reward.measure import NOTHING, FloatArray, IntArray, Measure

BINS = 10
"""Bins of the calibration error, of equal width from 0.5 to 1."""


def calibration_error(
    probability: FloatArray, clusters: IntArray, resampling: Resampling
) -> Measure:
    """Expected calibration error of (pairs,) chances that the better reply is the better one.

    Source: Guo et al. 2017, eq. 3, on the likelier of two replies. It is no mean over rows, so its
    sums per cluster and bin are resampled. It is never below 0, so chance alone lifts it, and its
    resamples once more: hold it against `by_chance`.
    """
    if not len(probability):
        return NOTHING
    sure, place = _binned(probability)
    right = np.where(probability > 0.5, 1.0, np.where(probability == 0.5, 0.5, 0.0))
    _, unit = np.unique(clusters, return_inverse=True)
    n = int(unit.max()) + 1
    cell = unit * BINS + place
    gap = np.bincount(cell, weights=sure - right, minlength=n * BINS).reshape(n, BINS)
    size = np.bincount(unit, minlength=n).astype(np.float64)
    value = float(np.abs(gap.sum(0)).sum() / size.sum())
    drawn = [np.zeros(0)]
    if n > 1:
        drawn += [
            np.abs(times @ gap).sum(1) / (times @ size)
            for times in resampled(n, resampling.n_resamples, resampling.seed)
        ]
    return Measure(value, *of_known(np.concatenate(drawn), resampling.level), len(probability))


def by_chance(probability: FloatArray, resampling: Resampling) -> Measure:
    """The same error of a model whose (pairs,) probabilities are all true: its mean, and where
    `resampling.level` of it lies.

    Pairs are drawn as independent, all of a bin with its mean probability; pairs of one tree that
    are right together spread it further. Equal scores are half right for certain.
    """
    told = probability[probability != 0.5]
    if not len(told) or not resampling.n_resamples:
        return NOTHING
    sure, place = _binned(told)
    n = np.bincount(place, minlength=BINS)
    expected = np.bincount(place, weights=sure, minlength=BINS)
    rng = np.random.default_rng(resampling.seed)
    share = np.clip(expected / np.maximum(n, 1), 0.0, 1.0)
    right = rng.binomial(n, share, size=(resampling.n_resamples, BINS))
    drawn = np.abs(right - expected).sum(axis=1) / len(probability)
    return Measure(float(drawn.mean()), *of_known(drawn, resampling.level), len(probability))


def _binned(probability: FloatArray) -> tuple[FloatArray, IntArray]:
    """(pairs,) chance of the likelier reply, and its bin."""
    sure = np.maximum(probability, 1 - probability)
    return sure, np.minimum(((sure - 0.5) * 2 * BINS).astype(np.int64), BINS - 1)
