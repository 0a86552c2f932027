"""Topics as dense places among embedded texts: UMAP, then HDBSCAN, as PRISM did.

UMAP takes nearly all the time (52 of 53 CPU seconds at 8,011 texts), and its result depends on the
machine as well as on the seed. So coordinates and labels are artefacts that can be kept (`kept`),
and how far another seed would have changed them is part of every result (`Clustering.stability`).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from manyvoices.analyse.dataset import NotEnough
from manyvoices.analyse.table import FloatArray, IntArray
from manyvoices.analyse.topics.stability import Stability, stability
from manyvoices.llm.embedding import Vectors
from manyvoices.schema.errors import MissingExtraError

MIN_TEXTS = 100
"""Fewer texts than this have no density to speak of."""
PRISM_SIZE, SMALLEST_SIZE = 80, 10


@dataclass(frozen=True, slots=True)
class ClusterSettings:
    """PRISM's choices (arXiv 2404.16019, appendix R.1; its code, ``clustering.py``)."""

    min_cluster_size: int = PRISM_SIZE
    """Texts that a topic needs; see `size_for`."""
    n_neighbors: int = 15
    dimension: int = 20
    """Dimensions that UMAP reduces to before clustering."""
    min_dist: float = 0.0
    seed: int = 42
    n_further_seeds: int = 3
    """Seeds ``seed + 1``, ``seed + 2``... are tried for `Clustering.stability`."""


@dataclass(frozen=True, slots=True, eq=False)
class Clustering:
    """Topics of n texts, numbered by size: 0 is the largest."""

    labels: IntArray
    """(n,) topic of each text; -1 = outlier."""
    coordinates: FloatArray
    """(n, dimension) where the clustering took place; NaN for texts without a vector."""
    plane: FloatArray
    """(n, 2) for drawing; made apart from `coordinates`, as PRISM did."""
    stability: Stability
    settings: ClusterSettings

    @property
    def n_topics(self) -> int:
        """Topics without the outliers."""
        return int(self.labels.max(initial=-1)) + 1

    @property
    def outliers(self) -> float:
        """Share of texts in no topic."""
        return float((self.labels < 0).mean())


def size_for(n_texts: int) -> int:
    """Texts that a topic needs in a release of this size: 1 %, from 10 to PRISM's 80.

    80 is what PRISM took for 8,011 prompts, about 1 %. Smaller releases keep the share, not the
    number, until ten texts; larger ones keep 80, so that their small topics are found too.
    """
    return max(SMALLEST_SIZE, min(PRISM_SIZE, round(n_texts / 100)))


def find_topics(
    vectors: Vectors, settings: ClusterSettings, tick: Callable[[str], None] | None = None
) -> Clustering:
    """Cluster (n, d) unit vectors; rows of zeros are outliers and take no part.

    UMAP with cosine distance to `dimension` dimensions, HDBSCAN (the ``hdbscan`` package; scikit-
    learn's differs) with Euclidean distance and excess of mass. The same machine and versions give
    the same result; another machine may not.

    Raises:
        NotEnough: Fewer than `MIN_TEXTS` texts have a vector.
        MissingExtraError: umap-learn or hdbscan is not installed.
    """
    known = np.flatnonzero(np.abs(vectors).max(axis=1, initial=0) > 0)
    if len(known) < MIN_TEXTS:
        raise NotEnough(
            f"Topics need at least {MIN_TEXTS} texts with words that others use too; "
            f"{len(known)} are here."
        )
    say = tick or _quiet
    say(f"finding topics among {len(known):,} texts")
    points = _reduced(vectors[known], settings.dimension, settings.seed, settings)
    labels = _clustered(points, settings)
    say("placing texts in a plane")
    plane = _reduced(vectors[known], 2, settings.seed, settings)
    others = []
    for i in range(1, settings.n_further_seeds + 1):
        say(f"finding topics again, seed {i} of {settings.n_further_seeds}")
        again = _reduced(vectors[known], settings.dimension, settings.seed + i, settings)
        others.append(_clustered(again, settings))
    return Clustering(
        labels=_spread(labels, known, len(vectors)),
        coordinates=_placed(points, known, len(vectors)),
        plane=_placed(plane, known, len(vectors)),
        stability=stability(labels, others),
        settings=settings,
    )


def _quiet(step: str) -> None:
    del step


def _reduced(vectors: Vectors, dimension: int, seed: int, settings: ClusterSettings) -> FloatArray:
    umap = _umap()
    reducer = umap.UMAP(
        n_components=dimension,
        n_neighbors=min(settings.n_neighbors, len(vectors) - 1),
        min_dist=settings.min_dist,
        metric="cosine",
        random_state=seed,
        n_jobs=1,
    )
    with warnings.catch_warnings():
        # It says that a seed means one thread, and that many equal texts make islands: both known.
        warnings.simplefilter("ignore")
        return np.asarray(reducer.fit_transform(vectors), dtype=np.float64)


def _clustered(points: FloatArray, settings: ClusterSettings) -> IntArray:
    """Labels by falling size, ties by the first text."""
    clusterer = _hdbscan().HDBSCAN(
        min_cluster_size=settings.min_cluster_size,
        metric="euclidean",
        cluster_selection_method="eom",
        core_dist_n_jobs=1,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # A deprecation inside the library, nothing of ours.
        found = np.asarray(clusterer.fit_predict(points), dtype=np.int64)
    names, first, sizes = np.unique(found[found >= 0], return_index=True, return_counts=True)
    order = np.lexsort((first, -sizes))
    place = np.full(int(found.max(initial=-1)) + 2, -1, dtype=np.int64)
    place[names[order]] = np.arange(len(names))
    return place[found]


def _spread(labels: IntArray, known: IntArray, n: int) -> IntArray:
    whole = np.full(n, -1, dtype=np.int64)
    whole[known] = labels
    return whole


def _placed(points: FloatArray, known: IntArray, n: int) -> FloatArray:
    whole = np.full((n, points.shape[1]), np.nan)
    whole[known] = points
    return whole


def _umap() -> Any:
    try:
        import umap
    except ImportError as error:
        raise MissingExtraError("Finding topics (umap-learn)", "topics") from error
    return umap


def _hdbscan() -> Any:
    try:
        import hdbscan
    except ImportError as error:
        raise MissingExtraError("Finding topics (hdbscan)", "topics") from error
    return hdbscan
