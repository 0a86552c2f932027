"""Disagreement that survives a fixed context: the same answer to the same prompt, rated again.

PRISM found such repeats by chance (greetings, mostly): its section on field sites gives the mean
difference of two people's scores of one pair of texts, and of one person's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.table import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Repeats:
    """Pairs of scores of one text after one prompt, by two people or by one."""

    n_contexts: int
    """(prompt, answer) texts that somebody rated again."""
    n_pairs: int
    n_people: int
    mean_difference: float
    """Mean absolute difference of a pair, in points; each context counts the same. NaN where
    there is none, as all that follows."""
    low: float
    high: float
    """Interval over contexts, which share hardly any people."""
    half_square: float
    """Mean of half the squared difference: the variance that is left in a fixed context."""
    half_square_low: float
    half_square_high: float


@dataclass(frozen=True, slots=True)
class FixedContext:
    """The same, beside pairs that share nothing."""

    between: Repeats
    """Two people. Each person's scores of a context are averaged first, as PRISM did."""
    within: Repeats
    """One person, rating again."""
    any_difference: float
    """Mean absolute difference of two scores drawn from all."""
    variance: float
    """Of all scores (n - 1)."""

    @property
    def survives(self) -> float:
        """Share of the variance of all scores that two people still differ by; NaN if unknown."""
        return self.between.half_square / self.variance if self.variance else float("nan")

    @property
    def survives_interval(self) -> tuple[float, float]:
        """Interval of `survives`, the variance of all scores taken as known."""
        if not self.variance:
            return float("nan"), float("nan")
        low, high = self.between.half_square_low, self.between.half_square_high
        return low / self.variance, high / self.variance


def fixed_context(
    score: FloatArray,
    context: Sequence[object],
    person: IntArray,
    *,
    resampling: Resampling | None = None,
) -> FixedContext:
    """Compare scores of equal contexts: `score` (n,), `context` (n,) hashable, `person` (n,).

    Half the squared difference of two people in one context is the variance of everything that is
    not the context: people, their taste, and noise; of one person it is noise alone.
    """
    drawn = resampling or Resampling()
    number = {key: place for place, key in enumerate(dict.fromkeys(context))}
    code = np.array([number[key] for key in context], dtype=np.int64)
    repeated = np.flatnonzero(np.bincount(code, minlength=1)[code] > 1) if len(code) else code
    order = repeated[np.argsort(code[repeated], kind="stable")]
    ends = np.flatnonzero(np.diff(code[order])) + 1
    sites = np.split(order, ends) if len(order) else []
    return FixedContext(
        between=_summary([_between(score[s], person[s]) for s in sites], person, sites, drawn),
        within=_summary([_within(score[s], person[s]) for s in sites], person, sites, drawn),
        any_difference=_mean_difference(score),
        variance=float(score.var(ddof=1)) if len(score) > 1 else float("nan"),
    )


def _between(score: FloatArray, person: IntArray) -> FloatArray:
    """(pairs,) differences of the means of every two people."""
    _, who = np.unique(person, return_inverse=True)
    means = np.bincount(who, weights=score) / np.bincount(who)
    left, right = np.triu_indices(len(means), 1)
    return np.asarray(means[left] - means[right])


def _within(score: FloatArray, person: IntArray) -> FloatArray:
    left, right = np.triu_indices(len(score), 1)
    same = person[left] == person[right]
    return np.asarray((score[left] - score[right])[same])


def _summary(
    differences: list[FloatArray], person: IntArray, sites: list[IntArray], drawn: Resampling
) -> Repeats:
    found = [place for place, d in enumerate(differences) if len(d)]
    if not found:
        return Repeats(0, 0, 0, *[float("nan")] * 6)
    absolute = np.array([np.abs(differences[place]).mean() for place in found])
    square = np.array([(differences[place] ** 2).mean() / 2 for place in found])
    rng = np.random.default_rng(drawn.seed)
    times = rng.integers(0, len(found), (drawn.n_resamples, len(found)))
    return Repeats(
        len(found),
        sum(len(differences[place]) for place in found),
        len(np.unique(np.concatenate([person[sites[place]] for place in found]))),
        *_with_interval(absolute, times, drawn.level),
        *_with_interval(square, times, drawn.level),
    )


def _with_interval(values: FloatArray, times: IntArray, level: float) -> tuple[float, float, float]:
    if not len(times):
        return float(values.mean()), float("nan"), float("nan")
    low, high = np.quantile(values[times].mean(axis=1), [(1 - level) / 2, (1 + level) / 2])
    return float(values.mean()), float(low), float(high)


def _mean_difference(score: FloatArray) -> float:
    """Mean absolute difference over all pairs, from the sorted scores."""
    n = len(score)
    if n < 2:
        return float("nan")
    place = 2 * np.arange(1, n + 1) - n - 1
    return float(2 * (place @ np.sort(score)) / (n * (n - 1)))
