"""What a coefficient of agreement comes with: an interval, its parts, or why it is undefined."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import nan

import numpy as np

from manyvoices.aggregate.kinds import FloatArray

CONSTANT = "every rating is the same, so agreement cannot be told from having no choice"
UNPAIRED = "no unit has two ratings to compare"


@dataclass(frozen=True, slots=True)
class Agreement:
    """One coefficient: 1 is full agreement, 0 what chance gives, below 0 less than chance."""

    coefficient: str
    value: float
    """NaN where it is undefined; `why_undefined` says why."""
    low: float
    high: float
    """Percentile interval over resampled units; NaN without resamples."""
    confidence: float
    observed: float
    """Kappas: share of pairs of ratings that agree. Alpha: mean disagreement within units."""
    expected: float
    """The same by chance: for pairs drawn from all ratings (each rater's own for Cohen)."""
    n_units: int
    """Units with at least two ratings; the others say nothing about agreement."""
    n_ratings: int
    """Ratings of those units."""
    n_left_out: int
    """Units with fewer than two ratings."""
    n_resamples: int
    n_failed: int
    """Resamples in which the coefficient was undefined; the interval holds given that it is not."""
    why_undefined: str = ""


def undefined(coefficient: str, why: str, confidence: float, left_out: int) -> Agreement:
    """Return a coefficient that the ratings do not determine."""
    return Agreement(coefficient, nan, nan, nan, confidence, nan, nan, 0, 0, left_out, 0, 0, why)


def percentiles(samples: Iterable[FloatArray], confidence: float) -> tuple[float, float, int]:
    """Return low, high and how many samples were NaN; NaN, NaN where no sample is a number."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, found {confidence!r}")
    drawn = np.concatenate([np.zeros(0), *samples])
    kept = drawn[~np.isnan(drawn)]
    if not len(kept):
        return nan, nan, len(drawn)
    tail = (1 - confidence) / 2
    low, high = np.quantile(kept, [tail, 1 - tail])
    return float(low), float(high), len(drawn) - len(kept)
