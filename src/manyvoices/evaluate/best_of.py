"""Best-of-n: how good is the reply that a model picks among n, by people's own order of them?

Of a group of k ranked replies, n are drawn without replacement and the highest score is picked. The
expectation over all draws is a sum, so nothing is simulated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from manyvoices.analyse.resampling import Resampling
from manyvoices.train.reward.measure import Measure, mean_measure
from manyvoices.train.views import ReplyGroup

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Choosers:
    """A group, and what each chooser thinks of its replies."""

    group: ReplyGroup
    scores: Mapping[str, Sequence[float]]
    """Chooser -> score per reply; equal scores choose at random."""
    cluster: str
    """What is resampled: the tree, or the rater."""


def chances(scores: Sequence[float], n: int) -> FloatArray:
    """(k,) chance of each reply to be picked among `n` random ones of the k, ties at random.

    With L lower scores and t equal ones the highest of a draw is one of the t in
    ``C(L + t, n) - C(L, n)`` of ``C(k, n)`` draws.
    """
    values = np.asarray(scores, np.float64)
    k = len(values)
    found = np.zeros(k)
    for value in np.unique(values):
        tied = values == value
        lower = int((values < value).sum())
        t = int(tied.sum())
        found[tied] = (comb(lower + t, n) - comb(lower, n)) / comb(k, n) / t
    return found


def places(group: ReplyGroup) -> FloatArray:
    """(k,) 1 is best; tied replies have their mean place."""
    ranked: FloatArray = rankdata(group.ranks, method="average").astype(np.float64)
    return ranked


def beaten(group: ReplyGroup) -> FloatArray:
    """(k,) share of the other replies that are worse, ties half: comparable over sizes."""
    return (len(group.ranks) - places(group)) / (len(group.ranks) - 1)


def best_of(
    groups: Sequence[Choosers], n: int, resampling: Resampling
) -> dict[str, dict[str, Measure]]:
    """What is picked among `n`, by measure and chooser, over groups of at least `n` replies.

    Returns:
        ``place`` (1 is best), ``beaten`` (share of the other replies) and, where raters gave
        scores, ``score``; each for every chooser, for ``random`` and for ``best`` (who knows the
        order), with ``gain``: how much better the first chooser does than random choice, and
        ``over NAME``: than each other chooser, on the same draws of clusters. Positive is better.
    """
    large = [one for one in groups if len(one.group.ranks) >= n]
    scored = [one for one in large if one.group.scores is not None]
    found: dict[str, dict[str, Measure]] = {}
    if large:
        found["place"] = _measured(large, n, places, -1.0, resampling)
        found["beaten"] = _measured(large, n, beaten, 1.0, resampling)
    if scored:
        found["score"] = _measured(scored, n, _given, 1.0, resampling)
    return found


def _given(group: ReplyGroup) -> FloatArray:
    return np.asarray(group.scores, np.float64)


def _measured(
    groups: Sequence[Choosers],
    n: int,
    value: Callable[[ReplyGroup], FloatArray],
    sign: float,
    resampling: Resampling,
) -> dict[str, Measure]:
    codes = np.unique([one.cluster for one in groups], return_inverse=True)[1].astype(np.int64)
    worth = [value(one.group) for one in groups]

    def picked(scores: Callable[[Choosers], Sequence[float]]) -> FloatArray:
        pairs = zip(groups, worth, strict=True)
        return np.array([chances(scores(one), n) @ values for one, values in pairs])

    names = list(groups[0].scores)
    found = {name: picked(lambda one, name=name: one.scores[name]) for name in names}  # type: ignore[misc]
    found["random"] = np.array([values.mean() for values in worth])
    found["best"] = picked(lambda one: [-rank for rank in one.group.ranks])
    first = found[names[0]]
    found["gain"] = sign * (first - found["random"])
    for name in names[1:]:
        found[f"over {name}"] = sign * (first - found[name])
    return {name: mean_measure(values, codes, resampling) for name, values in found.items()}
