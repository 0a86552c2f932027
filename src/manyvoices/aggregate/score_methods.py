"""What each row of `Scores` adds to its model, for the methods that use the numbers.

Each method is a weighted mean of such values over the opening turns, so a resample of people needs
only the sums and weights of each person.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from manyvoices.aggregate.kinds import FloatArray, IntArray
from manyvoices.aggregate.scores import Scores

NormalizeBy = Literal["openers", "all"]
SCORE_METHODS = ("mean_score", "normalized_score", "within_turn_rank")


def values_of(
    scores: Scores, method: str, *, normalize_by: NormalizeBy = "openers"
) -> tuple[FloatArray, FloatArray]:
    """Return value (rows,) and weight (rows,) of each row; the weight is 0 where it is left out."""
    weight = np.ones(len(scores)) if scores.weight is None else scores.weight.copy()
    weight[~scores.is_opening] = 0.0
    if method == "mean_score":
        return np.asarray(scores.score, dtype=np.float64), weight
    if method == "normalized_score":
        value = normalized(scores, normalize_by)
    elif method == "within_turn_rank":
        value = np.asarray(-turn_ranks(scores))
    else:
        raise ValueError(f"method {method!r} takes no scores; these do: {', '.join(SCORE_METHODS)}")
    known = np.isfinite(value)
    return np.where(known, value, 0.0), np.where(known, weight, 0.0)


def normalized(scores: Scores, normalize_by: NormalizeBy = "openers") -> FloatArray:
    """Return z (rows,): distance from the participant's own mean in own standard deviations.

    Mean and deviation (divisor n - 1) are over the participant's openers, or over all their turns.
    As in PRISM, someone who gave one and the same score always has z = 0, and someone with a single
    score has none (NaN here, so the row is left out of the mean).
    """
    if normalize_by not in ("openers", "all"):
        raise ValueError(f"normalize_by must be 'openers' or 'all', found {normalize_by!r}")
    used = scores.is_opening if normalize_by == "openers" else np.ones(len(scores), dtype=np.bool_)
    _, person = np.unique(scores.cluster, return_inverse=True)
    n_people = int(person.max()) + 1

    def total(values: FloatArray) -> FloatArray:
        return np.asarray(
            np.bincount(person[used], weights=values[used], minlength=n_people), dtype=np.float64
        )

    n = total(np.ones(len(scores)))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total(scores.score) / n
        away = scores.score - mean[person]
        deviation = np.sqrt(total(away**2) / (n - 1))
        # Deviations of equal scores differ from zero only by rounding.
        flat = deviation <= 1e-12 * np.maximum(1.0, np.abs(mean))
        z = np.where(flat[person], 0.0, away / deviation[person])
    z[(n < 2)[person]] = np.nan
    return np.asarray(z)


def turn_ranks(scores: Scores) -> FloatArray:
    """Return the rank (rows,) of each answer within its turn, 1 = highest score.

    Equal scores share the mean of their ranks. (PRISM broke them by a random number, whose mean
    over many draws this is.) The tie threshold does not enter, as it did not in PRISM.
    """
    _, turn = np.unique(scores.turn, return_inverse=True)
    order = np.lexsort((-scores.score, turn))
    begin = _begins(turn[order])
    same = _begins(turn[order], scores.score[order])
    last = np.append(same[1:], len(order)) - 1
    run = np.repeat(np.arange(len(same)), np.diff(np.append(same, len(order))))
    first_of_turn = np.repeat(begin, np.diff(np.append(begin, len(order))))
    ranks = np.empty(len(order))
    ranks[order] = (same + last)[run] / 2 - first_of_turn + 1
    return ranks


def _begins(*keys: IntArray | FloatArray) -> IntArray:
    """Places at which a run of equal keys begins."""
    new = np.zeros(len(keys[0]), dtype=np.bool_)
    new[:1] = True
    for key in keys:
        new[1:] |= key[1:] != key[:-1]
    return np.flatnonzero(new).astype(np.int64)
