"""Positions on the axes, with two kinds of uncertainty kept apart.

position = sum over items of weight x mean score / sum of |weight|, from -1 to 1.

* ``answers``: items stay, each item's answers are redrawn: would asking again give this? Every
  form that was asked counts as drawn from all that might have been, so that with forms that are
  always the same the interval is wide rather than narrow. There is none where an item has one
  answer alone.
* ``both``: items are redrawn, each with its answers: would other propositions give this?

How they are made: `manyvoices.evaluate.stances.intervals`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.table import BoolArray, FloatArray
from manyvoices.evaluate.stances.instrument import Instrument
from manyvoices.evaluate.stances.intervals import drawn_times, interval, of_places
from manyvoices.evaluate.stances.stability import ItemStance

SOURCES = ("answers", "both")


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
    is_there = (n > 0) & (n >= least * asked)
    some = [one for one, take in zip(stances, usable, strict=True) if take]
    means = np.array([one.mean for one in some], dtype=np.float64)
    again = _asked_again([one.scores for one in some], means, resampling)
    found = {}
    for j, axis in enumerate(instrument.axes):
        own = kept[:, j] != 0
        value, ends = None, {}
        if is_there[j]:
            value = float(place(means, kept)[j])
            ends = _intervals(means[own], again[:, own], kept[own, j], resampling)
        found[axis] = Position(value, int(n[j]), int(asked[j]), ends)
    covariance = covariance_of(redrawn_places(means, kept, resampling)) if is_there.all() else None
    return Positions(found, covariance)


def _intervals(
    means: FloatArray, again: FloatArray, weights: FloatArray, resampling: Resampling
) -> dict[str, tuple[float, float]]:
    """One axis: (n_items,) means and weights, (n_resamples, n_items) means if asked again."""
    return {
        "answers": interval(place(again, weights[:, None])[:, 0], resampling.level),
        "both": of_places(means * np.sign(weights), np.abs(weights), resampling),
    }


def place(means: FloatArray, weights: FloatArray) -> FloatArray:
    """(..., n_items) x (n_items, n_axes) -> (..., n_axes); NaN where an axis has no item."""
    with np.errstate(invalid="ignore", divide="ignore"):
        placed: FloatArray = (means @ weights) / np.abs(weights).sum(axis=0)
    return placed


def _asked_again(
    scores: Sequence[Sequence[float]], means: FloatArray, resampling: Resampling
) -> FloatArray:
    """(n_resamples, n_items) means of redrawn answers; NaN for an item with one answer alone.

    n redrawn answers vary by (n - 1) / n of what n new ones would: their deviations are stretched.
    """
    rng = np.random.default_rng(resampling.seed)
    again = np.full((resampling.n_resamples, len(scores)), np.nan)
    for i, own in enumerate(scores):
        n, values = len(own), np.asarray(own, dtype=np.float64)
        if n > 1:
            drawn = values[rng.integers(0, n, (resampling.n_resamples, n))].mean(axis=1)
            again[:, i] = means[i] + (drawn - means[i]) * np.sqrt(n / (n - 1))
    return np.clip(again, -1.0, 1.0)


def redrawn_places(means: FloatArray, weights: FloatArray, resampling: Resampling) -> FloatArray:
    """(n_resamples, n_axes) positions from redrawn items."""
    times = drawn_times(len(means), resampling)
    with np.errstate(invalid="ignore", divide="ignore"):
        drawn: FloatArray = (times * means) @ weights / (times @ np.abs(weights))
    return drawn


def covariance_of(draws: FloatArray) -> tuple[tuple[float, ...], ...] | None:
    """(n_axes, n_axes) of draws (n, n_axes); None where fewer than two have every axis."""
    whole = draws[~np.isnan(draws).any(axis=1)]
    if len(whole) < 2:
        return None
    found = np.atleast_2d(np.cov(whole, rowvar=False))
    return tuple(tuple(float(x) for x in row) for row in found)
