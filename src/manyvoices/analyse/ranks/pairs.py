"""Who was seen, who met whom, who won, and whose scores go together.

PRISM, Figures 16 to 19 (arXiv 2404.16019, appendix P).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from manyvoices.aggregate import Scores
from manyvoices.analyse.ranks.openers import Openers
from manyvoices.analyse.table import FloatArray, IntArray

MIN_SHARED = 20
"""Shared turns that a correlation needs; with fewer its interval spans most of -1 to 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Counts over opening turns; models best mean win fraction first, as PRISM sorts them."""

    models: tuple[str, ...]
    n_people: int
    n_turns: int
    n_battles: int
    ratings: IntArray
    """(n,) rated answers of each model (Figure 16)."""
    raters: IntArray
    """(n,) people who rated it."""
    models_per_person: float
    """Mean number of different models that a person rated."""
    met: IntArray
    """(n, n) battles of each pair (Figure 17)."""
    wins: FloatArray
    """(n, n) share of these that the row won (Figure 18); NaN where they never met."""
    mean_win: FloatArray
    """(n,) mean of the row over the opponents met."""
    ties: Literal["half", "drop", "none"]
    """How `wins` counts a tie: half a win, not at all, or in the denominator alone."""
    correlation: FloatArray
    """(n, n) Pearson's r of both scores over turns that show both (Figure 19); NaN under
    `min_shared` turns, or without spread."""
    shared: IntArray
    """(n, n) turns that show both."""
    min_shared: int


def pairs(
    openers: Openers,
    *,
    ties: Literal["half", "drop", "none"] = "half",
    min_shared: int = MIN_SHARED,
) -> Pairs:
    """Count what opening turns hold.

    `ties` "half" is ours; "drop" leaves ties out, which is the reading under which PRISM's text
    (.71 for its best model) agrees with its published counts; "none" keeps them in the
    denominator alone, as its code does.
    """
    scores = openers.scores
    n = len(scores.models)
    battles = scores.battles()
    met = np.zeros((n, n), dtype=np.int64)
    np.add.at(met, (battles.a, battles.b), 1)
    wins = battles.tally("half" if ties == "half" else "drop")
    fought = wins + wins.T if ties == "drop" else (met + met.T).astype(np.float64)
    share = np.divide(wins, fought, out=np.full((n, n), np.nan), where=fought > 0)
    mean = _row_means(share)
    order = np.lexsort((np.arange(n), -np.nan_to_num(mean, nan=-1.0)))
    cell = np.unique(scores.cluster * n + scores.model)
    raters = np.bincount(cell % n, minlength=n)
    r, shared = _correlation(scores, min_shared)
    grid = np.ix_(order, order)
    return Pairs(
        models=tuple(scores.models[code] for code in order),
        n_people=scores.n_participants,
        n_turns=len(np.unique(scores.turn)),
        n_battles=len(battles),
        ratings=np.bincount(scores.model, minlength=n)[order],
        raters=raters[order],
        models_per_person=len(cell) / scores.n_participants,
        met=(met + met.T)[grid],
        wins=share[grid],
        mean_win=mean[order],
        ties=ties,
        correlation=r[grid],
        shared=shared[grid],
        min_shared=min_shared,
    )


def _row_means(share: FloatArray) -> FloatArray:
    known = ~np.isnan(share)
    n = known.sum(axis=1)
    total = np.where(known, share, 0.0).sum(axis=1)
    return np.asarray(np.divide(total, n, out=np.full(len(share), np.nan), where=n > 0))


def _correlation(scores: Scores, min_shared: int) -> tuple[FloatArray, IntArray]:
    """Pearson's r (n, n) and the number of shared turns (n, n), by sums over pairs of answers."""
    n = len(scores.models)
    first, second = replace(scores, opening=None).pairs()
    i = np.concatenate((scores.model[first], scores.model[second]))
    j = np.concatenate((scores.model[second], scores.model[first]))
    x = np.concatenate((scores.score[first], scores.score[second])) - scores.score.mean()
    y = np.concatenate((scores.score[second], scores.score[first])) - scores.score.mean()

    def total(values: FloatArray) -> FloatArray:
        return np.asarray(np.bincount(i * n + j, weights=values, minlength=n * n).reshape(n, n))

    count = total(np.ones(len(i)))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_x, mean_y = total(x) / count, total(y) / count
        xy = total(x * y) / count - mean_x * mean_y
        xx, yy = total(x * x) / count - mean_x**2, total(y * y) / count - mean_y**2
        flat = (xx <= 1e-9) | (yy <= 1e-9)
        r = np.where(flat | (count < min_shared), np.nan, xy / np.sqrt(xx * yy))
    np.fill_diagonal(r, np.nan)
    return np.asarray(np.clip(r, -1.0, 1.0)), count.astype(np.int64)
