"""Does an instrument measure one thing per axis? What people's answers say of it.

Cronbach's alpha (Psychometrika 16, 1951), corrected item-rest correlations, and how the axes go
together. Items are turned so that agreeing counts for the high end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.table import FloatArray
from manyvoices.evaluate.stances.instrument import Instrument
from manyvoices.evaluate.stances.intervals import interval
from manyvoices.evaluate.stances.scoring import weight_table

LEAST = 3
"""People and items without which nothing is said."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """Of one axis."""

    axis: str
    n_people: int
    """Who answered every item of the axis."""
    alpha: float
    low: float
    high: float
    """Interval from redrawn people."""
    items: tuple[tuple[str, float, float], ...]
    """(item, correlation with the sum of the others, alpha without it)."""


def reliability(
    persons: FloatArray, instrument: Instrument, resampling: Resampling
) -> tuple[Reliability, ...]:
    """Of every axis with three items and three people or more; `persons`: (n_people, n_items)."""
    found = []
    weights = weight_table(instrument, [item.id for item in instrument.items])
    for j, axis in enumerate(instrument.axes):
        own = np.flatnonzero(weights[:, j])
        scores = persons[:, own] * weights[own, j]
        whole = scores[~np.isnan(scores).any(axis=1)]
        if len(own) < LEAST or len(whole) < LEAST:
            continue
        low, high = interval(_redrawn(whole, resampling), resampling.level)
        names = [instrument.items[i].id for i in own]
        rows = tuple((name, *_item(whole, i)) for i, name in enumerate(names))
        found.append(Reliability(axis, len(whole), alpha(whole), low, high, rows))
    return tuple(found)


def alpha(scores: FloatArray) -> float:
    """Cronbach's alpha of (n_people, n_items); NaN where the sums do not vary."""
    k = scores.shape[1]
    total = float(scores.sum(axis=1).var(ddof=1))
    if k < 2 or total == 0:
        return float("nan")
    return float(k / (k - 1) * (1 - scores.var(axis=0, ddof=1).sum() / total))


def _item(scores: FloatArray, i: int) -> tuple[float, float]:
    rest = np.delete(scores, i, axis=1)
    one, others = scores[:, i], rest.sum(axis=1)
    varies = one.std() > 0 and others.std() > 0
    return (float(np.corrcoef(one, others)[0, 1]) if varies else float("nan"), alpha(rest))


def _redrawn(scores: FloatArray, resampling: Resampling) -> FloatArray:
    rng = np.random.default_rng(resampling.seed)
    n = len(scores)
    return np.array([alpha(scores[rng.integers(0, n, n)]) for _ in range(resampling.n_resamples)])
