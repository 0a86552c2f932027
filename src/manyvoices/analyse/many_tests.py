"""When many questions are asked of one release: p-values corrected for their number."""

from __future__ import annotations

import numpy as np

from manyvoices.analyse.table import FloatArray, IntArray


def benjamini_hochberg(p: FloatArray) -> FloatArray:
    """Adjusted p-values of any shape; NaN stays NaN and counts as no test.

    q_i = min over j >= i of p_(j) * m / j: the false discovery rate at which each would be claimed.
    Source: Benjamini & Hochberg, JRSS B 57 (1995); valid for tests that depend positively on each
    other (Benjamini & Yekutieli 2001).
    """
    flat, order = _tested(p)
    scaled = flat[order] * len(order) / np.arange(1, len(order) + 1)
    q = np.full(flat.shape, np.nan)
    q[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return q.reshape(p.shape)


def holm(p: FloatArray) -> FloatArray:
    """Adjusted p-values of any shape (Holm, Scandinavian Journal of Statistics 6, 1979).

    The chance that any of them is claimed wrongly stays below the level, however they depend on
    each other. NaN stays NaN and counts as no test.
    """
    flat, order = _tested(p)
    steps = flat[order] * np.arange(len(order), 0, -1)
    adjusted = np.full(flat.shape, np.nan)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted.reshape(p.shape)


def _tested(p: FloatArray) -> tuple[FloatArray, IntArray]:
    """The values in a row, and the places of those that are numbers, smallest first."""
    flat = p.ravel()
    tested = np.flatnonzero(~np.isnan(flat))
    return flat, tested[np.argsort(flat[tested], kind="stable")]
