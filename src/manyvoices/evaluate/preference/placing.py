"""Whether the answer shown first, or the longer answer, wins more often than it should."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from math import nan

import numpy as np

from manyvoices.analyse.table import FloatArray
from manyvoices.evaluate.preference.clustered import Measure, formula, measure
from manyvoices.evaluate.preference.model import fit
from manyvoices.evaluate.preference.rates import mean_of
from manyvoices.evaluate.preference.rules import Rules
from manyvoices.evaluate.preference.votes import Votes


@dataclass(frozen=True, slots=True)
class PairPlace:
    """Two models in both places."""

    first: str
    second: str
    n_first: int
    """Decided votes with `first` on the left."""
    n_second: int
    share_first: float
    """Of those, won by the left side."""
    share_second: float
    balanced: float
    """Mean of the two: 0.5 is no advantage of place, whoever is better."""


@dataclass(frozen=True, slots=True)
class Place:
    """The advantage of being shown first."""

    share: Measure
    """Of decided votes, won by the side shown first."""
    balanced: Measure
    """The same with the models' strengths cancelled (Mantel-Haenszel weights, as in
    `aggregate.position_bias`)."""
    log_odds: Measure
    """In Davidson's model, beside the strengths; 0 is none."""
    pairs: tuple[PairPlace, ...]


def place_of(votes: Votes, rules: Rules) -> Place:
    """The advantage of place in the votes that count; ties say nothing of it."""
    kept = votes.scored(rules)
    decided = kept.select(kept.score != 0.5)
    share = mean_of(decided.score, decided.rater, decided.prompt, rules)
    pairs = tuple(_pairs(decided))
    return Place(share, _balanced(decided, pairs, rules), _log_odds(votes, rules), pairs)


def _pairs(decided: Votes) -> list[PairPlace]:
    found = []
    for i, j in combinations(range(len(decided.models)), 2):
        here = decided.score[(decided.a == i) & (decided.b == j)]
        there = decided.score[(decided.a == j) & (decided.b == i)]
        if len(here) and len(there):
            means = float(here.mean()), float(there.mean())
            names = decided.models[i], decided.models[j]
            found.append(PairPlace(*names, len(here), len(there), *means, sum(means) / 2))
    return found


def _balanced(decided: Votes, pairs: tuple[PairPlace, ...], rules: Rules) -> Measure:
    weights = {(p.first, p.second): p.n_first * p.n_second / (p.n_first + p.n_second)
               for p in pairs}  # fmt: skip
    total = sum(weights.values())
    influence = np.zeros(len(decided))
    entering = np.zeros(len(decided), dtype=bool)
    value = 0.0
    for pair in pairs:
        share = weights[pair.first, pair.second] / total
        value += share * pair.balanced
        i, j = decided.models.index(pair.first), decided.models.index(pair.second)
        for left, right, mean, n in (
            (i, j, pair.share_first, pair.n_first), (j, i, pair.share_second, pair.n_second)
        ):  # fmt: skip
            rows = (decided.a == left) & (decided.b == right)
            influence[rows] = share * (decided.score[rows] - mean) / (2 * n)
            entering |= rows
    found = measure(
        value if pairs else nan, influence[entering], decided.rater[entering],
        decided.prompt[entering], kind=formula(rules), level=rules.level,
    )  # fmt: skip
    alone = found.se == 0 and not influence.any()
    return replace(found, why="each place of a pair saw one verdict alone") if alone else found


def _log_odds(votes: Votes, rules: Rules) -> Measure:
    fitted = fit(votes, rules)
    # Without both places of some pair, place and strength are one.
    pairs = _pairs(fitted.votes)
    if not pairs:
        why = "no two models were shown both ways round"
    elif all({p.share_first, p.share_second} & {0.0, 1.0} for p in pairs):
        # The likelihood has no highest point then; what stops it is the penalty.
        why = "in every pair one side won every vote in one of the places"
    else:
        return fitted.coefficient("place", rules)
    return Measure(nan, nan, nan, nan, nan, len(fitted.votes), 0, 0, why)


@dataclass(frozen=True, slots=True)
class Length:
    """Whether the longer answer wins."""

    share: Measure
    """Of decided votes on answers of different length, won by the longer one."""
    log_odds: Measure
    """For an answer twice as long, beside the models' strengths and place."""
    n_without_texts: int
    """Votes that count of which the texts are not there."""


def length_of(votes: Votes, rules: Rules) -> Length:
    """The advantage of length, in the votes that count and whose texts are there."""
    kept = votes.scored(rules)
    known = np.isfinite(kept.words_a) & np.isfinite(kept.words_b)
    seen = kept.select(known)
    unequal = seen.select((seen.score != 0.5) & (seen.words_a != seen.words_b))
    longer = (unequal.words_a > unequal.words_b).astype(np.float64)
    won: FloatArray = np.asarray(unequal.score == longer, dtype=np.float64)
    share = mean_of(won, unequal.rater, unequal.prompt, rules)
    if len(unequal):
        log_odds = fit(votes, rules, length=True).coefficient("length", rules)
    else:
        log_odds = Measure(nan, nan, nan, nan, nan, 0, 0, 0, "the data holds no texts")
    return Length(share, log_odds, int((~known).sum()))
