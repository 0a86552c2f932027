"""The order of the models in each universe, computed once for all universes that cannot differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from manyvoices.aggregate import Battles, Scores
from manyvoices.aggregate.evidence import Evidence, estimate
from manyvoices.aggregate.methods import fit
from manyvoices.aggregate.settings import Settings as Estimation
from manyvoices.analyse.multiverse.choices import BY_SCORES, Choice, Ratings, distinct, universes
from manyvoices.analyse.table import BoolArray, FloatArray, IntArray
from manyvoices.schema.errors import ManyvoicesError


@dataclass(frozen=True, slots=True, eq=False)
class Orders:
    """Scores of the models in every universe."""

    choices: tuple[Choice, ...]
    places: IntArray
    """(U, choices) which level each universe takes."""
    scores: FloatArray
    """(U, M) in the unit of the universe's method; NaN where it has none."""
    n_distinct: int

    def settings(self, universe: int) -> dict[str, str]:
        """Choice -> level."""
        return _named(self.choices, self.places[universe])


def orders(ratings: Ratings, choices: Sequence[Choice]) -> Orders:
    """Score the models in every combination of `choices`."""
    places = universes(choices)
    named = [_named(choices, row) for row in places]
    keys = [distinct(one) for one in named]
    first: dict[tuple[str, ...], int] = {}
    for place, key in enumerate(keys):
        first.setdefault(key, place)
    first_scores = _scored(ratings, [named[place] for place in first.values()])
    number = {key: place for place, key in enumerate(first)}
    scores = first_scores[[number[key] for key in keys]]
    return Orders(tuple(choices), places, scores, len(first))


def _named(choices: Sequence[Choice], row: IntArray) -> dict[str, str]:
    return {one.name: one.levels[k] for one, k in zip(choices, row.tolist(), strict=True)}


def _scored(ratings: Ratings, wanted: Sequence[Mapping[str, str]]) -> FloatArray:
    """(wanted, M); battles of equal making are counted once and scored by all methods together."""
    scores = np.full((len(wanted), len(ratings.models)), np.nan)
    tallies: dict[tuple[str, ...], FloatArray] = {}
    together: dict[tuple[str, str], list[tuple[int, FloatArray]]] = {}
    pairs = _pairs(ratings)
    for place, settings in enumerate(wanted):
        if settings["method"] in BY_SCORES:
            scores[place] = _by_scores(ratings, settings)
            continue
        key = distinct({**settings, "method": "win_rate"})
        if key not in tallies:
            tallies[key] = _tally(ratings, settings, pairs)
        how = (settings["method"], settings.get("alpha", "1"))
        together.setdefault(how, []).append((place, tallies[key]))
    for (method, alpha), members in together.items():
        wins = np.stack([tally for _, tally in members])
        found = estimate(Evidence(wins=wins), method, Estimation(alpha=float(alpha))).scores
        scores[[place for place, _ in members]] = found
    return scores


def kept_rows(ratings: Ratings, settings: Mapping[str, str]) -> BoolArray:
    """(n,) rows of the conversations, languages and people that a universe keeps."""
    kept = np.ones(len(ratings.score), dtype=np.bool_)
    for name, masks in (
        ("subset", ratings.subsets),
        ("language", ratings.languages),
        ("people", ratings.people),
    ):
        if name in settings:
            kept &= masks[settings[name]]
    return kept


def scaled(ratings: Ratings, settings: Mapping[str, str], kept: BoolArray) -> FloatArray:
    """(n,) scores raw, or each person's set to the mean and spread of all (of the rows kept).

    The mean and spread are those of openings, or of all turns, as the universe has it; a person
    who gave one score only, or the same always, is set to the mean.
    """
    if settings.get("scale", "raw") == "raw":
        return ratings.score
    base = kept & (ratings.opening if settings.get("turns") != "all turns" else True)
    who, score = ratings.person[base], ratings.score[base]
    size = int(ratings.person.max()) + 1
    n = np.maximum(np.bincount(who, minlength=size), 1)
    mean = np.bincount(who, weights=score, minlength=size) / n
    square = np.bincount(who, weights=(score - mean[who]) ** 2, minlength=size)
    sd = np.sqrt(square / np.maximum(n - 1, 1))
    z = (ratings.score - mean[ratings.person]) / np.where(sd > 0, sd, 1.0)[ratings.person]
    z[(sd == 0)[ratings.person]] = 0.0
    return np.asarray(score.mean() + score.std() * z) if len(score) else ratings.score


def _pairs(ratings: Ratings) -> tuple[IntArray, IntArray]:
    whole = Scores(
        model=ratings.model, score=ratings.score, turn=ratings.turn, cluster=ratings.person,
        models=ratings.models, opening=ratings.opening,
    )  # fmt: skip
    return whole.pairs()


def _tally(
    ratings: Ratings, settings: Mapping[str, str], pairs: tuple[IntArray, IntArray]
) -> FloatArray:
    kept = kept_rows(ratings, settings)
    score = scaled(ratings, settings, kept)
    use = kept[pairs[0]]
    first, second = pairs[0][use], pairs[1][use]
    gap = score[first] - score[second]
    tie = np.abs(gap) <= float(settings.get("tie_threshold", "5")) + 1e-9
    person = ratings.person[first]
    return Battles(
        a=ratings.model[first],
        b=ratings.model[second],
        outcome=np.where(tie, 0.5, (gap > 0).astype(np.float64)),
        models=ratings.models,
        cluster=person,
        weight=_equal(person) if settings.get("weight") == "by person" else None,
    ).tally()


def _equal(person: IntArray) -> FloatArray:
    """(rows,) weights that make the people equal, 1 on average."""
    if not len(person):
        return np.ones(0)
    n = np.bincount(person)
    return np.asarray(len(person) / (n > 0).sum() / n[person])


def _by_scores(ratings: Ratings, settings: Mapping[str, str]) -> FloatArray:
    kept = kept_rows(ratings, settings)
    score = scaled(ratings, settings, kept)
    if settings.get("turns") != "all turns":
        kept = kept & ratings.opening
    if not kept.any():
        return np.full(len(ratings.models), np.nan)
    person = ratings.person[kept]
    rows = Scores(
        model=ratings.model[kept], score=score[kept], turn=ratings.turn[kept], cluster=person,
        models=ratings.models,
        weight=_equal(person) if settings.get("weight") == "by person" else None,
    )  # fmt: skip
    try:
        return fit(rows, settings["method"]).scores
    except ManyvoicesError:  # a model without a score in this universe: it has no order
        return np.full(len(ratings.models), np.nan)
