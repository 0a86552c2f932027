"""People's answers on the same axes: positions of groups, and what they say of the instrument."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.table import FloatArray, IntArray
from manyvoices.evaluate.stances.instrument import Instrument
from manyvoices.evaluate.stances.intervals import of_places, shared_variance
from manyvoices.evaluate.stances.reference import Group, Reference
from manyvoices.evaluate.stances.reliability import reliability
from manyvoices.evaluate.stances.scoring import (
    covariance_of,
    place,
    redrawn_places,
    weight_table,
)


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
    """Position of a group from its shares of answers. An interval redraws items, each with its
    answers, and adds what the same people share over items where single people are known."""
    answered = np.flatnonzero(group.counts.sum(axis=1) > 0)
    counts, scores = group.counts[answered], np.asarray(instrument.scores)
    means = counts @ scores / counts.sum(axis=1)
    weights = weight_table(instrument, [item.id for item in instrument.items])[answered]
    values = place(means, weights)
    axes = {}
    for j, axis in enumerate(instrument.axes):
        own = weights[:, j] != 0
        weight, items = weights[own, j], answered[own]
        shared = _shared(group, means[own], weight, items, scores)
        turned = means[own] * np.sign(weight)
        low, high = of_places(turned, np.abs(weight), drawn, shared=shared)
        axes[axis] = {"value": float(values[j]), "low": low, "high": high}
    covariance = covariance_of(redrawn_places(means, weights, drawn))
    return {"axes": axes, "covariance": covariance}


def _shared(
    group: Group, means: FloatArray, weight: FloatArray, items: IntArray, scores: FloatArray
) -> float:
    """Variance of an axis' position from what people share over `items`."""
    if group.singles is None or not len(items):
        return 0.0
    share = weight * len(items) / np.abs(weight).sum()
    return shared_variance(
        group.singles.influence((scores - means[:, None]) * share[:, None], items)
    )


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
