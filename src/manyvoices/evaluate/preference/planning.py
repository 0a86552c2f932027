"""How many people, prompts and comparisons a preference study needs.

Two ways that hold each other up. A formula: the variance of a win rate is that between people over
their number, that between prompts over theirs, and the rest over the number of votes (Owen 2007,
section 3; on the scale of the rate, from the planted effects by quadrature). And simulated studies,
analysed as the study itself will be. The formula finds a number; the simulation says what it gives.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, nan, pi, sqrt

import numpy as np
from scipy.special import stdtr, stdtrit

from manyvoices.evaluate.preference.clustered import measure
from manyvoices.evaluate.preference.planting import NODES, Planted, chances, true_win_rate
from manyvoices.evaluate.preference.rules import Rules
from manyvoices.evaluate.preference.simulating import (
    ALL_BAD,
    FIRST,
    SECOND,
    TIE,
    World,
    balanced,
)

MOST_RATERS = 1_000_000
_AT, _WEIGHTS = np.polynomial.hermite_e.hermegauss(NODES)
_WEIGHT = _WEIGHTS / sqrt(2 * pi)


@dataclass(frozen=True, slots=True)
class Components:
    """Variance of one vote's score, and where it comes from."""

    rate: float
    raters: float
    prompts: float
    rest: float
    """What is left: chance, place, and what a person makes of a prompt."""
    counted: float
    """Share of comparisons that give a vote which counts."""

    def se(self, raters: int, prompts: int, per_rater: int) -> float:
        """Standard error of the rate in a study of that size."""
        votes = raters * per_rater * self.counted
        return sqrt(self.raters / raters + self.prompts / prompts + self.rest / votes)


@dataclass(frozen=True, slots=True)
class Goal:
    """What the study should be able to do."""

    power: float
    """Chance to tell the planted win rate from one half."""
    half_width: float | None = None
    """Or: half the width of the interval at most; None = power alone."""


@dataclass(frozen=True, slots=True)
class Simulated:
    """What simulated studies of one size gave."""

    power: float
    half_width: float
    """Mean over studies."""
    coverage: float
    """Of the interval, for the planted rate."""
    votes: float
    """That count, mean over studies."""
    n_studies: int


def components(planted: Planted, model: str, other: str, rules: Rules) -> Components:
    """Variance parts of the score of `model` against `other`, ties counted by the rules.

    Davidson's rule is planned as ties left out: with one pair the two are the same.
    """
    nodes, weights = _AT, _WEIGHT
    gap = planted.strengths[model] - planted.strengths[other]
    half = rules.ties == "half"
    mean, square, share = (np.zeros((NODES, NODES)) for _ in range(3))
    for place in (1, -1):
        odds = (gap + place * planted.position + planted.rater_sd * nodes[:, None]
                + planted.prompt_sd * nodes[None, :])  # fmt: skip
        won, tied = chances(odds, planted.nu)
        bad = planted.all_bad if rules.all_bad == "tie" and half else 0.0
        live = 1 - planted.all_bad
        drawn = tied * live + bad if half else np.zeros_like(tied)
        mean += (won * live + drawn / 2) / 2
        square += (won * live + drawn / 4) / 2
        share += ((won * live + drawn) + (1 - won - tied) * live) / 2
    total = float(weights @ share @ weights)
    rate = float(weights @ mean @ weights) / total
    # A ratio: its error is that of mean - rate * share, to first order.
    gap_at = (mean - rate * share) / total
    of_rater, of_prompt = gap_at @ weights, gap_at.T @ weights
    raters, prompts = float(weights @ of_rater**2), float(weights @ of_prompt**2)
    one = float(weights @ (square - 2 * rate * mean + rate**2 * share) @ weights) / total
    lost = 1 - planted.cannot_judge
    for name in (model, other):
        lost *= 1 - planted.failures.get(name, 0.0)
    return Components(rate, raters, prompts, max(one - raters - prompts, 0.0), lost * total)


def power_of(found: Components, raters: int, prompts: int, per_rater: int, level: float) -> float:
    """Chance to tell the rate from one half, by the formula."""
    se, df = found.se(raters, prompts, per_rater), min(raters, prompts) - 1
    away = abs(found.rate - 0.5) / se
    return float(stdtr(df, away - float(stdtrit(df, (1 + level) / 2))))


def half_width_of(
    found: Components, raters: int, prompts: int, per_rater: int, level: float
) -> float:
    """Half the width of the interval, by the formula."""
    df = min(raters, prompts) - 1
    return found.se(raters, prompts, per_rater) * float(stdtrit(df, (1 + level) / 2))


def raters_needed(
    found: Components, goal: Goal, prompts: int, per_rater: int, level: float
) -> int | None:
    """The least number of people for the goal; None where no number is enough: then it takes more
    prompts, since what differs between prompts does not shrink with people."""

    def enough(raters: int) -> bool:
        if goal.half_width is not None:
            return half_width_of(found, raters, prompts, per_rater, level) <= goal.half_width
        return power_of(found, raters, prompts, per_rater, level) >= goal.power

    if not enough(MOST_RATERS):
        return None
    low, high = 2, MOST_RATERS
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return low


def simulate(
    planted: Planted,
    model: str,
    other: str,
    *,
    raters: int,
    prompts: int,
    per_rater: int,
    rules: Rules,
    n_studies: int,
    rng: np.random.Generator,
) -> Simulated:
    """Simulated studies of one pair and one size, each analysed by `rules`."""
    pair = [(planted.models.index(model), planted.models.index(other))]
    ties = "half" if rules.ties == "half" else "dropped"
    truth = true_win_rate(planted, model, other, ties=ties)  # type: ignore[arg-type]
    if rules.all_bad == "tie" and ties == "half":
        truth = truth * (1 - planted.all_bad) + 0.5 * planted.all_bad
    seen, covered, widths, votes = 0, 0, [], []
    for _ in range(n_studies):
        world = World.of(planted, raters, prompts, rng)
        asked = balanced(raters, prompts, per_rater, pair, rng)
        found = world.judge(asked, rng)
        score = found / 2
        score = np.where(found == ALL_BAD, 0.5, score)
        score = np.where(asked.first == pair[0][0], score, 1 - score)
        entering = [FIRST, SECOND, *([TIE] if ties == "half" else [])]
        if rules.all_bad == "tie" and ties == "half":
            entering.append(ALL_BAD)
        kept = np.isin(found, entering) & (world.careless[asked.rater] == 0)
        y = score[kept]
        one = measure(
            float(y.mean()) if len(y) else nan, (y - y.mean()) / max(len(y), 1),
            asked.rater[kept], asked.prompt[kept], level=rules.level,
            kind=rules.interval if rules.interval != "two_way_bootstrap" else "two_way_t",
        )  # fmt: skip
        if isfinite(one.low):
            seen += not one.low <= 0.5 <= one.high
            covered += one.low <= truth <= one.high
            widths.append((one.high - one.low) / 2)
        votes.append(len(y))
    width = float(np.mean(widths)) if widths else nan
    return Simulated(seen / n_studies, width, covered / n_studies, float(np.mean(votes)), n_studies)
