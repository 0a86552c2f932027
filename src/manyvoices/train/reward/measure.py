"""A mean over pairs or groups of replies, with an interval from whole trees or people."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from manyvoices.analyse.people.intervals import wilson
from manyvoices.analyse.resampling import Resampling, cluster_means

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Measure:
    """A mean with its interval; NaN where nothing was measured."""

    value: float
    low: float
    """NaN where a single tree (or person) stands behind the mean, as for `high`."""
    high: float
    n: int
    """Pairs or groups that it is the mean of."""


NOTHING = Measure(nan, nan, nan, 0)


def mean_measure(
    values: FloatArray,
    clusters: IntArray,
    resampling: Resampling,
    *,
    ends: tuple[float, float] | None = None,
) -> Measure:
    """The mean of `values` (n,), whose trees (or people) are `clusters` (n,).

    Where all values stand at one of the `ends` of their scale, resampling would say that they
    always do: the interval is then Wilson's of one value to each cluster.
    """
    if not len(values):
        return NOTHING
    one = np.zeros(len(values), np.int64)
    means = cluster_means(values, one, clusters, n_groups=1, resampling=resampling)
    value, low, high = (float(part[0]) for part in (means.mean, means.low, means.high))
    if ends is not None and low == high and value in ends:
        n, (least, most) = len(np.unique(clusters)), ends
        shares = wilson(n if value == most else 0, n, resampling.level)
        low, high = (least + (most - least) * share for share in shares)
    return Measure(value, low, high, len(values))
