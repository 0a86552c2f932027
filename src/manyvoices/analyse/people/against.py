"""Is a sample like a population? Differences level by level, and one test for all of them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import gammaincc

from manyvoices.analyse.many_tests import holm
from manyvoices.analyse.people.intervals import difference, wilson
from manyvoices.analyse.people.reference import Margin
from manyvoices.analyse.table import FloatArray

N_DRAWS = 10_000
"""Samples drawn from the population: a p-value of .05 is then known to .004."""


@dataclass(frozen=True, slots=True)
class Level:
    """One group: here, and in the population."""

    label: str
    n: int
    share: float
    low: float
    high: float
    """Wilson interval of the share."""
    reference: float
    difference: float
    """Share less share of the population, -1 to 1."""
    difference_low: float
    difference_high: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """One column of the survey against one population."""

    column: str
    population: str
    n: int
    """People with a level that the population has too; the shares are of these."""
    n_outside: int
    """People with no answer, or with one that the population has no level for."""
    n_reference: int | None
    levels: tuple[Level, ...]
    chi2: float
    df: int
    p: float
    p_holm: float
    """`p` after Holm's correction for all comparisons of the chapter."""
    simulated: bool
    """Whether `p` is from draws: some expected count is below 5."""
    w: float
    """Cohen's w: .1 small, .3 medium, .5 large (Cohen 1988, ch. 7)."""
    distance: float
    """Total variation distance: the share of people who would have to be others."""
    distance_by_chance: float
    """What a random sample of this size from the population would have, on average."""
    distance_limit: float
    """What 95% of such samples stay below."""
    notes: tuple[str, ...] = ()

    @property
    def furthest(self) -> Level:
        """The level that is furthest off."""
        return max(self.levels, key=lambda level: abs(level.difference))


def compare(
    answers: Iterable[str | None], margin: Margin, *, level: float = 0.95, seed: int = 0
) -> Comparison:
    """Hold people's answers, one each, against a margin.

    Chi-square test of goodness of fit; of homogeneity where the margin is a sample itself. Where
    an expected count is below 5 the p-value is the share of `N_DRAWS` samples drawn from the
    population (from both samples together) that are as far off, counting the one at hand
    (Davison & Hinkley 1997, 4.2).
    """
    counts = Counter(answers)
    names = list(margin.shares)
    seen = np.array([counts[name] for name in names], dtype=np.float64)
    shares = np.array([margin.shares[name] for name in names])
    n = int(seen.sum())
    chi2, df, w, lowest = _chi2(seen, shares, margin.n)
    distance = 0.5 * float(np.abs(seen / n - shares).sum()) if n else math.nan
    drawn_chi2, drawn_distance = _draws(seen, shares, margin.n, np.random.default_rng(seed))
    simulated = lowest < 5
    p = float(gammaincc(df / 2, chi2 / 2)) if df else 1.0
    if simulated and n:
        # A tolerance, so that draws equal to the sample count as equal whatever the rounding.
        p = (1 + int((drawn_chi2 >= chi2 - 1e-9).sum())) / (1 + len(drawn_chi2))
    return Comparison(
        column=margin.column,
        population=margin.population,
        n=n,
        n_outside=counts.total() - n,
        n_reference=margin.n,
        levels=tuple(
            _level(name, counts[name], n, margin.shares[name], margin.n, level) for name in names
        ),
        chi2=chi2,
        df=df,
        p=p if n else math.nan,
        p_holm=p if n else math.nan,
        simulated=simulated,
        w=w,
        distance=distance,
        distance_by_chance=float(drawn_distance.mean()) if n else math.nan,
        distance_limit=float(np.quantile(drawn_distance, 0.95)) if n else math.nan,
        notes=margin.notes,
    )


def corrected(comparisons: Sequence[Comparison]) -> tuple[Comparison, ...]:
    """The comparisons with p-values corrected for their number (`holm`)."""
    p = holm(np.array([one.p for one in comparisons], dtype=float)).tolist()
    pairs = zip(comparisons, p, strict=True)
    return tuple(replace(one, p_holm=adjusted) for one, adjusted in pairs)


def _level(
    name: str, k: int, n: int, reference: float, n_reference: int | None, level: float
) -> Level:
    low, high = wilson(k, n, level)
    share = k / n if n else math.nan
    less, more = difference(k, n, reference, n_reference, level)
    return Level(name, k, share, low, high, reference, share - reference, less, more)


def _expected(seen: FloatArray, shares: FloatArray, n_reference: int | None) -> FloatArray:
    """Shares expected under "alike"."""
    if n_reference is None:
        return shares
    pooled: FloatArray = (seen + shares * n_reference) / (seen.sum() + n_reference)
    return pooled


def _chi2(
    seen: FloatArray, shares: FloatArray, n_reference: int | None
) -> tuple[float, int, float, float]:
    """Statistic, degrees of freedom, Cohen's w, lowest expected count."""
    n = seen.sum()
    under = _expected(seen, shares, n_reference)
    kept = under > 0
    if not n or kept.sum() < 2:
        return 0.0, 0, 0.0, math.inf
    chi2 = (
        math.inf
        if seen[~kept].any()
        else float(_statistic(seen[None], under, n_reference, shares)[0])
    )
    total = n + (n_reference or 0)
    lowest = float(under[kept].min() * min(n, n_reference or n))
    return chi2, int(kept.sum()) - 1, math.sqrt(chi2 / total), lowest


def _statistic(
    seen: FloatArray, under: FloatArray, n_reference: int | None, shares: FloatArray
) -> FloatArray:
    """Chi-square of each row of `seen` (draws, levels)."""
    kept = under > 0
    expected = seen.sum(axis=1, keepdims=True) * under[kept]
    chi2: FloatArray = ((seen[:, kept] - expected) ** 2 / expected).sum(axis=1)
    if n_reference is not None:
        theirs = n_reference * under[kept]
        chi2 = chi2 + ((n_reference * shares[kept] - theirs) ** 2 / theirs).sum()
    return chi2


def _draws(
    seen: FloatArray, shares: FloatArray, n_reference: int | None, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Chi-square and distance of samples for which "alike" holds."""
    n = int(seen.sum())
    if not n:
        return np.zeros(1), np.zeros(1)
    under = _expected(seen, shares, n_reference)
    ours = rng.multinomial(n, under, size=N_DRAWS).astype(np.float64)
    if n_reference is None:
        distance: FloatArray = 0.5 * np.abs(ours / n - shares).sum(axis=1)
        return _statistic(ours, under, None, shares), distance
    theirs = rng.multinomial(n_reference, under, size=N_DRAWS).astype(np.float64)
    pooled = (ours + theirs) / (n + n_reference)
    with np.errstate(invalid="ignore", divide="ignore"):
        parts = (ours - n * pooled) ** 2 / (n * pooled)
        parts += (theirs - n_reference * pooled) ** 2 / (n_reference * pooled)
    distance = 0.5 * np.abs(ours / n - theirs / n_reference).sum(axis=1)
    return np.nansum(parts, axis=1), distance
