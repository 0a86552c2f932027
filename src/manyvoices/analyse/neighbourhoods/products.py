"""Pairs of texts that lie close together, found block by block: memory for one block, not for n^2.

Products are of float32 and therefore wrong in their last digits, by an amount that depends on the
machine and on the block. So a pair is only *found* here, with room for that error; whoever decides
about it asks `cosine_distances`, in float64, of the few pairs near the threshold.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from manyvoices.analyse.table import FloatArray, IntArray

Float32Array = NDArray[np.float32]
BLOCK = 2048
"""Rows of a block: 2048 x 2048 float32 are 16 MB."""
_FINE = 256
_PAIRS_AT_ONCE = 4096


class Products:
    """Inner products of unit vectors, one block of rows by another of columns at a time."""

    def __init__(self, vectors: FloatArray | Float32Array, block: int = BLOCK) -> None:
        """Take vectors (n, d) of any length; a zero vector has no direction and is near nothing."""
        if vectors.ndim != 2 or block < 1:
            raise ValueError(f"expected vectors (n, d) and block >= 1, found {vectors.shape}")
        # Summed as they are asked for later, so that a length is never of another precision.
        lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))
        if not np.isfinite(lengths).all():
            raise ValueError("vectors must be finite numbers")
        self.empty = lengths == 0
        lengths[self.empty] = 1.0
        self.unit: Float32Array = vectors.astype(np.float32)
        self.unit *= (1 / lengths).astype(np.float32)[:, None]
        self.block = block
        n, d = vectors.shape
        self.error = (d + 8) * 2.0**-24
        """No product is further than this from the true cosine, in whatever order it was summed."""
        side = min(block, n)
        self._space = np.empty(side * side, dtype=np.float32)
        self._near = np.empty(side * side, dtype=np.bool_)

    def slices(self) -> Iterator[tuple[slice, slice]]:
        """The blocks of the upper half: rows never after columns."""
        for row in range(0, len(self.unit), self.block):
            end = min(row + self.block, len(self.unit))
            yield from _triangle(row, end)
            for column in range(end, len(self.unit), self.block):
                yield slice(row, end), slice(column, min(column + self.block, len(self.unit)))

    def pairs(
        self, rows: slice, columns: slice, least: float
    ) -> tuple[IntArray, IntArray, FloatArray]:
        """Pairs i < j of one block whose product is `least` or more: i, j and the products."""
        first, second = self.unit[rows], self.unit[columns]
        size = len(first) * len(second)
        products = self._space[:size].reshape(len(first), len(second))
        np.matmul(first, second.T, out=products)
        near = np.greater_equal(self._space[:size], np.float32(least), out=self._near[:size])
        place = np.flatnonzero(near)
        i, j = np.divmod(place, len(second))
        i, j = i + rows.start, j + columns.start
        kept = (i < j) & ~self.empty[i] & ~self.empty[j]
        return i[kept], j[kept], self._space[place[kept]].astype(np.float64)


def _triangle(start: int, end: int) -> Iterator[tuple[slice, slice]]:
    """The upper half of one block on the diagonal, cut finely: its lower half is for nothing."""
    if end - start <= _FINE:
        yield slice(start, end), slice(start, end)
        return
    middle = (start + end) // 2
    yield from _triangle(start, middle)
    yield slice(start, middle), slice(middle, end)
    yield from _triangle(middle, end)


def cosine_distances(
    vectors: FloatArray | Float32Array, first: IntArray, second: IntArray
) -> FloatArray:
    """1 - cosine of pairs of rows, (n_pairs,), in float64."""
    return _distances(vectors, first, second, np.float64)


def prism_distances(
    vectors: FloatArray | Float32Array, first: IntArray, second: IntArray
) -> FloatArray:
    """The same to the last bit of PRISM's compiled loop, which decides which of two is nearer.

    meedan/temporal_clustering, ``cy_cosine``: products of float32 are rounded to float32, then
    summed in float64 one after another.
    """
    return _distances(vectors, first, second, np.float32)


def _distances(
    vectors: FloatArray | Float32Array, first: IntArray, second: IntArray, kind: type
) -> FloatArray:
    found = np.empty(len(first))
    for start in range(0, len(first), _PAIRS_AT_ONCE):
        part = slice(start, start + _PAIRS_AT_ONCE)
        x: FloatArray = vectors[first[part]].astype(kind)
        y: FloatArray = vectors[second[part]].astype(kind)
        with np.errstate(invalid="ignore", divide="ignore"):
            found[part] = 1.0 - _summed(x * y) / np.sqrt(_summed(x * x) * _summed(y * y))
    return found


def _summed(products: FloatArray | Float32Array) -> FloatArray:
    """Row sums in order: `cumsum` never regroups, which `sum` does."""
    last: FloatArray = np.cumsum(products, axis=1, dtype=np.float64)[:, -1]
    return last


def by_first_appearance(codes: IntArray) -> IntArray:
    """The same groups numbered 0, 1, ... in the order in which they first appear."""
    _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    number = np.empty(len(first), dtype=np.int64)
    number[np.argsort(first)] = np.arange(len(first))
    return number[inverse]
