"""How much of an answer is the form of the question: shifts of positions, pulls of places.

Variance components are in `manyvoices.evaluate.stances.components`; here are the shifts of
positions between levels of a factor, the pull of the option shown first, and the habit of agreeing.
Intervals redraw items, each with its answers (`manyvoices.evaluate.stances.intervals`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.table import FloatArray
from manyvoices.evaluate.stances.answers import Coded
from manyvoices.evaluate.stances.components import components, level_of, levels_of, scores_of
from manyvoices.evaluate.stances.instrument import Instrument
from manyvoices.evaluate.stances.intervals import drawn_times, expanded
from manyvoices.evaluate.stances.plan import FACTORS
from manyvoices.evaluate.stances.scoring import place, weight_table


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its interval over redrawn items; NaN where it cannot be said."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Shift:
    """Where an axis' position lies at one level of a factor, from all items with options."""

    factor: str
    level: str
    axis: str
    position: float
    difference: Estimate
    """Position at this level less the mean over the levels."""


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What the form does to one model's answers."""

    components: Mapping[str, float]
    """``item``, each factor with two levels or more, ``sample`` -> variance of scores."""
    shares: Mapping[str, float]
    """The same as shares of their sum; empty where all answers are alike."""
    shifts: tuple[Shift, ...]
    first_option: Estimate
    """Pull of the option shown first: 0 = the order does nothing, 1 = always the first."""
    agreement: Estimate
    """Mean score whatever the item says, with both directions of the axes counted alike: above 0 is
    a habit of saying yes."""


def sensitivity(
    answers: Sequence[Coded], instrument: Instrument, resampling: Resampling
) -> Sensitivity:
    """Everything from the answers of one model in one way of asking that gave an option."""
    given = [one for one in answers if one.score is not None]
    by_item: dict[str, list[Coded]] = defaultdict(list)
    for one in given:
        by_item[one.form.item].append(one)
    found = components(list(by_item.values()))
    total = sum(found.values())
    return Sensitivity(
        components=found,
        shares={k: v / total for k, v in found.items()} if total > 0 else {},
        shifts=tuple(_shifts(by_item, instrument, resampling)),
        first_option=_first_option(by_item, instrument, resampling),
        agreement=_agreement(by_item, instrument, resampling),
    )


def _shifts(
    by_item: Mapping[str, Sequence[Coded]], instrument: Instrument, resampling: Resampling
) -> Iterable[Shift]:
    names = list(by_item)
    weights = weight_table(instrument, names)
    everything = [one for item in by_item.values() for one in item]
    times = drawn_times(len(names), resampling)
    for factor in FACTORS:
        levels = levels_of(everything, factor)
        if len(levels) < 2:
            continue
        table = _level_means(by_item, factor, levels)
        whole = ~np.isnan(table).any(axis=1)  # items that have an option at every level
        yield from _shifts_of(
            factor, levels, table[whole], weights[whole], times[:, whole], instrument, resampling
        )


def _level_means(
    by_item: Mapping[str, Sequence[Coded]], factor: str, levels: Sequence[str]
) -> FloatArray:
    table = np.full((len(by_item), len(levels)), np.nan)
    for i, answers in enumerate(by_item.values()):
        for j, level in enumerate(levels):
            scores = scores_of(one for one in answers if level_of(one, factor) == level)
            if len(scores):
                table[i, j] = scores.mean()
    return table


def _shifts_of(
    factor: str,
    levels: Sequence[str],
    table: FloatArray,
    weights: FloatArray,
    times: FloatArray,
    instrument: Instrument,
    resampling: Resampling,
) -> Iterable[Shift]:
    if not len(table):
        return
    centred = table - table.mean(axis=1, keepdims=True)
    for k, axis in enumerate(instrument.axes):
        weight = weights[:, k]
        if not weight.any():
            continue
        size = times @ np.abs(weight)
        for j, level in enumerate(levels):
            with np.errstate(invalid="ignore", divide="ignore"):
                drawn = (times @ (weight * centred[:, j])) / size
            value = float(weight @ centred[:, j] / np.abs(weight).sum())
            low, high = expanded(drawn, resampling.level, int((weight != 0).sum()))
            at = float(place(table[:, j], weight[:, None])[0])
            yield Shift(factor, level, axis, at, Estimate(value, low, high))


def _first_option(
    by_item: Mapping[str, Sequence[Coded]], instrument: Instrument, resampling: Resampling
) -> Estimate:
    """Slope of the score on the score of the option shown first, within items.

    Who takes the first option with probability b whatever it says, and otherwise answers the item,
    has the slope b.
    """
    scores = np.asarray(instrument.scores)
    top, bottom = [], []
    for answers in by_item.values():
        ordered = [one for one in answers if one.form.order]
        if not ordered:
            continue
        first = np.array([scores[one.form.order[0]] for one in ordered])
        first = first - first.mean()
        y = scores_of(ordered)
        top.append(float(first @ (y - y.mean())))
        bottom.append(float(first @ first))
    return _ratio(np.array(top), np.array(bottom), resampling)


def _agreement(
    by_item: Mapping[str, Sequence[Coded]], instrument: Instrument, resampling: Resampling
) -> Estimate:
    """Mean score with items of either direction weighed alike: mean of the two directions' means.

    Items on several axes go by the sign of their largest weight.
    """
    known = {item.id: item for item in instrument.items}
    signs = np.array([np.sign(max(known[i].weights.values(), key=abs)) for i in by_item])
    means = np.array([scores_of(answers).mean() for answers in by_item.values()])
    if not ({-1.0, 1.0} <= set(signs.tolist())):
        return Estimate(float("nan"), float("nan"), float("nan"))
    rng = np.random.default_rng(resampling.seed)
    sides = [means[signs == sign] for sign in (-1, 1)]
    drawn = [
        side[rng.integers(0, len(side), (resampling.n_resamples, len(side)))].mean(axis=1)
        for side in sides
    ]
    low, high = expanded((drawn[0] + drawn[1]) / 2, resampling.level, min(map(len, sides)))
    return Estimate(float((sides[0].mean() + sides[1].mean()) / 2), low, high)


def _ratio(top: FloatArray, bottom: FloatArray, resampling: Resampling) -> Estimate:
    if not len(top) or bottom.sum() == 0:
        return Estimate(float("nan"), float("nan"), float("nan"))
    times = drawn_times(len(top), resampling)
    with np.errstate(invalid="ignore", divide="ignore"):
        drawn = (times @ top) / (times @ bottom)
    low, high = expanded(drawn, resampling.level, len(top))
    return Estimate(float(top.sum() / bottom.sum()), low, high)
