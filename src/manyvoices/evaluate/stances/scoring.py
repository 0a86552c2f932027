"""Positions on the axes, with two kinds of uncertainty kept apart.

position = sum over items of weight x mean score / sum of |weight|, from -1 to 1.

* ``items``: items are redrawn, their answers stay: would other propositions give this position?
* ``answers``: items stay, each item's answers are redrawn: would asking again?
* ``both``: items, and within them answers (the two-stage bootstrap of Davison & Hinkley 1997, 3.8).

Intervals are percentile intervals (Efron & Tibshirani 1993, ch. 13).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.table import BoolArray, FloatArray
from manyvoices.evaluate.stances.instrument import Instrument
from manyvoices.evaluate.stances.stability import ItemStance

SOURCES = ("items", "answers", "both")


@dataclass(frozen=True, slots=True)
class Position:
    """A place on one axis."""

    value: float | None
    """-1 to 1; None where too few items are stable, or none was answered."""
    n: int
    """Items that it stands on."""
    of: int
    """Items of the axis that were asked."""
    intervals: Mapping[str, tuple[float, float]]
    """`SOURCES` -> (low, high); empty where there is no value."""


@dataclass(frozen=True, slots=True)
class Positions:
    """Places on all axes, and how they vary together."""

    axes: Mapping[str, Position]
    covariance: tuple[tuple[float, ...], ...] | None
    """Of the ``both`` draws over the axes in their order, (n_axes, n_axes); None where an axis has
    no value."""


def positions(
    stances: Sequence[ItemStance],
    instrument: Instrument,
    resampling: Resampling,
    *,
    least: float = 0.0,
) -> Positions:
    """Positions from `stances`; an axis of whose items less than the share `least` is given in
    `stances` has none."""
    weights = weight_table(instrument, [one.item for one in stances])
    answered = np.array([one.mean is not None for one in stances], dtype=np.bool_)
    usable = answered & np.array([one.counts_for_position for one in stances], dtype=np.bool_)
    return _positions(stances, weights, usable, instrument, resampling, least)


def averaged(
    stances: Sequence[ItemStance], instrument: Instrument, resampling: Resampling
) -> Positions:
    """Positions from every item with an option, unstable or not: for comparison alone."""
    weights = weight_table(instrument, [one.item for one in stances])
    usable = np.array([one.mean is not None for one in stances], dtype=np.bool_)
    return _positions(stances, weights, usable, instrument, resampling, 0.0)


def weight_table(instrument: Instrument, items: Sequence[str]) -> FloatArray:
    """(n_items, n_axes)."""
    known = {item.id: item for item in instrument.items}
    rows = [[known[i].weights.get(axis, 0.0) for axis in instrument.axes] for i in items]
    return np.array(rows, dtype=np.float64).reshape(len(items), len(instrument.axes))


def _positions(
    stances: Sequence[ItemStance],
    weights: FloatArray,
    usable: BoolArray,
    instrument: Instrument,
    resampling: Resampling,
    least: float,
) -> Positions:
    asked = (weights != 0).sum(axis=0)
    kept = weights[usable]
    n = (kept != 0).sum(axis=0)
    some = [one for one, take in zip(stances, usable, strict=True) if take]
    means = np.array([one.mean for one in some], dtype=np.float64)
    draws = _draws([one.scores for one in some], means, kept, resampling)
    found, has = {}, []
    for j, axis in enumerate(instrument.axes):
        is_there = bool(n[j]) and n[j] >= least * asked[j]
        has.append(is_there)
        value = float(place(means, kept)[j]) if is_there else None
        ends = {s: interval(draws[s][:, j], resampling.level) for s in SOURCES} if is_there else {}
        found[axis] = Position(value, int(n[j]), int(asked[j]), ends)
    covariance = _covariance(draws["both"]) if all(has) else None
    return Positions(found, covariance)


def place(means: FloatArray, weights: FloatArray) -> FloatArray:
    """(..., n_items) x (n_items, n_axes) -> (..., n_axes); NaN where an axis has no item."""
    with np.errstate(invalid="ignore", divide="ignore"):
        placed: FloatArray = (means @ weights) / np.abs(weights).sum(axis=0)
    return placed


def _draws(
    scores: Sequence[Sequence[float]],
    means: FloatArray,
    weights: FloatArray,
    resampling: Resampling,
) -> dict[str, FloatArray]:
    rng = np.random.default_rng(resampling.seed)
    n, r = len(means), resampling.n_resamples
    if n == 0 or r == 0:
        return {source: np.full((0, weights.shape[1]), np.nan) for source in SOURCES}
    again = np.empty((r, n))
    for i, own in enumerate(scores):
        values = np.asarray(own, dtype=np.float64)
        again[:, i] = values[rng.integers(0, len(values), (r, len(values)))].mean(axis=1)
    times = rng.multinomial(n, np.full(n, 1 / n), size=r).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        size = times @ np.abs(weights)
        return {
            "items": (times * means) @ weights / size,
            "answers": place(again, weights),
            "both": (times * again) @ weights / size,
        }


def interval(draws: FloatArray, level: float) -> tuple[float, float]:
    """Percentile interval of draws (n,); NaN without draws."""
    drawn = draws[~np.isnan(draws)]
    if not len(drawn):
        return (float("nan"), float("nan"))
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _covariance(draws: FloatArray) -> tuple[tuple[float, ...], ...] | None:
    whole = draws[~np.isnan(draws).any(axis=1)]
    if len(whole) < 2:
        return None
    found = np.atleast_2d(np.cov(whole, rowvar=False))
    return tuple(tuple(float(x) for x in row) for row in found)
