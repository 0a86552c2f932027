"""Components of the variance of scores: between items, by each factor of the form, and sampling.

Per item a least-squares fit with sum-to-zero effects for every factor of the form. A factor's
component is the mean squared effect over its levels less what sampling alone would give (the method
of moments; Searle, Casella & McCulloch 1992, ch. 4), averaged over items: it holds shifts common to
all items and those of single items. ``item`` is the variance between items' means, ``sample`` the
variance of answers to one form.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from manyvoices.analyse.table import FloatArray
from manyvoices.evaluate.stances.answers import Coded
from manyvoices.evaluate.stances.plan import FACTORS


def components(items: Sequence[Sequence[Coded]]) -> dict[str, float]:
    """``item``, each factor with two levels or more, ``sample`` -> variance of scores."""
    everything = [one for item in items for one in item]
    factors = [name for name in FACTORS if len(levels_of(everything, name)) > 1]
    means = [float(scores_of(item).mean()) for item in items]
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
    y = scores_of(item)
    columns: list[FloatArray] = [np.ones(len(y))]
    places: dict[str, slice] = {}
    at = 1
    for name in factors:
        levels = levels_of(item, name)
        if len(levels) < 2:
            continue
        own = np.array([levels.index(level_of(one, name)) for one in item])
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


def scores_of(answers: Iterable[Coded]) -> FloatArray:
    """(n_answers,) scores of answers that gave an option."""
    return np.array([one.score for one in answers], dtype=np.float64)


def levels_of(answers: Iterable[Coded], factor: str) -> list[str]:
    """Levels of a factor as texts, in the order of their first answer."""
    return list(dict.fromkeys(level_of(one, factor) for one in answers))


def level_of(one: Coded, factor: str) -> str:
    """The level of one answer as a text; an order by its places."""
    value = getattr(one.form, factor)
    if factor == "order":
        return "".join(f"{place + 1:x}" for place in value) or "none"
    return str(value)
