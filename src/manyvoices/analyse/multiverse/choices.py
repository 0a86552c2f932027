"""What an analyst may choose on the way from ratings to an order of models, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from manyvoices.analyse.table import BoolArray, FloatArray, IntArray

METHODS = ("rank_centrality", "bradley_terry", "win_rate", "mean_score", "within_turn_rank")
THRESHOLDS = (5.0, 0.0, 10.0, 20.0)
ALPHAS = (1.0, 0.0, 10.0)
BY_SCORES = ("mean_score", "within_turn_rank")
"""Methods that take the scores themselves; the others take battles."""

EVERYBODY = "everybody"
ALL = "all"


@dataclass(frozen=True, slots=True)
class Choice:
    """One fork of the way."""

    name: str
    label: str
    levels: tuple[str, ...]
    """The first is the default."""


@dataclass(frozen=True, slots=True, eq=False)
class Ratings:
    """Rated answers, all turns; arrays (n,)."""

    score: FloatArray
    model: IntArray
    person: IntArray
    turn: IntArray
    """Tells all turns of all people apart."""
    opening: BoolArray
    models: tuple[str, ...]
    subsets: Mapping[str, BoolArray]
    """Name -> rows of conversations in it; the first is the default."""
    languages: Mapping[str, BoolArray]
    people: Mapping[str, BoolArray]
    """Name -> rows of the people who are kept."""


def choices_of(
    ratings: Ratings,
    *,
    methods: Sequence[str] = METHODS,
    thresholds: Sequence[float] = THRESHOLDS,
    alphas: Sequence[float] = ALPHAS,
) -> tuple[Choice, ...]:
    """The forks of `ratings`, without those at which there is one way only."""
    found = (
        Choice("method", "Method", tuple(methods)),
        Choice("alpha", "Pseudo-wins", tuple(f"{a:g}" for a in alphas)),
        Choice("tie_threshold", "Ties within", tuple(f"{t:g}" for t in thresholds)),
        Choice("scale", "Scores", ("raw", "normalised")),
        Choice("turns", "Turns", ("openings", "all turns")),
        Choice("weight", "Weight", ("by row", "by person")),
        Choice("subset", "Conversations", tuple(ratings.subsets)),
        Choice("language", "Language", tuple(ratings.languages)),
        Choice("people", "People", tuple(ratings.people)),
    )
    return tuple(one for one in found if len(one.levels) > 1)


def universes(choices: Sequence[Choice]) -> IntArray:
    """(universes, choices) places in the levels, every combination; the default comes first."""
    return np.array(list(product(*(range(len(one.levels)) for one in choices))), dtype=np.int64)


def distinct(settings: Mapping[str, str]) -> tuple[str, ...]:
    """What of a universe matters to its order: the choices that its method does not hear are left.

    Pseudo-wins are rank centrality's alone. Ties need battles. Which turns there are matters to
    scores, and to battles only through the normalising of scores.
    """
    method = settings["method"]
    by_scores = method in BY_SCORES
    heard = {
        "alpha": method == "rank_centrality",
        "tie_threshold": not by_scores,
        "turns": by_scores or settings.get("scale") == "normalised",
        "scale": method != "within_turn_rank",
    }
    return tuple(value for name, value in settings.items() if heard.get(name, True))
