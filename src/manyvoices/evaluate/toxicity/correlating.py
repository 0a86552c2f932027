"""Correlations of every label and every score, as OASST showed them for its messages.

Spearman is `manyvoices.analyse.trees.spearman`; Pearson is built the same way: Fisher's scale, and
a standard error from influence values summed within clusters (a sandwich), since messages of one
tree are not independent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from manyvoices.analyse.trees.spearman import spearman

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Correlation:
    """One coefficient; NaN below three pairs or where one side is constant."""

    value: float
    low: float
    high: float
    n: int

    def plain(self) -> dict[str, float]:
        """For JSON."""
        return asdict(self)


def pearson(x: FloatArray, y: FloatArray, clusters: IntArray, *, level: float) -> Correlation:
    """Pearson's r of x and y (n,) over rows where neither is NaN, with a cluster-robust interval.

    Influence of a row on r: z_x z_y - r (z_x^2 + z_y^2) / 2 (Devlin, Gnanadesikan, Kettenring,
    Biometrika 62 (1975)).
    """
    kept = ~(np.isnan(x) | np.isnan(y))
    x, y, clusters = x[kept], y[kept], clusters[kept]
    n, nan = len(x), float("nan")
    if n < 3 or x.std() == 0 or y.std() == 0:
        return Correlation(nan, nan, nan, n)
    zx, zy = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
    r = float(np.clip((zx * zy).mean(), -1, 1))
    sums = np.bincount(
        np.unique(clusters, return_inverse=True)[1], zx * zy - r / 2 * (zx**2 + zy**2)
    )
    if len(sums) < 2:
        return Correlation(r, nan, nan, n)
    room = 1 - r * r
    if room < 1e-12:
        return Correlation(r, r, r, n)
    error = float(np.sqrt(len(sums) / (len(sums) - 1) * (sums**2).sum())) / n
    reach, middle = float(ndtri((1 + level) / 2)) * error / room, float(np.arctanh(r))
    return Correlation(r, float(np.tanh(middle - reach)), float(np.tanh(middle + reach)), n)


def matrix(
    columns: Mapping[str, FloatArray], n_labels: int, clusters: IntArray, level: float
) -> dict[str, Any]:
    """Every pair of `columns` (people's labels first, `n_labels` of them), both coefficients.

    Returns:
        ``names``, ``n_labels``, and ``pairs``: one for each two, with ``spearman`` and ``pearson``
        as value, low, high, n.
    """
    names: Sequence[str] = list(columns)
    pairs = []
    for one, two in combinations(names, 2):
        rho = spearman(columns[one], columns[two], clusters, level=level)
        r = pearson(columns[one], columns[two], clusters, level=level)
        told = Correlation(rho.value, rho.low, rho.high, rho.n).plain()
        pairs.append({"first": one, "second": two, "spearman": told, "pearson": r.plain()})
    return {"names": list(names), "n_labels": n_labels, "pairs": pairs}
