"""What is concluded in each universe, in how many of them, and which choice moves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr

from manyvoices.aggregate.agreement import taus
from manyvoices.analyse.multilevel import PeopleStats, fit_group
from manyvoices.analyse.multiverse.choices import Choice, Ratings
from manyvoices.analyse.multiverse.orders import Orders, kept_rows, scaled
from manyvoices.analyse.table import BoolArray, FloatArray, IntArray

EFFECT_HEARS = ("scale", "turns", "weight", "subset", "language", "people")
"""Choices that matter to a difference between groups; the others are about battles."""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A sentence that holds in some universes."""

    text: str
    share: float
    """Of the universes that can say."""
    by_default: bool
    n_unknown: int
    """Universes that cannot say."""


@dataclass(frozen=True, slots=True)
class Influence:
    """How far one choice moves the order."""

    choice: str
    label: str
    eta2: float
    """Share of the variance of tau (to the default's order) that lies between its levels."""
    levels: tuple[tuple[str, float], ...]
    """(level, mean tau of its universes)."""


@dataclass(frozen=True, slots=True, eq=False)
class GroupClaim:
    """One difference between groups in every universe; arrays (U,)."""

    text: str
    estimate: FloatArray
    """In points; scores normalised keep the spread of the raw ones. NaN where it cannot be had."""
    low: FloatArray
    high: FloatArray
    p: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Multiverse:
    """All universes of a release."""

    models: tuple[str, ...]
    choices: tuple[Choice, ...]
    places: IntArray
    """(U, choices) level of each universe; the first universe is the default."""
    tau: FloatArray
    """(U,) Kendall's tau-b to the default's order; NaN for a universe without an order."""
    leader: IntArray
    """(U,) code of the model on top; -1 without an order."""
    leaders: tuple[tuple[str, float], ...]
    """(model, share of the universes that it leads), the largest first."""
    conclusions: tuple[Conclusion, ...]
    influences: tuple[Influence, ...]
    """The largest first."""
    claim: GroupClaim | None
    n_distinct: int
    """Universes that differ in a choice that their method hears."""
    n_people: int
    n_scores: int
    not_forks: tuple[str, ...] = ()
    """Choices that this release does not offer, a sentence each."""


def conclude(
    found: Orders, ratings: Ratings, claim: GroupClaim | None, *, not_forks: tuple[str, ...] = ()
) -> Multiverse:
    """Compare every universe with the first."""
    known: BoolArray = np.asarray(np.isfinite(found.scores).all(axis=1))
    tau = np.full(len(known), np.nan)
    tau[known] = taus(found.scores[known], found.scores[:1])
    leader = np.where(known, np.argmax(np.nan_to_num(found.scores, nan=-np.inf), axis=1), -1)
    return Multiverse(
        models=ratings.models,
        choices=found.choices,
        places=found.places,
        tau=tau,
        leader=leader,
        leaders=_leaders(leader, ratings.models),
        conclusions=_conclusions(found.scores, known, leader, ratings.models, claim),
        influences=influences(tau, found.places, found.choices),
        claim=claim,
        n_distinct=found.n_distinct,
        n_people=len(np.unique(ratings.person)),
        n_scores=len(ratings.score),
        not_forks=not_forks,
    )


def influences(
    values: FloatArray, places: IntArray, choices: tuple[Choice, ...]
) -> tuple[Influence, ...]:
    """Eta squared of `values` (U,) by each choice: variance between its levels over all variance.

    Every combination is there once, so that choices are orthogonal and their shares add up to at
    most 1; the rest is their interplay (Steegen et al. 2016 name the multiverse; the measure is
    the analysis of variance's).
    """
    good = np.isfinite(values)
    y, rows = values[good], places[good]
    total = float(((y - y.mean()) ** 2).sum()) if len(y) else 0.0
    found = []
    for column, choice in enumerate(choices):
        level = rows[:, column]
        n = np.bincount(level, minlength=len(choice.levels))
        with np.errstate(invalid="ignore"):
            mean = np.bincount(level, weights=y, minlength=len(choice.levels)) / n
        between = float(np.nansum(n * (mean - y.mean()) ** 2)) if len(y) else 0.0
        share = between / total if total > 0 else 0.0
        means = zip(choice.levels, mean.tolist(), strict=True)
        found.append(Influence(choice.name, choice.label, share, tuple(means)))
    return tuple(sorted(found, key=lambda one: -one.eta2))


def group_claim(
    ratings: Ratings,
    found: Orders,
    group: IntArray,
    which: int,
    model: int,
    text: str,
    *,
    level: float = 0.95,
) -> GroupClaim:
    """Estimate in every universe how much higher group `which` rates `model` than others do.

    `group` (people,), -1 = none. Choices that concern battles alone do not matter to it.
    """
    from scipy.special import stdtrit

    names = [choice.name for choice in found.choices]
    heard = [column for column, name in enumerate(names) if name in EFFECT_HEARS]
    rows, back = np.unique(found.places[:, heard], axis=0, return_inverse=True)
    numbers = np.full((len(rows), 3), np.nan)
    for place, row in enumerate(rows):
        settings = {
            names[column]: found.choices[column].levels[k]
            for column, k in zip(heard, row.tolist(), strict=True)
        }
        numbers[place] = _difference(ratings, settings, group, which, model)
    estimate, error, df = numbers[back.ravel()].T
    reach = stdtrit(df, (1 + level) / 2) * error
    p = 2 * stdtr(df, -np.abs(estimate / error))
    return GroupClaim(text, estimate, estimate - reach, estimate + reach, p)


def _difference(
    ratings: Ratings, settings: Mapping[str, str], group: IntArray, which: int, model: int
) -> tuple[float, float, float]:
    """Estimate, standard error and degrees of freedom; NaN where there are none."""
    nothing = (float("nan"),) * 3
    kept = kept_rows(ratings, settings)
    score = scaled(ratings, settings, kept)
    if settings.get("turns") != "all turns":
        kept = kept & ratings.opening
    people = len(group)
    stats = PeopleStats.of(
        score[kept], ratings.model[kept], ratings.person[kept], people, len(ratings.models)
    )
    rated = (stats.n_scores > 0).sum(axis=1) > 1
    equal = settings.get("weight") == "by person"
    inside, outside = _members(rated, group, which)
    mine = fit_group(stats, inside, equal=equal)
    others = fit_group(stats, outside, equal=equal)
    if mine is None or others is None:
        return nothing
    variance = mine.covariance[model, model] + others.covariance[model, model]
    if not np.isfinite(variance) or variance <= 0:
        return nothing
    df = float(min(mine.n_people, others.n_people) - 1)
    return float(mine.effect[model] - others.effect[model]), float(np.sqrt(variance)), df


def _members(rated: BoolArray, group: IntArray, which: int) -> tuple[FloatArray, FloatArray]:
    inside = (rated & (group == which)).astype(np.float64)
    return inside, (rated & (group >= 0) & (group != which)).astype(np.float64)


def _leaders(leader: IntArray, models: tuple[str, ...]) -> tuple[tuple[str, float], ...]:
    known = leader[leader >= 0]
    n = np.bincount(known, minlength=len(models))
    order = np.argsort(-n, kind="stable")
    return tuple((models[m], float(n[m] / max(len(known), 1))) for m in order if n[m])


def _conclusions(
    scores: FloatArray,
    known: BoolArray,
    leader: IntArray,
    models: tuple[str, ...],
    claim: GroupClaim | None,
) -> tuple[Conclusion, ...]:
    order = np.argsort(-scores[0], kind="stable")
    first, second, last = int(order[0]), int(order[1]), int(order[-1])
    with np.errstate(invalid="ignore"):
        rank = (scores > scores[:, [first]]).sum(axis=1)
        claims = [
            (f"{models[first]} leads", leader == first, known),
            (f"{models[first]} is among the first three", rank < 3, known),
            (f"{models[first]} is above {models[second]}",
             scores[:, first] > scores[:, second], known),
            (f"{models[last]} is last", scores.argmin(axis=1) == last, known),
        ]  # fmt: skip
        if claim is not None:
            same = np.sign(claim.estimate) == np.sign(claim.estimate[0])
            can = np.isfinite(claim.p)
            claims.append((f"{claim.text}, p below 0.05", same & (claim.p < 0.05), can))
            claims.append((f"{claim.text}, whatever its p", same, can))
    return tuple(_conclusion(*each) for each in claims)


def _conclusion(text: str, holds: BoolArray, known: BoolArray) -> Conclusion:
    share = float(holds[known].mean()) if known.any() else float("nan")
    return Conclusion(text, share, bool(holds[0] and known[0]), int((~known).sum()))
