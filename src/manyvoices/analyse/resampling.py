"""Means with intervals when one person gives many numbers: resample people, not numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from manyvoices.aggregate.intervals import of_known_columns
from manyvoices.analyse.table import FloatArray, IntArray

_BLOCK = 256
"""Resamples held in memory at once: 256 x 100,000 people are 200 MB."""


@dataclass(frozen=True, slots=True)
class Resampling:
    """How intervals are made."""

    n_resamples: int = 1000
    seed: int = 0
    level: float = 0.95


@dataclass(frozen=True, slots=True, eq=False)
class Means:
    """Group means and their intervals, all (n_groups,); NaN where a group has no value.

    The interval is NaN too where all values of a group are one cluster's: one person says nothing
    about others.
    """

    mean: FloatArray
    low: FloatArray
    high: FloatArray
    n: IntArray


def cluster_means(
    values: FloatArray,
    groups: IntArray,
    clusters: IntArray,
    *,
    n_groups: int,
    resampling: Resampling,
) -> Means:
    """Mean of `values` per group with percentile intervals from resampling whole clusters.

    `values`, `groups`, `clusters`: (n,), no NaN among the values; a cluster is a person. The mean
    of a resample is the ratio of its sums, so people with more values weigh more, as in the
    plain mean. Source: Cameron, Gelbach & Miller 2008, "pairs cluster bootstrap"; percentile
    intervals as in Efron & Tibshirani 1993, ch. 13.
    """
    _, person = np.unique(clusters, return_inverse=True)
    n_people = int(person.max()) + 1 if len(person) else 0
    cell = person * n_groups + groups
    size = n_people * n_groups
    counts = np.bincount(cell, minlength=size).reshape(n_people, n_groups).astype(np.float64)
    sums: FloatArray = np.bincount(cell, weights=values, minlength=size).astype(np.float64)
    sums = sums.reshape(n_people, n_groups)
    n = counts.sum(axis=0)
    with np.errstate(invalid="ignore"):
        mean = sums.sum(axis=0) / n
    low, high = of_known_columns(_resampled(sums, counts, resampling), resampling.level)
    alone = (counts > 0).sum(axis=0) < 2
    low[alone] = high[alone] = np.nan
    return Means(mean=mean, low=low, high=high, n=n.astype(np.int64))


def _resampled(sums: FloatArray, counts: FloatArray, resampling: Resampling) -> FloatArray:
    n_people, n_groups = sums.shape
    if n_people == 0 or resampling.n_resamples == 0:
        return np.full((0, n_groups), np.nan)
    rng = np.random.default_rng(resampling.seed)
    blocks = []
    for start in range(0, resampling.n_resamples, _BLOCK):
        rows = min(_BLOCK, resampling.n_resamples - start)
        weights = rng.multinomial(n_people, np.full(n_people, 1 / n_people), size=rows)
        with np.errstate(invalid="ignore", divide="ignore"):
            blocks.append((weights @ sums) / (weights @ counts))
    return np.concatenate(blocks)
