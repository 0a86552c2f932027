"""Made-up embeddings: points around centres, near enough to one another to be linked."""

from __future__ import annotations

import numpy as np

from manyvoices.analyse.neighbourhoods.products import Float32Array
from manyvoices.analyse.table import IntArray


def points(n: int, d: int = 32, *, seed: int = 0, centres: int | None = None) -> Float32Array:
    """(n, d) unit vectors of which many lie within .05 to .3 of each other."""
    rng = np.random.default_rng(seed)
    middle = rng.normal(size=(centres or max(1, n // 3), d))
    own = rng.normal(size=(n, d)) * rng.uniform(0.02, 0.9, (n, 1))
    vectors = middle[rng.integers(0, len(middle), n)] + own
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def same_partition(a: IntArray, b: IntArray) -> bool:
    """Whether both put the same rows together, whatever the numbers."""
    pairs = len(np.unique(np.stack([a, b]), axis=1).T)
    return pairs == len(np.unique(a)) == len(np.unique(b))
