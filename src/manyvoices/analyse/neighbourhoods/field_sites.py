"""Where nearly the same prompt met nearly the same answer, and how its scores differ (Table 24)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.neighbourhoods.finding import count_different
from manyvoices.analyse.neighbourhoods.gaps import Gap, gap_between
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.table import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Spread:
    """A number that each site has, over all sites. NaN where there are none."""

    mean: float
    sd: float
    """With n - 1."""
    low: float
    """The smallest."""
    high: float
    """The largest."""


@dataclass(frozen=True, slots=True)
class FieldSites:
    """A column of PRISM's Table 24."""

    threshold: float
    n: int
    ratings: Spread
    raters: Spread
    models: Spread
    providers: Spread
    score_range: Spread
    """Greatest minus smallest of the people's mean scores (of all scores, as PRISM has it, where
    `min_raters` is 1)."""
    gap: Gap


@dataclass(frozen=True, slots=True, eq=False)
class Ratings:
    """Scores of opening answers, (n,) each; codes are any integers."""

    person: IntArray
    model: IntArray
    provider: IntArray
    score: FloatArray


def field_sites(
    threshold: float,
    prompts: IntArray,
    answers: IntArray,
    ratings: Ratings,
    *,
    min_raters: int = 2,
    resampling: Resampling | None = None,
) -> FieldSites:
    """Cross neighbourhoods of prompts with groups of answers.

    Source: PRISM, appendix S.4. Its code keeps sites that one person alone rated (``min_raters=1``
    does); a difference between people needs two, so that is our default, and each person counts
    with their mean.

    Args:
        threshold: At which both were linked.
        prompts: (n,) neighbourhood of each answer's prompt; -1 = in none.
        answers: (n,) group of each answer.
        ratings: (n,) who rated which model how.
        min_raters: Different people that a site needs.
        resampling: Of the interval.
    """
    inside = np.flatnonzero(prompts >= 0)
    pairs = np.stack([prompts[inside], answers[inside]])
    site = np.full(len(prompts), -1, dtype=np.int64)
    n_sites = 0
    if len(inside):
        _, site[inside] = np.unique(pairs, axis=1, return_inverse=True)
        n_sites = int(site.max()) + 1
    site = _kept(site, n_sites, ratings.person, min_raters)
    rows, n_sites = np.flatnonzero(site >= 0), int(site.max(initial=-1)) + 1
    site = site[rows]
    scores = ratings.score[rows]
    people, means, owner = person_means(site, ratings.person[rows], scores)
    ranges = (
        ranges_of(site, scores, n_sites) if min_raters < 2 else ranges_of(owner, means, n_sites)
    )
    return FieldSites(
        threshold=threshold,
        n=n_sites,
        ratings=spread(np.bincount(site, minlength=n_sites)),
        raters=spread(count_different(site, ratings.person[rows], n_sites)),
        models=spread(count_different(site, ratings.model[rows], n_sites)),
        providers=spread(count_different(site, ratings.provider[rows], n_sites)),
        score_range=spread(ranges),
        gap=gap_between(owner, people, means, n_sites, resampling or Resampling()),
    )


def _kept(site: IntArray, n_sites: int, person: IntArray, min_raters: int) -> IntArray:
    """Sites with two ratings and enough people, renumbered; -1 for all other rows."""
    inside = site >= 0
    ratings = np.bincount(site[inside], minlength=n_sites)
    raters = count_different(site[inside], person[inside], n_sites)
    enough = (ratings > 1) & (raters >= min_raters)
    number = np.full(n_sites + 1, -1, dtype=np.int64)
    number[:-1][enough] = np.arange(int(enough.sum()))
    return number[site]


def person_means(
    site: IntArray, person: IntArray, score: FloatArray
) -> tuple[IntArray, FloatArray, IntArray]:
    """Each person's mean score in each site: person, mean and site, one row per pair."""
    if not len(site):
        return person, score, site
    (owner, who), cell = np.unique(np.stack([site, person]), axis=1, return_inverse=True)
    means: FloatArray = np.bincount(cell, weights=score) / np.bincount(cell)
    return who, means, owner


def ranges_of(site: IntArray, score: FloatArray, n_sites: int) -> FloatArray:
    """Greatest minus smallest score of each site, (n_sites,)."""
    top, bottom = np.full(n_sites, -np.inf), np.full(n_sites, np.inf)
    np.maximum.at(top, site, score)
    np.minimum.at(bottom, site, score)
    ranges: FloatArray = top - bottom
    return ranges


def spread(values: IntArray | FloatArray) -> Spread:
    """Mean, standard deviation and extremes."""
    if not len(values):
        return Spread(*[float("nan")] * 4)
    sd = float(values.std(ddof=1)) if len(values) > 1 else float("nan")
    return Spread(float(values.mean()), sd, float(values.min()), float(values.max()))
