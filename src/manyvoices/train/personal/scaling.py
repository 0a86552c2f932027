"""Features on one scale, few enough for a head: what a comparison cannot see is taken out first.

A comparison sees differences of replies to one message alone. So features are scaled by their
spread *within* messages, and their number is brought down along the directions in which replies to
one message differ most.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from manyvoices.train.personal.choices import FloatArray, Ranked

_LEAST = 1e-8


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """(raw - centre) @ rotation."""

    centre: FloatArray
    """(D,) the mean reply of the training side: utility 0."""
    rotation: FloatArray
    """(D, d)."""

    @property
    def d(self) -> int:
        """Number of features that are left."""
        return int(self.rotation.shape[1])

    def __call__(self, raw: FloatArray) -> FloatArray:
        """(n, d) of raw features (n, D)."""
        return np.asarray((np.asarray(raw, dtype=np.float64) - self.centre) @ self.rotation)


def scaling_of(
    raw: FloatArray, rankings: Iterable[Ranked], components: int | None = None
) -> Scaling:
    """The scaling that fits the items of `rankings`.

    Every raw feature is divided by its standard deviation within messages (features that never
    differ there are dropped); of these the `components` principal ones stay, with their own
    spreads, on a common scale that gives them variance 1 within messages on average.

    Args:
        raw: (n_items, D).
        components: None: as many as there are.
    """
    raw = np.asarray(raw, dtype=np.float64)
    groups = [np.array(one.items) for one in rankings]
    centre = raw[np.unique(np.concatenate(groups))].mean(axis=0)
    within = np.concatenate([raw[items] - raw[items].mean(axis=0) for items in groups])
    degrees = max(len(within) - len(groups), 1)
    spread = np.sqrt((within**2).sum(axis=0) / degrees)
    scale = np.where(spread > _LEAST, 1 / np.where(spread > _LEAST, spread, 1.0), 0.0)
    values, vectors = np.linalg.eigh((within * scale).T @ (within * scale) / degrees)
    kept = np.flatnonzero(values > _LEAST)[::-1][:components]
    vectors = vectors[:, kept]
    peak = vectors[np.abs(vectors).argmax(axis=0), np.arange(len(kept))]
    vectors = vectors * np.where(peak < 0, -1.0, 1.0)
    size = np.sqrt(values[kept].mean()) if len(kept) else 1.0
    return Scaling(centre, scale[:, None] * vectors / size)
