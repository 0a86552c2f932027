"""Spearman's rank correlation with an interval when values come in clusters.

Spearman 1904; mid-ranks for ties. The interval rests on the influence function of the coefficient
as a functional of the distribution, ranks being estimated too (after Croux & Dehon, Statistical
Methods and Applications 19 (2010), there for data without ties): its values are summed within
clusters, so the standard error is that of a sandwich with clusters, and the interval is made on
Fisher's scale. It costs one sort and no resampling, and is about what a bootstrap over clusters
gives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from manyvoices.analyse.table import IntArray
from manyvoices.analyse.trees.columns import FloatArray

_LEAST = 3
"""Pairs of values below which nothing is said."""


@dataclass(frozen=True, slots=True)
class Rho:
    """One coefficient."""

    value: float
    """NaN below three pairs, or where one side is constant."""
    low: float
    high: float
    """NaN where there are fewer than two clusters."""
    n: int


def spearman(x: FloatArray, y: FloatArray, clusters: IntArray, *, level: float = 0.95) -> Rho:
    """Correlation of x and y (n,) over the rows where neither is NaN.

    `clusters` (n,): who or what the values of a row belong to, here a tree.
    """
    kept = ~(np.isnan(x) | np.isnan(y))
    x, y, clusters = x[kept], y[kept], clusters[kept]
    nan, n = float("nan"), len(x)
    if n < _LEAST:
        return Rho(nan, nan, nan, n)
    r, above_x = _places(x)
    s, above_y = _places(y)
    cov, var_x, var_y = (r * s).mean(), (r * r).mean(), (s * s).mean()
    if not var_x or not var_y:
        return Rho(nan, nan, nan, n)
    rho = float(np.clip(cov / np.sqrt(var_x * var_y), -1, 1))
    of_cov = r * s + above_x(s) + above_y(r) - 3 * cov
    of_x = r * r + 2 * above_x(r) - 3 * var_x
    of_y = s * s + 2 * above_y(s) - 3 * var_y
    influence = of_cov / np.sqrt(var_x * var_y) - rho / 2 * (of_x / var_x + of_y / var_y)
    low, high = _interval(rho, _standard_error(influence, clusters), level)
    return Rho(rho, low, high, n)


def _places(x: FloatArray) -> tuple[FloatArray, Callable[[FloatArray], FloatArray]]:
    """Each value's place in the distribution less a half, ties in the middle; and a function of
    weights w (n,): for each i the mean over j of w_j (1 where x_j > x_i, a half where equal)."""
    _, code, counts = np.unique(x, return_inverse=True, return_counts=True)
    n = len(x)
    place = (np.cumsum(counts) - counts / 2)[code] / n - 0.5

    def above(weights: FloatArray) -> FloatArray:
        sums = np.bincount(code, weights=weights, minlength=len(counts))
        found: FloatArray = ((sums[::-1].cumsum()[::-1] - sums / 2) / n)[code]
        return found

    return place, above


def _standard_error(influence: FloatArray, clusters: IntArray) -> float:
    _, code = np.unique(clusters, return_inverse=True)
    sums = np.bincount(code, weights=influence)
    n_clusters = len(sums)
    if n_clusters < 2:
        return float("nan")
    spread = n_clusters / (n_clusters - 1) * (sums**2).sum()
    return float(np.sqrt(spread) / len(influence))


def _interval(rho: float, se: float, level: float) -> tuple[float, float]:
    if np.isnan(se):
        return se, se
    room = 1 - rho * rho
    if room < 1e-12:
        return rho, rho
    reach = float(ndtri((1 + level) / 2)) * se / room
    middle = float(np.arctanh(rho))
    return float(np.tanh(middle - reach)), float(np.tanh(middle + reach))
