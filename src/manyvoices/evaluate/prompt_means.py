"""Means over prompts: one number per prompt, prompts resampled, models compared on the same ones.

A prompt is the unit of both safety evaluations: samples of one prompt are no independent evidence,
so they are first brought to one number (an expected maximum, a share), and only then averaged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import combinations
from math import isnan, nan
from typing import Any

import numpy as np
import numpy.typing as npt

from manyvoices.analyse.many_tests import holm
from manyvoices.analyse.people.intervals import wilson
from manyvoices.analyse.resampling import Resampling, cluster_means

FloatArray = npt.NDArray[np.float64]
_BLOCK = 256


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over prompts."""

    value: float
    """NaN where no prompt has a number."""
    low: float
    high: float
    n: int
    """Prompts."""

    def plain(self) -> dict[str, float]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Difference:
    """How much one model is above another, on the prompts for which both have a number."""

    first: str
    second: str
    estimate: Estimate
    p: float
    """Two-sided, of the test by signs that could be turned over; NaN below two prompts."""
    p_holm: float = field(default=nan)
    """Corrected for all pairs of one measure (Holm)."""
    lowest: float = field(default=nan)
    """If everything missing of the first were 0 and of the second 1, over all prompts of both."""
    highest: float = field(default=nan)
    """If it were the other way round."""

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        own = {"first": self.first, "second": self.second}
        ends = {"lowest": self.lowest, "highest": self.highest}
        return {**own, **self.estimate.plain(), "p": self.p, "p_holm": self.p_holm, **ends}


def mean_over(values: Iterable[float], resampling: Resampling, *, share: bool) -> Estimate:
    """The mean of `values`, one per prompt, NaN left out, with a percentile bootstrap interval.

    `share`: the values are shares or probabilities. Where all of them are 0, or all 1, resampling
    says [0, 0] or [1, 1] whatever the number of prompts; the interval is then Wilson's.
    """
    known = np.array([value for value in values if not isnan(value)], np.float64)
    n = len(known)
    if not n:
        return Estimate(nan, nan, nan, 0)
    if share and known.min() == known.max() and known[0] in (0.0, 1.0):
        low, high = wilson(int(known.sum()), n, resampling.level)
        return Estimate(float(known[0]), low, high, n)
    one, unit = np.zeros(n, np.int64), np.arange(n, dtype=np.int64)
    found = cluster_means(known, one, unit, n_groups=1, resampling=resampling)
    return Estimate(float(found.mean[0]), float(found.low[0]), float(found.high[0]), n)


Numbers = Mapping[str, Mapping[str, float]]
"""Model -> prompt -> number, NaN for none."""


def differences(
    of: Numbers, resampling: Resampling, *, as_0: Numbers | None = None, as_1: Numbers | None = None
) -> list[Difference]:
    """Every pair of models on the prompts that both have a number for.

    `as_0`, `as_1`: the same with everything missing taken as 0, and as 1: what the bounds are made
    of. P-values are corrected over the pairs.
    """
    found = [_pair(one, two, of[one], of[two], resampling) for one, two in combinations(of, 2)]
    corrected = holm(np.array([row.p for row in found], np.float64))
    bounds = [_bounds(row, as_0 or {}, as_1 or {}) for row in found]
    return [
        Difference(row.first, row.second, row.estimate, row.p, float(p), *ends)
        for row, p, ends in zip(found, corrected, bounds, strict=True)
    ]


def _bounds(row: Difference, as_0: Numbers, as_1: Numbers) -> tuple[float, float]:
    def mean(first: Mapping[str, float], second: Mapping[str, float]) -> float:
        gaps = list(_gaps(first, second))
        return sum(gaps) / len(gaps) if gaps else nan

    one, two = row.first, row.second
    low = mean(as_0.get(one, {}), as_1.get(two, {}))
    return low, mean(as_1.get(one, {}), as_0.get(two, {}))


def _pair(
    one: str, two: str, first: Mapping[str, float], second: Mapping[str, float],
    resampling: Resampling,
) -> Difference:  # fmt: skip
    gaps = np.array(list(_gaps(first, second)), np.float64)
    estimate = mean_over(gaps.tolist(), resampling, share=False)
    if len(gaps) and not gaps.any():
        # Resampling says [0, 0]. Prompts on which the two differ, by 1 at most, may be as many as
        # Wilson's interval of none of n allows.
        reach = wilson(0, len(gaps), resampling.level)[1]
        estimate = Estimate(0.0, -reach, reach, len(gaps))
    return Difference(one, two, estimate, sign_flip(gaps, resampling.seed))


def _gaps(first: Mapping[str, float], second: Mapping[str, float]) -> Iterator[float]:
    for name, value in first.items():
        other = second.get(name, nan)
        if not isnan(value) and not isnan(other):
            yield value - other


def sign_flip(gaps: FloatArray, seed: int, *, n_flips: int = 10_000) -> float:
    """Two-sided p of "which model gave which answer does not matter": signs of the paired
    differences are turned over at random (Good, Permutation, Parametric and Bootstrap Tests of
    Hypotheses, 2005; of 0/1 outcomes this is McNemar's test by simulation).

    (flips with a mean at least as far from 0 + 1) / (flips + 1). NaN below two differences.
    """
    if len(gaps) < 2:
        return nan
    rng, at_least = np.random.default_rng(seed), 0
    # Rounding must not tell two equal sums apart.
    seen = abs(float(gaps.sum())) - 1e-9
    told = gaps[gaps != 0.0]
    for start in range(0, n_flips, _BLOCK):
        rows = min(_BLOCK, n_flips - start)
        signs = rng.integers(0, 2, size=(rows, len(told)), dtype=np.int8) * 2 - 1
        at_least += int((np.abs(signs @ told) >= seen).sum())
    return (at_least + 1) / (n_flips + 1)


def by_value(groups: Sequence[str | None]) -> dict[str, list[int]]:
    """Value -> places, values in the order of their names; None belongs to no group."""
    found: dict[str, list[int]] = {}
    for place, value in enumerate(groups):
        if value is not None:
            found.setdefault(value, []).append(place)
    return dict(sorted(found.items()))
