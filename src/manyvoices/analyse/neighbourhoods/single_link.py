"""True single link: two texts are neighbours if a chain of close texts joins them.

PRISM's appendix S (Algorithm 1) describes this; its code does something else (`nearest_earlier`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from manyvoices.analyse.neighbourhoods.nearest_earlier import nearest_earlier
from manyvoices.analyse.neighbourhoods.products import (
    BLOCK,
    Float32Array,
    Products,
    by_first_appearance,
    cosine_distances,
)
from manyvoices.analyse.table import FloatArray, IntArray


def single_link(
    vectors: FloatArray | Float32Array,
    threshold: float,
    *,
    block: int = BLOCK,
    compat: Literal["prism"] | None = None,
    order: IntArray | None = None,
) -> IntArray:
    """Group texts whose embeddings lie within a cosine distance of each other.

    Source: PRISM, arXiv 2404.16019, appendix S, Algorithm 1. We join at distance <= `threshold`, as
    its code does (the paper writes <). The groups are the connected components of the graph of all
    such pairs, so they depend neither on the order of the rows nor on `block`.

    Args:
        vectors: (n, d), float32 or float64, of any length but zero; a zero vector joins nothing.
        threshold: Greatest cosine distance of two texts that are joined, 0 to 2.
        block: Rows of a block of products. Memory is O(block^2 + n), however many pairs are close.
        compat: ``"prism"`` joins each text to its nearest earlier one alone, as PRISM's code does
            (`nearest_earlier`); finer than single link, and dependent on the order.
        order: For ``compat``: the rows in the order in which texts are taken (PRISM sorts them by
            their text); None = as given.

    Returns:
        Labels (n,), numbered 0, 1, ... by first appearance.
    """
    if compat is not None:
        taken = np.arange(len(vectors)) if order is None else order
        labels = np.empty(len(vectors), dtype=np.int64)
        labels[taken] = nearest_earlier(vectors[taken], threshold, block=block)
    else:
        labels = single_links(vectors, (threshold,), block=block).ravel()
    return by_first_appearance(labels)


def single_links(
    vectors: FloatArray | Float32Array, thresholds: Sequence[float], *, block: int = BLOCK
) -> IntArray:
    """`single_link` at several thresholds for the price of one: labels (n_thresholds, n)."""
    products = Products(vectors, block)
    joined = [Components(len(vectors)) for _ in thresholds]
    if not joined:
        return np.empty((0, len(vectors)), dtype=np.int64)
    least = 1.0 - max(thresholds) - products.error
    for rows, columns in products.slices():
        if all(one.is_one(rows, columns) for one in joined):
            continue
        i, j, cosine = products.pairs(rows, columns, least)
        for threshold, one in zip(thresholds, joined, strict=True):
            one.join(*_close(vectors, i, j, cosine, threshold, products.error))
    return np.stack([by_first_appearance(one.root) for one in joined])


def _close(
    vectors: FloatArray | Float32Array,
    i: IntArray,
    j: IntArray,
    cosine: FloatArray,
    threshold: float,
    error: float,
) -> tuple[IntArray, IntArray]:
    """The pairs within `threshold`; those too near to it for float32 are computed again."""
    beyond = cosine - (1.0 - threshold)
    close = beyond > error
    doubtful = np.flatnonzero(np.abs(beyond) <= error)
    close[doubtful] = cosine_distances(vectors, i[doubtful], j[doubtful]) <= threshold
    return i[close], j[close]


class Components:
    """Disjoint sets of rows, joined many pairs at a time."""

    def __init__(self, n: int) -> None:
        self.root: IntArray = np.arange(n)
        """(n,): the smallest row of each row's set."""

    def is_one(self, rows: slice, columns: slice) -> bool:
        """Whether all these rows are in one set already, so that no pair could change anything."""
        first = self.root[rows.start]
        return bool((self.root[rows] == first).all() and (self.root[columns] == first).all())

    def join(self, first: IntArray, second: IntArray) -> None:
        """Join the sets of `first` and `second`, pair by pair, (n_pairs,) each."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        a, b = self.root[first], self.root[second]
        apart = a != b
        if not apart.any():
            return
        a, b = a[apart], b[apart]
        nodes = np.unique(np.concatenate([a, b]))
        edges = (np.searchsorted(nodes, a), np.searchsorted(nodes, b))
        graph = coo_array((np.ones(len(a), dtype=np.int8), edges), shape=(len(nodes), len(nodes)))
        n_sets, sets = connected_components(graph, directed=False)
        smallest = np.full(n_sets, len(self.root), dtype=np.int64)
        np.minimum.at(smallest, sets, nodes)
        becomes = np.arange(len(self.root))
        becomes[nodes] = smallest[sets]
        self.root = becomes[self.root]
