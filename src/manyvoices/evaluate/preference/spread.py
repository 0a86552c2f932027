"""How much people and prompts differ in a study that is there, to plan the next one with.

By moments: two votes of one person on different prompts share what that person likes, and two votes
on one prompt by different people share what suits that prompt; the mean product of their residuals
is that variance. It is then put on the scale of log odds by the planner's own quadrature, so that
``manyvoices evaluate plan`` gives back what was measured.
"""

from __future__ import annotations

from math import isfinite, nan
from typing import Any

import numpy as np
from scipy.optimize import brentq

from manyvoices.analyse.table import FloatArray, IntArray
from manyvoices.evaluate.preference.planning import components
from manyvoices.evaluate.preference.planting import Planted, planted_win_rate
from manyvoices.evaluate.preference.rules import Rules
from manyvoices.evaluate.preference.votes import Votes

MOST_SD = 5.0
HALF = Rules()


def spread(votes: Votes, model: str, other: str) -> dict[str, Any]:
    """``rater_sd``, ``prompt_sd``, ``ties`` and shares of the rest, as ``expected`` of a plan.

    Of votes that count, a tie as half; 0 where people (or prompts) differ no more than by chance,
    None where nobody judged twice (or no prompt was judged twice).
    """
    kept, score = votes.scored(HALF).between(model, other)
    seen = votes.outcomes(model, other, HALF)
    n = sum(seen.values())
    decided = seen["won"] + seen["tied"] + seen["lost"]
    if not decided or not 0 < float(score.mean()) < 1:
        return {}
    shown = n - seen["open"]
    found = {
        "ties": seen["tied"] / decided,
        "all_bad": seen["all_bad"] / max(shown - seen["failed"], 1),
        "cannot_judge": seen["cannot_judge"] / max(shown - seen["failed"], 1),
        "failed": seen["failed"] / (2 * shown),
        "set_aside": seen["set_aside"] / shown,
    }
    people, prompts = parts_of(score, kept.rater, kept.prompt)
    rate = min(max(float(score.mean()), 0.02), 0.98)
    ties = min(found["ties"], 0.9)
    return {
        "rater_sd": _sd(people, rate, ties, "raters"),
        "prompt_sd": _sd(prompts, rate, ties, "prompts"),
        **found,
    }


def parts_of(score: FloatArray, rater: IntArray, prompt: IntArray) -> tuple[float, float]:
    """Variance of the score between people, and between prompts; NaN where no two votes tell."""
    away = score - score.mean()
    width = int(prompt.max(initial=0)) + 1
    cell_sum, cell_n = _sums(away, rater * width + prompt)
    found = []
    for codes in (rater, prompt):
        sums, n = _sums(away, codes)
        pairs = float((n**2).sum() - (cell_n**2).sum())
        product = float((sums**2).sum() - (cell_sum**2).sum())
        # The mean is estimated from the same votes: residuals lean against each other by this.
        lean = float((sums**2).sum()) / max(len(score), 1) ** 2
        found.append(product / pairs + lean if pairs > 0 else nan)
    return found[0], found[1]


def _sd(variance: float, rate: float, ties: float, part: str) -> float | None:
    if not isfinite(variance):
        return None
    if variance <= 0:
        return 0.0
    key = "rater_sd" if part == "raters" else "prompt_sd"

    def miss(sd: float) -> float:
        start = Planted({"a": 0.0, "b": 0.0}, ties=ties, **{key: sd})  # type: ignore[arg-type]
        planted = planted_win_rate(start, rate, "a", "b")
        return float(getattr(components(planted, "a", "b", HALF), part)) - variance

    return float(brentq(miss, 0, MOST_SD, xtol=1e-4)) if miss(MOST_SD) > 0 else MOST_SD


def _sums(values: FloatArray, codes: IntArray) -> tuple[FloatArray, FloatArray]:
    _, code = np.unique(codes, return_inverse=True)
    sums = np.bincount(code, weights=values)
    return np.asarray(sums, dtype=np.float64), np.bincount(code).astype(np.float64)
