"""Krippendorff's alpha: agreement of any number of raters, with gaps, on three levels.

Krippendorff, Content Analysis (4th ed. 2018), chapter 12; "Computing Krippendorff's
alpha-reliability" (2011). alpha = 1 - Do / De: mean disagreement of pairs of ratings within units,
over that of pairs drawn from all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np

from manyvoices.aggregate.agreement_result import (
    CONSTANT,
    UNPAIRED,
    Agreement,
    spread,
    undefined,
)
from manyvoices.aggregate.kinds import FloatArray
from manyvoices.aggregate.units import Units, resampled

Level = Literal["nominal", "ordinal", "interval"]
LEVELS = ("nominal", "ordinal", "interval")


def krippendorff_alpha(
    values: Units | Iterable[Iterable[Any]],
    level: Level | str = "nominal",
    *,
    order: Sequence[Any] | None = None,
    confidence: float = 0.95,
    n_resamples: int = 1000,
    seed: int = 0,
) -> Agreement:
    """Return alpha with an interval over resampled units.

    `values`: one row for each unit, one entry for each rating; None or NaN is a rating that was not
    given, rows may differ in length. `level`: "nominal" (same or not), "ordinal" (how many
    ratings lie between two categories), "interval" (squared difference). `order` lists ordinal
    categories that are no numbers, lowest first.

    Units with one rating are left out and counted. Undefined, with the reason and no error: no unit
    with two ratings, and ratings that are all the same. The interval resamples units, not pairs as
    Krippendorff's own bootstrap does: two units are independent, pairs within one are not.
    """
    if level not in LEVELS:
        raise ValueError(f"level must be one of {', '.join(LEVELS)}, found {level!r}")
    read = Units.of(values, order)
    scale = _scale(read, level, order)
    units = read.paired()
    left_out = len(read.counts) - len(units.counts)
    if not len(units.counts):
        return undefined("krippendorff_alpha", UNPAIRED, confidence, left_out)
    every = np.ones((1, len(units.counts)))
    observed, expected = (float(part[0]) for part in _disagreement(units.counts, every, scale))
    if not expected:
        return undefined("krippendorff_alpha", CONSTANT, confidence, left_out)
    drawn = (
        _alpha(*_disagreement(units.counts, times, scale))
        for times in resampled(len(units.counts), n_resamples, seed)
    )
    value = 1 - observed / expected
    low, high, failed, why = spread(drawn, confidence, value, len(units.counts))
    return Agreement(
        coefficient="krippendorff_alpha",
        value=value,
        low=low,
        high=high,
        confidence=confidence,
        observed=observed,
        expected=expected,
        n_units=len(units.counts),
        n_ratings=int(units.counts.sum()),
        n_left_out=left_out,
        n_resamples=n_resamples,
        n_failed=failed,
        why_no_interval=why,
    )


def _scale(units: Units, level: str, order: Sequence[Any] | None) -> FloatArray | str:
    """Return the numbers of an interval scale, or the name of a level that needs none."""
    if level == "nominal" or not units.categories:
        return "nominal"
    if level == "ordinal":
        if order is None:
            units.numbers(level)
        return "ordinal"
    numbers = units.numbers(level)
    return np.asarray(numbers - numbers.mean())


def _disagreement(
    counts: FloatArray, times: FloatArray, scale: FloatArray | str
) -> tuple[FloatArray, FloatArray]:
    """Return observed and expected disagreement (B,) of counts (U, K) drawn times (B, U).

    Ordinal distances are interval distances between mid-ranks, which move with each resample: the
    ratings from one category to another, less half of each of the two.
    """
    size = counts.sum(axis=1)
    totals = times @ counts
    n = totals.sum(axis=1)
    if isinstance(scale, str) and scale == "nominal":
        within = times @ ((size**2 - (counts**2).sum(axis=1)) / (size - 1))
        among = n**2 - (totals**2).sum(axis=1)
    elif isinstance(scale, str):
        ranks = np.cumsum(totals, axis=1) - totals / 2 - n[:, None] / 2
        within = (times * _spread(counts, size, ranks).T).sum(axis=1)
        among = 2 * (n * (totals * ranks**2).sum(axis=1) - (totals * ranks).sum(axis=1) ** 2)
    else:
        within = times @ _spread(counts, size, scale[None])[:, 0]
        among = 2 * (n * (totals @ scale**2) - (totals @ scale) ** 2)
    # One category alone leaves nothing to disagree about; rounding must not say otherwise.
    among = np.where((totals > 0).sum(axis=1) > 1, among, 0.0)
    return within / n, among / (n * (n - 1))


def _spread(counts: FloatArray, size: FloatArray, scale: FloatArray) -> FloatArray:
    """Return (U, B): summed squared differences of the pairs within each unit, over its size - 1.

    `scale` (B, K) holds the numbers behind the categories.
    """
    first, second = counts @ scale.T, counts @ (scale**2).T
    return np.asarray(2 * (size[:, None] * second - first**2) / (size[:, None] - 1))


def _alpha(observed: FloatArray, expected: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(expected > 0, 1 - observed / expected, np.nan))
