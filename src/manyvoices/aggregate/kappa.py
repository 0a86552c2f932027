"""Cohen's and Fleiss' kappa: agreement beyond chance.

Cohen, "A coefficient of agreement for nominal scales", EPM 20 (1960); weighted: Psychological
Bulletin 70 (1968). Fleiss, "Measuring nominal scale agreement among many raters", Psychological
Bulletin 76 (1971).
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

Weights = Literal["linear", "quadratic"]


def cohen_kappa(
    first: Sequence[Any],
    second: Sequence[Any],
    *,
    weights: Weights | str | None = None,
    order: Sequence[Any] | None = None,
    confidence: float = 0.95,
    n_resamples: int = 1000,
    seed: int = 0,
) -> Agreement:
    """Return kappa of two raters on the same units, with an interval over resampled units.

    `first`, `second`: one rating for each unit; units that one of them did not rate (None, NaN) are
    left out. Chance keeps each rater's own shares of categories. `weights`: None counts same or
    not; "linear" and "quadratic" count how many categories two ratings are apart, in sorted order
    or in `order`. Undefined, with the reason: no unit rated by both, and one and the same category
    throughout.
    """
    if weights not in (None, "linear", "quadratic"):
        raise ValueError(f"weights must be None, 'linear' or 'quadratic', found {weights!r}")
    if len(first) != len(second):
        raise ValueError(f"two ratings for each unit are needed, found {len(first)}, {len(second)}")
    units = Units.of(list(zip(first, second, strict=True)), order)
    both = units.counts.sum(axis=1) == 2
    left_out = int((~both).sum())
    if not both.any():
        return undefined("cohen_kappa", UNPAIRED, confidence, left_out)
    table = _table(first, second, both.tolist(), units.categories)
    alike = _alike(len(units.categories), weights)
    observed, expected = (float(part[0]) for part in _shares(table[None], alike))
    if expected == 1:
        return undefined("cohen_kappa", CONSTANT, confidence, left_out)
    n = int(table.sum())
    # Drawing units again is drawing cells of the table again: a multinomial.
    cells = np.random.default_rng(seed).multinomial(n, (table / n).ravel(), size=n_resamples)
    drawn = _kappa(*_shares(cells.reshape(-1, *table.shape).astype(np.float64), alike))
    value = (observed - expected) / (1 - expected)
    low, high, failed, why = spread([drawn], confidence, value, n)
    return Agreement("cohen_kappa", value, low, high, confidence, observed, expected, n, 2 * n,
                     left_out, n_resamples, failed, why_no_interval=why)  # fmt: skip


def fleiss_kappa(
    values: Units | Iterable[Iterable[Any]],
    *,
    confidence: float = 0.95,
    n_resamples: int = 1000,
    seed: int = 0,
) -> Agreement:
    """Return kappa of units that all have the same number of ratings, by any raters.

    `values` as in `krippendorff_alpha`. Raises `ValueError` where the numbers differ: Fleiss'
    formula has no answer then, Krippendorff's alpha has. Undefined as in `cohen_kappa`.
    """
    units = Units.of(values, None)
    size = np.unique(units.counts.sum(axis=1))
    if len(size) > 1:
        raise ValueError(
            f"fleiss_kappa needs equally many ratings of every unit, found {size.min():.0f} to "
            f"{size.max():.0f}: use krippendorff_alpha"
        )
    if not len(size) or size[0] < 2:
        return undefined("fleiss_kappa", UNPAIRED, confidence, len(units.counts))
    every = np.ones((1, len(units.counts)))
    observed, expected = (float(part[0]) for part in _pairs(units.counts, every))
    if expected == 1:
        return undefined("fleiss_kappa", CONSTANT, confidence, 0)
    drawn = (
        _kappa(*_pairs(units.counts, times))
        for times in resampled(len(units.counts), n_resamples, seed)
    )
    value = (observed - expected) / (1 - expected)
    low, high, failed, why = spread(drawn, confidence, value, len(units.counts))
    return Agreement("fleiss_kappa", value, low, high, confidence, observed, expected,
                     len(units.counts), int(units.counts.sum()), 0, n_resamples, failed,
                     why_no_interval=why)  # fmt: skip


def _table(
    first: Sequence[Any], second: Sequence[Any], both: list[bool], categories: tuple[Any, ...]
) -> FloatArray:
    """Return (K, K): how often the first rater said the row and the second the column."""
    code = {value: place for place, value in enumerate(categories)}
    table = np.zeros((len(categories), len(categories)))
    for one, other, is_pair in zip(first, second, both, strict=True):
        if is_pair:
            table[code[one], code[other]] += 1
    return table


def _alike(n: int, weights: str | None) -> FloatArray:
    """Return (K, K): how far two categories count as agreeing, 1 on the diagonal."""
    if weights is None:
        return np.eye(n)
    gap = np.abs(np.arange(n)[:, None] - np.arange(n)) / max(n - 1, 1)
    return np.asarray(1 - gap ** (1 if weights == "linear" else 2), dtype=np.float64)


def _shares(tables: FloatArray, alike: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return observed and expected agreement (B,) of tables (B, K, K)."""
    part = tables / tables.sum(axis=(1, 2), keepdims=True)
    rows, columns = part.sum(axis=2), part.sum(axis=1)
    return (part * alike).sum(axis=(1, 2)), ((rows @ alike) * columns).sum(axis=1)


def _pairs(counts: FloatArray, times: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return observed and expected agreement (B,) of counts (U, K) drawn times (B, U)."""
    size = counts[0].sum()
    within = ((counts**2).sum(axis=1) - size) / (size * (size - 1))
    share = times @ counts
    share /= share.sum(axis=1, keepdims=True)
    return times @ within / times.sum(axis=1), (share**2).sum(axis=1)


def _kappa(observed: FloatArray, expected: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(expected < 1, (observed - expected) / (1 - expected), np.nan))
