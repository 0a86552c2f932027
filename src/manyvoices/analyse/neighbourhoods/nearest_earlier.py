"""PRISM's rule of neighbourhoods as its code has it: join the nearest earlier text, if near enough.

Kept apart and exact, so that published numbers can be reproduced; `single_link` is what the paper
describes. The rule never joins two groups that a later text bridges, and another order of the
texts gives other groups.
"""

from __future__ import annotations

import numpy as np

from manyvoices.analyse.neighbourhoods.products import (
    BLOCK,
    Float32Array,
    Products,
    by_first_appearance,
    prism_distances,
)
from manyvoices.analyse.table import FloatArray, IntArray


def nearest_earlier(
    vectors: FloatArray | Float32Array, threshold: float, *, block: int = BLOCK
) -> IntArray:
    """Group each row with its nearest earlier row if their cosine distance is <= `threshold`.

    Source: PRISM's code (commit a9ec821, ``local_clustering.py``) and the package that it calls,
    meedan/temporal_clustering, ``find_matches(allmatches=False)``. Exact to its last bit for
    float32 vectors: products in float32, sums in float64 in order, the threshold itself rounded to
    float32, and of equally near rows the first.

    Args:
        vectors: (n, d) in the order of the rule; PRISM sorts by text.
        threshold: Cosine distance.
        block: Rows of a block of products.

    Returns:
        Labels (n,), numbered by first appearance.
    """
    held = float(np.float32(threshold))
    products = Products(vectors, block)
    earlier, later = _candidates(vectors, products, 1.0 - held - products.error)
    distance = prism_distances(vectors, earlier, later)
    joined = np.arange(len(vectors))
    order = np.lexsort((earlier, distance, later))
    nearest = order[np.r_[True, later[order][1:] != later[order][:-1]]] if len(order) else order
    nearest = nearest[distance[nearest] <= held]
    joined[later[nearest]] = earlier[nearest]
    return by_first_appearance(_followed(joined))


def _candidates(
    vectors: FloatArray | Float32Array, products: Products, least: float
) -> tuple[IntArray, IntArray]:
    """Pairs that may be (nearest earlier row, row): the best of each row, up to float32's error."""
    is_first = _first_of_equals(vectors)
    best = np.full(len(vectors), -np.inf)
    kept: list[tuple[IntArray, IntArray, FloatArray]] = []
    for rows, columns in products.slices():
        i, j, cosine = products.pairs(rows, columns, least)
        # Of equal rows the first one wins, so the others need not be compared.
        first = is_first[i]
        i, j, cosine = i[first], j[first], cosine[first]
        np.maximum.at(best, j, cosine)
        near = cosine >= best[j] - 2 * products.error
        kept.append((i[near], j[near], cosine[near]))
    if not kept:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    i, j, cosine = (np.concatenate(parts) for parts in zip(*kept, strict=True))
    near = cosine >= best[j] - 2 * products.error
    return i[near], j[near]


def _first_of_equals(vectors: FloatArray | Float32Array) -> np.typing.NDArray[np.bool_]:
    seen: set[bytes] = set()
    is_first = np.zeros(len(vectors), dtype=np.bool_)
    for row, vector in enumerate(np.ascontiguousarray(vectors)):
        content = vector.tobytes()
        is_first[row] = content not in seen
        seen.add(content)
    return is_first


def _followed(joined: IntArray) -> IntArray:
    """Follow each row's link to the row that began its group; links never point forward."""
    while True:
        further = joined[joined]
        if np.array_equal(further, joined):
            return joined
        joined = further
