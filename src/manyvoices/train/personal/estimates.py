"""Means over people with intervals: people are resampled, not their judgements."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.resampling import Resampling, cluster_means
from manyvoices.train.personal.choices import FloatArray

__all__ = ["Estimate", "Resampling", "mean_of_people"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over people with its interval; NaN where there is nobody."""

    value: float
    low: float
    high: float
    n_people: int

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def mean_of_people(values: FloatArray, resampling: Resampling | None = None) -> Estimate:
    """Every person counts the same, however much they judged.

    Args:
        values: (n_people,) one number each; NaN: of whom there is none.
    """
    known = values[~np.isnan(values)]
    n = len(known)
    zeros = np.zeros(n, dtype=np.int64)
    means = cluster_means(
        known,
        zeros,
        np.arange(n, dtype=np.int64),
        n_groups=1,
        resampling=resampling or Resampling(),
    )
    return Estimate(float(means.mean[0]), float(means.low[0]), float(means.high[0]), n)
