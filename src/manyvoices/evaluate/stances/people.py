"""People's answers on the same axes: positions of groups, and what they say of the instrument."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.table import FloatArray
from manyvoices.evaluate.stances.instrument import Instrument
from manyvoices.evaluate.stances.reference import Group, Reference
from manyvoices.evaluate.stances.reliability import reliability
from manyvoices.evaluate.stances.scoring import interval, place, weight_table


def of_people(people: Reference, instrument: Instrument, drawn: Resampling) -> dict[str, Any]:
    """Groups with positions, and reliability where there are single people."""
    found = () if people.persons is None else reliability(people.persons, instrument, drawn)
    return {
        "groups": [
            {
                "name": group.name,
                "n_people": group.n_people,
                "n_effective": float(group.effective.max()),
                "counts": group.counts.tolist(),
                **group_position(group, instrument, drawn),
            }
            for group in people.groups
        ],
        "reliability": [asdict(one) for one in found],
        "axes_together": _together(people, instrument),
    }


def group_position(group: Group, instrument: Instrument, drawn: Resampling) -> dict[str, Any]:
    """Position of a group from its shares of answers; draws redraw items, and within them answers.

    Answers to different items are drawn apart, so what one person says to two items is not kept
    together: intervals of large groups are those over items.
    """
    answered = group.counts.sum(axis=1) > 0
    counts, effective = group.counts[answered], group.effective[answered]
    scores = np.asarray(instrument.scores)
    shares = counts / counts.sum(axis=1, keepdims=True)
    weights = weight_table(instrument, [item.id for item in instrument.items])[answered]
    values = place(shares @ scores, weights)
    draws = _draws(shares, effective, scores, weights, drawn)
    axes = {}
    for j, axis in enumerate(instrument.axes):
        low, high = interval(draws[:, j], drawn.level)
        axes[axis] = {"value": float(values[j]), "low": low, "high": high}
    whole = draws[~np.isnan(draws).any(axis=1)]
    covariance = np.atleast_2d(np.cov(whole, rowvar=False)).tolist() if len(whole) > 1 else None
    return {"axes": axes, "covariance": covariance}


def _draws(
    shares: FloatArray,
    effective: FloatArray,
    scores: FloatArray,
    weights: FloatArray,
    drawn: Resampling,
) -> FloatArray:
    rng = np.random.default_rng(drawn.seed)
    n, r = len(shares), drawn.n_resamples
    if n == 0 or r == 0:
        return np.full((0, weights.shape[1]), np.nan)
    means = np.empty((r, n))
    for i in range(n):
        size = max(1, round(float(effective[i])))
        means[:, i] = rng.multinomial(size, shares[i] / shares[i].sum(), size=r) @ scores / size
    times = rng.multinomial(n, np.full(n, 1 / n), size=r)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: FloatArray = ((times * means) @ weights) / (times @ np.abs(weights))
    return found


def _together(people: Reference, instrument: Instrument) -> dict[str, float] | None:
    """Correlation of people's places on each two axes; None without single people."""
    if people.persons is None:
        return None
    weights = weight_table(instrument, [item.id for item in instrument.items])
    whole = people.persons[~np.isnan(people.persons).any(axis=1)]
    names = list(instrument.axes)
    if len(whole) < 3 or len(names) < 2:
        return None
    found = np.corrcoef(place(whole, weights), rowvar=False)
    return {
        f"{a} and {b}": float(found[i, j])
        for i, a in enumerate(names)
        for j, b in enumerate(names)
        if i < j
    }
