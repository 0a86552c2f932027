"""What a method sees of many data sets at once, and the one place that picks its estimator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from manyvoices.aggregate import estimators
from manyvoices.aggregate.elo import Played, elo
from manyvoices.aggregate.kinds import FloatArray
from manyvoices.aggregate.tie_models import with_ties

if TYPE_CHECKING:
    from manyvoices.aggregate.settings import Settings

COUNT_METHODS = ("rank_centrality", "bradley_terry", "win_rate", "pagerank", "newman")


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """B data sets, each reduced to what the wanted methods need of it."""

    wins: FloatArray | None = None
    """(B, n, n) comparisons that i won over j, ties shared out."""
    tied: FloatArray | None = None
    """(B, n, n) ties of i and j, symmetric; for models that know of ties."""
    means: Mapping[str, tuple[FloatArray, FloatArray]] = field(default_factory=dict)
    """Score method -> sums (B, n) of weight times value, and of weight."""
    played: Played | None = None
    """All battles in order, for Elo."""
    times: FloatArray | None = None
    """(units, B) how often each unit of `played` is in each data set; None means once each."""


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """Raw scores of B data sets."""

    scores: FloatArray
    """(B, n) in the unit of the estimator; a row of NaN where they do not exist."""
    steps: int = 0
    parameter: FloatArray | None = None
    """(B,) of the model for ties."""


def needs_ties(method: str, settings: Settings) -> bool:
    """Whether the method must see ties apart from wins."""
    return method == "newman" or (method == "bradley_terry" and settings.tie_model is not None)


def estimate(
    seen: Evidence, method: str, settings: Settings, *, start: FloatArray | None = None
) -> Estimate:
    """Score every data set by `method`; `start` (n,) is where Newton begins."""
    if method in seen.means:
        return Estimate(_means(*seen.means[method]))
    if method == "elo":
        if seen.played is None:
            raise ValueError("elo needs battles in order; counts have none")
        return Estimate(elo(seen.played, seen.times))
    if seen.wins is None:
        raise ValueError(f"{method} needs scores; read them as Scores (battles keep none)")
    return _from_wins(seen.wins, seen.tied, method, settings, start)


def _from_wins(
    wins: FloatArray,
    tied: FloatArray | None,
    method: str,
    settings: Settings,
    start: FloatArray | None,
) -> Estimate:
    if needs_ties(method, settings):
        if tied is None:
            raise ValueError(f"{method} with a model of ties needs the ties apart (tied=...)")
        model = settings.tie_model or "davidson"
        # The shared-out half wins are taken back; rounding must not leave less than nothing.
        won = np.maximum(wins - tied / 2, 0.0)
        scores, parameter, steps = with_ties(won, tied, model, l2=settings.l2, start=start)
        return Estimate(scores, steps, parameter / 2 if method == "newman" else parameter)
    if method == "bradley_terry":
        return Estimate(*estimators.bradley_terry(wins, l2=settings.l2, start=start))
    if method == "win_rate":
        return Estimate(estimators.win_rate(wins))
    if method == "pagerank":
        return Estimate(estimators.pagerank(wins, damping=settings.damping))
    if method != "rank_centrality":
        raise ValueError(f"{method} needs scores; read them as Scores (battles keep none)")
    if settings.compat == "prism":
        return Estimate(estimators.rank_centrality_prism(wins, alpha=settings.alpha))
    return Estimate(estimators.rank_centrality(wins, alpha=settings.alpha))


def _means(sums: FloatArray, weights: FloatArray) -> FloatArray:
    """Weighted means (B, n); a data set in which some model has no score has none."""
    means: FloatArray = np.divide(sums, weights, out=np.full(sums.shape, np.nan), where=weights > 0)
    means[~np.isfinite(means).all(axis=1)] = np.nan
    return means
