"""How sure coefficients are: rows alike, rows of their own, or rows that share a person."""

from __future__ import annotations

from typing import Literal

import numpy as np

from manyvoices.analyse.table import FloatArray, IntArray

Errors = Literal["cluster", "HC1", "classical"]

_BLOCK_ROWS = 2048


def standard_errors(
    x: FloatArray,
    resid: FloatArray,
    bread: FloatArray,
    people: IntArray | None,
    *,
    se: Errors,
    used: int,
) -> FloatArray:
    """(k, m) roots of the diagonal of bread * meat * bread, outcome by outcome; see `ols`.

    `x` (n, k), `resid` (n, m), `bread` (k, k) = (X'X)^-1, `people` (n,) codes 0..G-1 or None,
    `used` = coefficients that count in n - k.
    """
    n = len(resid)
    if se == "classical":
        variance = (resid**2).sum(axis=0) / (n - used)
        return np.asarray(np.sqrt(np.diagonal(bread)[:, None] * variance))
    spread = x @ bread  # A row times its residual is what the row moves the coefficients by.
    if people is None:
        return np.asarray(np.sqrt(n / (n - used) * (spread**2).T @ resid**2))
    groups = int(people.max()) + 1
    order = np.argsort(people, kind="stable")
    starts = np.searchsorted(people[order], np.arange(groups))
    squares = _cluster_squares(spread[order], resid[order], starts)
    return np.asarray(np.sqrt(groups / (groups - 1) * (n - 1) / (n - used) * squares))


def _cluster_squares(spread: FloatArray, resid: FloatArray, starts: IntArray) -> FloatArray:
    """(k, m) squares of what each cluster moves each coefficient by, summed over clusters.

    Rows are sorted by cluster. Blocks of whole clusters are small enough to stay in the processor's
    cache from one outcome to the next, so that the cost grows with the rows and no faster.
    """
    n, m = resid.shape
    squares = np.zeros((spread.shape[1], m))
    ends = np.append(starts, n)
    first = 0
    while first < len(starts):
        last = max(
            int(np.searchsorted(ends, ends[first] + _BLOCK_ROWS, side="right")) - 1, first + 1
        )
        rows, inner = slice(ends[first], ends[last]), starts[first:last] - ends[first]
        block = spread[rows]
        for outcome in range(m):
            sums = np.add.reduceat(block * resid[rows, outcome, None], inner, axis=0)
            squares[:, outcome] += np.einsum("gk,gk->k", sums, sums)
        first = last
    return squares
