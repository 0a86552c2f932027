"""How much of an answer is the form of the question: variance components, shifts, pull of places.

Per item a least-squares fit with sum-to-zero effects for every factor of the form. A factor's
component is the mean squared effect over its levels less what sampling alone would give (the method
of moments; Searle, Casella & McCulloch 1992, ch. 4), averaged over items: it holds shifts common to
all items and those of single items. ``item`` is the variance between items' means, ``sample`` the
variance of answers to one form.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.table import FloatArray
from manyvoices.evaluate.stances.answers import Coded
from manyvoices.evaluate.stances.instrument import Instrument
from manyvoices.evaluate.stances.intervals import interval
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
    components = _components(list(by_item.values()))
    total = sum(components.values())
    return Sensitivity(
        components=components,
        shares={k: v / total for k, v in components.items()} if total > 0 else {},
        shifts=tuple(_shifts(by_item, instrument, resampling)),
        first_option=_first_option(by_item, instrument, resampling),
        agreement=_agreement(by_item, instrument, resampling),
    )


def _scores(answers: Iterable[Coded]) -> FloatArray:
    return np.array([one.score for one in answers], dtype=np.float64)


def levels_of(answers: Iterable[Coded], factor: str) -> list[str]:
    """Levels of a factor as texts, in the order of their first answer."""
    return list(dict.fromkeys(_level(one, factor) for one in answers))


def _level(one: Coded, factor: str) -> str:
    value = getattr(one.form, factor)
    if factor == "order":
        return "".join(f"{place + 1:x}" for place in value) or "none"
    return str(value)


def _components(items: Sequence[Sequence[Coded]]) -> dict[str, float]:
    everything = [one for item in items for one in item]
    factors = [name for name in FACTORS if len(levels_of(everything, name)) > 1]
    means = [float(_scores(item).mean()) for item in items]
    fits = [_fit(item, factors) for item in items]
    found = {"item": float(np.var(means, ddof=1)) if len(means) > 1 else 0.0}
    for name in factors:
        values = [fit[name] for fit in fits if name in fit]
        found[name] = max(0.0, float(np.mean(values))) if values else 0.0
    found["sample"] = _within(items)
    found["item"] = max(0.0, found["item"])
    return found


def _within(items: Sequence[Sequence[Coded]]) -> float:
    """Pooled variance of answers to one form; 0 where every form was asked once."""
    squares, df = 0.0, 0
    forms: dict[str, list[float]] = defaultdict(list)
    for one in (one for item in items for one in item):
        forms[one.form.prompt_id].append(one.score or 0.0)
    for scores in forms.values():
        squares += float(np.var(scores)) * len(scores)
        df += len(scores) - 1
    return squares / df if df else 0.0


def _fit(item: Sequence[Coded], factors: Sequence[str]) -> dict[str, float]:
    """Factor -> mean squared effect less its error, of one item."""
    y = _scores(item)
    columns: list[FloatArray] = [np.ones(len(y))]
    places: dict[str, slice] = {}
    at = 1
    for name in factors:
        levels = levels_of(item, name)
        if len(levels) < 2:
            continue
        own = np.array([levels.index(_level(one, name)) for one in item])
        last = len(levels) - 1
        columns += [(own == j).astype(np.float64) - (own == last) for j in range(last)]
        places[name] = slice(at, at + len(levels) - 1)
        at += len(levels) - 1
    x = np.column_stack(columns)
    df = len(y) - np.linalg.matrix_rank(x)
    if df <= 0 or np.linalg.matrix_rank(x) < x.shape[1]:
        return {}
    inverse: FloatArray = np.linalg.inv(x.T @ x).astype(np.float64)
    beta = inverse @ x.T @ y
    noise = float(((y - x @ beta) ** 2).sum() / df)
    return {name: _moment(beta[s], inverse[s, s], noise) for name, s in places.items()}


def _moment(effects: FloatArray, inverse: FloatArray, noise: float) -> float:
    """Variance of the levels' effects (divisor levels - 1), less its expectation from noise."""
    n = len(effects)
    whole = np.vstack([np.eye(n), -np.ones(n)])  # the last level's effect is minus the others' sum
    squares = float(((whole @ effects) ** 2).sum())
    expected = noise * float(np.trace(whole @ inverse @ whole.T))
    return (squares - expected) / n


def _shifts(
    by_item: Mapping[str, Sequence[Coded]], instrument: Instrument, resampling: Resampling
) -> Iterable[Shift]:
    names = list(by_item)
    weights = weight_table(instrument, names)
    everything = [one for item in by_item.values() for one in item]
    rng = np.random.default_rng(resampling.seed)
    n = len(names)
    times = (
        rng.multinomial(n, np.full(n, 1 / n), size=resampling.n_resamples).astype(float)
        if n
        else np.zeros((0, 0))
    )
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
            scores = _scores(one for one in answers if _level(one, factor) == level)
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
            low, high = interval(drawn, resampling.level)
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
        y = _scores(ordered)
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
    means = np.array([_scores(answers).mean() for answers in by_item.values()])
    if not ({-1.0, 1.0} <= set(signs.tolist())):
        return Estimate(float("nan"), float("nan"), float("nan"))
    rng = np.random.default_rng(resampling.seed)
    sides = [means[signs == sign] for sign in (-1, 1)]
    drawn = [
        side[rng.integers(0, len(side), (resampling.n_resamples, len(side)))].mean(axis=1)
        for side in sides
    ]
    low, high = interval((drawn[0] + drawn[1]) / 2, resampling.level)
    return Estimate(float((sides[0].mean() + sides[1].mean()) / 2), low, high)


def _ratio(top: FloatArray, bottom: FloatArray, resampling: Resampling) -> Estimate:
    if not len(top) or bottom.sum() == 0:
        return Estimate(float("nan"), float("nan"), float("nan"))
    rng = np.random.default_rng(resampling.seed)
    n = len(top)
    times = rng.multinomial(n, np.full(n, 1 / n), size=resampling.n_resamples)
    with np.errstate(invalid="ignore", divide="ignore"):
        drawn = (times @ top) / (times @ bottom)
    low, high = interval(drawn, resampling.level)
    return Estimate(float(top.sum() / bottom.sum()), low, high)
