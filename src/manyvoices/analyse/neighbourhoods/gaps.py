"""How far two scores of one thing lie apart, with intervals over the people who gave them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from manyvoices.aggregate.intervals import of_known
from manyvoices.analyse.resampling import Resampling, cluster_means
from manyvoices.analyse.table import FloatArray, IntArray

_CELLS_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True)
class Gap:
    """Mean |a - b| over the pairs of scores of one site, then over sites.

    Unlike a range it does not grow with the number of scores, so sites of any size compare.
    """

    mean: float
    low: float
    """Interval from resampling people."""
    high: float
    n_sites: int
    """Sites with two scores or more."""
    n_people: int
    """Different people who gave them."""


def site_gaps(site: IntArray, score: FloatArray, n_sites: int) -> FloatArray:
    """Mean |a - b| over the pairs of each site, (n_sites,); NaN below two scores."""
    ones = np.ones((1, len(site)))
    pairs, sums = _weighted(site, score, ones, n_sites)
    with np.errstate(invalid="ignore"):
        gaps: FloatArray = (sums / pairs)[0]
    return gaps


def gap_between(
    site: IntArray, person: IntArray, score: FloatArray, n_sites: int, resampling: Resampling
) -> Gap:
    """Differences between people: one score per person and site, (n,) each.

    A resample draws people, not sites: somebody drawn twice counts twice in each of their sites,
    and a pair as often as the product of its two. Its value is the sum over sites of mean pair
    differences over the sum of mean pair weights, which for the release itself is the mean over
    sites. Source: the bootstrap of a U-statistic over its units (Bickel & Freedman, Annals of
    Statistics 9 (1981)); nobody is paired with their own copy.
    """
    # A site with one score has no pair.
    several = (np.bincount(site, minlength=n_sites) > 1)[site]
    site, person, score = site[several], person[several], score[several]
    _, site = np.unique(site, return_inverse=True)
    _, person = np.unique(person, return_inverse=True)
    n_sites, n_people = int(site.max(initial=-1)) + 1, int(person.max(initial=-1)) + 1
    nan = float("nan")
    if not n_sites:
        return Gap(nan, nan, nan, 0, 0)
    size = np.bincount(site)
    share = 2 / (size * (size - 1))
    rng = np.random.default_rng(resampling.seed)
    drawn: list[FloatArray] = []
    at_once = max(1, _CELLS_AT_ONCE // len(site))
    for start in range(0, resampling.n_resamples, at_once):
        rows = min(at_once, resampling.n_resamples - start)
        weights = rng.multinomial(n_people, np.full(n_people, 1 / n_people), size=rows)
        pairs, sums = _weighted(site, score, weights[:, person].astype(np.float64), n_sites)
        with np.errstate(invalid="ignore"):
            drawn.append((sums @ share) / (pairs @ share))
    low, high = of_known(np.concatenate(drawn) if drawn else np.empty(0), resampling.level)
    mean = float(site_gaps(site, score, n_sites).mean())
    return Gap(mean, low, high, n_sites, n_people)


def gap_within(
    site: IntArray, person: IntArray, score: FloatArray, n_sites: int, resampling: Resampling
) -> Gap:
    """Differences within people: each site is one person's, who is resampled with all of theirs."""
    gaps, owner = site_gaps(site, score, n_sites), np.zeros(n_sites, dtype=np.int64)
    owner[site] = person
    nothing = np.zeros(n_sites, dtype=np.int64)
    found = cluster_means(gaps, nothing, owner, n_groups=1, resampling=resampling)
    low, high = float(found.low[0]), float(found.high[0])
    return Gap(float(found.mean[0]), low, high, n_sites, len(np.unique(person)))


def mean_difference(scores: FloatArray) -> float:
    """Mean |a - b| over all pairs (Gini's mean difference); NaN below two scores."""
    return float(site_gaps(np.zeros(len(scores), dtype=np.int64), scores, 1)[0])


def _weighted(
    site: IntArray, score: FloatArray, weights: FloatArray, n_sites: int
) -> tuple[FloatArray, FloatArray]:
    """Pairs and summed |a - b| of each site, (n_draws, n_sites), each pair by its weights' product.

    Scores in order: each is greater than those before it, so that sums need no pairs written out.
    weights: (n_draws, n).
    """
    order = np.lexsort((score, site))
    site, score, weights = site[order], score[order], weights[:, order]
    ends = np.cumsum(np.bincount(site, minlength=n_sites))
    starts = np.r_[0, ends[:-1]].astype(np.int64)
    before = _before(weights, starts[site])
    below = _before(weights * score, starts[site])
    pairs = _per_site(weights * before, ends, starts)
    return pairs, _per_site(weights * (score * before - below), ends, starts)


def _before(values: FloatArray, start: IntArray) -> FloatArray:
    """Sum of the values of the same site that stand before each, (n_draws, n)."""
    sums = _summed(values)
    return sums[:, :-1] - sums[:, start]


def _per_site(values: FloatArray, ends: IntArray, starts: IntArray) -> FloatArray:
    sums = _summed(values)
    return sums[:, ends] - sums[:, starts]


def _summed(values: FloatArray) -> FloatArray:
    """(n_draws, n + 1): sums of the first 0, 1, ... values."""
    sums = np.zeros((len(values), values.shape[1] + 1))
    np.cumsum(values, axis=1, out=sums[:, 1:])
    return sums
