"""Small steps from a table's columns to the columns of `Battles` and `Scores`."""

from __future__ import annotations

from typing import Any

import numpy as np

from manyvoices.aggregate.columns import encode
from manyvoices.aggregate.errors import WeightError
from manyvoices.aggregate.kinds import FloatArray, IntArray, ObjectArray

NOT_GIVEN = "(not given)"


def check_weights(weights: FloatArray) -> None:
    """Raise `WeightError` at the first weight (rows,) that is negative, NaN or infinite."""
    wrong = ~(np.isfinite(weights) & (weights >= 0))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise WeightError(row, float(weights[row]))


def numbered(codes: IntArray) -> tuple[IntArray, IntArray]:
    """Return the distinct `codes`, rising, and the place of each row's code among them.

    As ``np.unique(codes, return_inverse=True)``, without sorting where the codes are dense.
    """
    if not len(codes) or codes.min() < 0 or codes.max() > 4 * len(codes) + 1000:
        distinct, place = np.unique(codes, return_inverse=True)
        return distinct.astype(np.int64), place.astype(np.int64)
    seen = np.zeros(int(codes.max()) + 1, dtype=np.bool_)
    seen[codes] = True
    return np.flatnonzero(seen).astype(np.int64), (np.cumsum(seen) - 1)[codes]


def seen_only(
    a: IntArray, b: IntArray, models: tuple[str, ...]
) -> tuple[IntArray, IntArray, tuple[str, ...], tuple[str, ...]]:
    """Renumber the codes so that every model left has a battle; also return who is left out."""
    seen = np.zeros(len(models), dtype=np.bool_)
    seen[a] = seen[b] = True
    if seen.all():
        return a, b, models, ()
    new = np.cumsum(seen) - 1
    left = tuple(name for name, is_seen in zip(models, seen, strict=True) if is_seen)
    gone = tuple(name for name, is_seen in zip(models, seen, strict=True) if not is_seen)
    return new[a], new[b], left, gone


def clusters_of(codes: IntArray, n_labels: int) -> IntArray | None:
    """Give rows without a participant a cluster each; None where no row has one."""
    missing = codes < 0
    if missing.all():
        return None
    if missing.any():
        codes = codes.copy()
        codes[missing] = n_labels + np.arange(missing.sum())
    return codes


def labels_of(column: Any) -> ObjectArray:
    codes, labels = encode(column)
    return np.array([*(str(label) for label in labels), NOT_GIVEN], dtype=object)[codes]
