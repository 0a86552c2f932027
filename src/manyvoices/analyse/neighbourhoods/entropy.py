"""How mixed the people of a neighbourhood are: Shannon's entropy of each attribute, in bits."""

from __future__ import annotations

import numpy as np

from manyvoices.analyse.table import FloatArray, IntArray


def entropy(counts: IntArray | FloatArray) -> FloatArray:
    """Entropy in bits along the last axis: 0 = all alike; NaN where nobody was counted.

    Source: PRISM, equation 2.
    """
    total = counts.sum(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = counts / total
        terms = np.where(counts > 0, share * np.log2(share), 0.0)
    bits = -terms.sum(axis=-1)
    # -0.0 of a group that is all alike would be printed with a sign.
    mixed: FloatArray = np.where(total[..., 0] > 0, bits + 0.0, np.nan)
    return mixed


def level_counts(groups: IntArray, codes: IntArray, n_groups: int, n_levels: int) -> IntArray:
    """Members of each level in each group, (n_groups, n_levels); codes of -1 are not counted."""
    known = codes >= 0
    cells = groups[known] * n_levels + codes[known]
    counts = np.bincount(cells, minlength=n_groups * n_levels).reshape(n_groups, n_levels)
    return counts.astype(np.int64)
