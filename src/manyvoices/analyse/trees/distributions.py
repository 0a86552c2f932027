"""How numbers of trees and messages spread: five numbers, a mean with an interval, and counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.table import IntArray
from manyvoices.analyse.trees.estimates import tree_means


@dataclass(frozen=True, slots=True)
class Distribution:
    """Whole numbers and how they spread; NaN everywhere but in `n` where there are none."""

    n: int
    mean: float
    low: float
    high: float
    """Percentile interval of the mean, whole trees resampled."""
    sd: float
    """Divisor n - 1."""
    least: float
    q25: float
    median: float
    q75: float
    most: float
    counts: tuple[tuple[int, int], ...]
    """(value, how often), lowest first."""


def distributions(
    parts: Mapping[str, tuple[IntArray, IntArray]], resampling: Resampling
) -> dict[str, Distribution]:
    """Name -> distribution of (values, tree of each value); one set of resamples serves all."""
    values = np.concatenate([part[0] for part in parts.values()]).astype(np.float64)
    trees = np.concatenate([part[1] for part in parts.values()])
    groups = np.repeat(np.arange(len(parts)), [len(part[0]) for part in parts.values()])
    means = tree_means(values, groups, trees, n_groups=len(parts), resampling=resampling)
    return {
        name: _described(part, means.low[i], means.high[i])
        for i, (name, (part, _)) in enumerate(parts.items())
    }


def _described(values: IntArray, low: float, high: float) -> Distribution:
    n = len(values)
    if not n:
        nan = float("nan")
        return Distribution(0, *(nan,) * 9, ())
    found, counts = np.unique(values, return_counts=True)
    least, q25, median, q75, most = np.quantile(values, [0, 0.25, 0.5, 0.75, 1]).tolist()
    return Distribution(
        n=n,
        mean=float(values.mean()),
        low=float(low),
        high=float(high),
        sd=float(values.std(ddof=1)) if n > 1 else float("nan"),
        least=least,
        q25=q25,
        median=median,
        q75=q75,
        most=most,
        counts=tuple(zip(found.tolist(), counts.tolist(), strict=True)),
    )
