"""A mean or a share with its interval."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from manyvoices.analyse.resampling import Means, Resampling, cluster_means
from manyvoices.analyse.table import FloatArray, IntArray

LEAST_TREES = 5
"""Trees below which a mean gets no interval: resamples of a few say nothing."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean or share with its percentile interval, whole trees resampled; NaN where `n` is 0."""

    value: float
    low: float
    high: float
    n: int
    """Values behind it."""


def tree_means(
    values: FloatArray, groups: IntArray, trees: IntArray, *, n_groups: int, resampling: Resampling
) -> Means:
    """`cluster_means` over trees; NaN for intervals of groups with fewer than `LEAST_TREES`."""
    means = cluster_means(values, groups, trees, n_groups=n_groups, resampling=resampling)
    pairs = np.unique(np.stack([groups, trees]), axis=1)
    few = np.bincount(pairs[0], minlength=n_groups) < LEAST_TREES
    low, high = (np.where(few, np.nan, side) for side in (means.low, means.high))
    return replace(means, low=low, high=high)


def estimate(means: Means, group: int) -> Estimate:
    """That of one group."""
    return Estimate(
        value=float(means.mean[group]),
        low=float(means.low[group]),
        high=float(means.high[group]),
        n=int(means.n[group]),
    )
