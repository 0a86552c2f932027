"""What a coefficient of agreement comes with: an interval, its parts, or why it is undefined."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import nan

import numpy as np

from manyvoices.aggregate.intervals import of_known
from manyvoices.aggregate.kinds import FloatArray

CONSTANT = "every rating is the same, so agreement cannot be told from having no choice"
UNPAIRED = "no unit has two ratings to compare"
ONE_UNIT = "one unit alone says nothing about others"
PERFECT = "nobody disagreed, so resampled units show no spread"


@dataclass(frozen=True, slots=True)
class Agreement:
    """One coefficient: 1 is full agreement, 0 what chance gives, below 0 less than chance."""

    coefficient: str
    value: float
    """NaN where it is undefined; `why_undefined` says why."""
    low: float
    high: float
    """Percentile interval over resampled units; NaN without resamples, or as `why_no_interval`
    says."""
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
    why_no_interval: str = ""
    """Why `low` and `high` are NaN although the coefficient is known and units were resampled."""


def undefined(coefficient: str, why: str, confidence: float, left_out: int) -> Agreement:
    """Return a coefficient that the ratings do not determine."""
    return Agreement(coefficient, nan, nan, nan, confidence, nan, nan, 0, 0, left_out, 0, 0, why)


def spread(
    samples: Iterable[FloatArray], confidence: float, value: float, n_units: int
) -> tuple[float, float, int, str]:
    """Low, high, how many samples failed, and why there is no interval.

    Resamples of one unit, or of units on which nobody disagreed, are all the same: an interval
    without width would say that the coefficient is known for certain.
    """
    low, high, failed = percentiles(samples, confidence)
    if n_units > 1 and value < 1 - 1e-12:
        return low, high, failed, ""
    return nan, nan, failed, ONE_UNIT if n_units < 2 else PERFECT


def percentiles(samples: Iterable[FloatArray], confidence: float) -> tuple[float, float, int]:
    """Return low, high and how many samples were NaN; NaN, NaN where no sample is a number."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, found {confidence!r}")
    drawn = np.concatenate([np.zeros(0), *samples])
    return *of_known(drawn, confidence), int(np.isnan(drawn).sum())
