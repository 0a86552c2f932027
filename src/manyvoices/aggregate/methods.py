"""`fit` and `fit_counts`: one door to every estimator."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from manyvoices.aggregate.battles import Battles
from manyvoices.aggregate.connectivity import connectivity
from manyvoices.aggregate.covariates import Covariates, rate_with_covariates
from manyvoices.aggregate.elo import K
from manyvoices.aggregate.errors import NoBattlesError, NotConnectedError, OneModelError
from manyvoices.aggregate.evidence import COUNT_METHODS, Evidence, estimate, needs_ties
from manyvoices.aggregate.kinds import (
    Compat,
    FloatArray,
    IntArray,
    Method,
    Scale,
    TieModel,
    Ties,
)
from manyvoices.aggregate.ratings import Ratings, ranks_of, to_scale
from manyvoices.aggregate.resampling import By, Resampler
from manyvoices.aggregate.score_methods import SCORE_METHODS, NormalizeBy
from manyvoices.aggregate.scores import Scores
from manyvoices.aggregate.settings import BATTLE_METHODS, METHODS, Settings

__all__ = [
    "BATTLE_METHODS",
    "COUNT_METHODS",
    "METHODS",
    "SCORE_METHODS",
    "Settings",
    "fit",
    "fit_counts",
    "rate",
]


def fit(
    battles: Battles | Scores,
    method: Method | str = "rank_centrality",
    *,
    ties: Ties = "half",
    alpha: float = 1.0,
    l2: float = 0.0,
    scale: Scale = "natural",
    anchor: str | None = None,
    compat: Compat | None = None,
    tie_model: TieModel | None = None,
    damping: float = 0.85,
    k: float = K,
    order: IntArray | None = None,
    normalize_by: NormalizeBy = "openers",
    covariates: Covariates | None = None,
) -> Ratings:
    """Score the models of `battles`, or of rated answers (`Scores`).

    `method`: "rank_centrality" (`alpha` pseudo-wins), "bradley_terry" (`l2` penalty; `tie_model`
    "davidson" or "rao_kupper"; `covariates` for style control), "newman" (Davidson's model in
    Newman's parameter), "elo" (step `k`; the battles are played in the order of the rows, or as
    `order` lists them), "win_rate", "pagerank" (`damping`). Of `Scores` alone: "mean_score",
    "normalized_score" (`normalize_by` "openers" or "all"), "within_turn_rank". The other methods
    take from `Scores` the battles of its opening turns. `ties`: see `Battles.tally`.

    `scale`: "natural" is a share that sums to 1 (rank_centrality, pagerank), a log strength
    (bradley_terry, newman; mean 0, or the anchor at 0), Elo points (elo), a share of wins
    (win_rate), points of the rating scale (mean_score), standard deviations (normalized_score), or
    minus the mean rank (within_turn_rank). "probability" is strengths that sum to 1, or win_rate as
    it is. "elo" is 1000 + 400 log10(strength), the mean, or the `anchor`, at 1000; a difference of
    400 means odds of 10 to 1.

    `compat="prism"` reproduces PRISM's published rank centrality, its mismatch of indices and its
    ties (one win each way) included; `ties` is then "both".

    Raises `NoBattlesError` and `OneModelError` where there is nothing to compare,
    `NotConnectedError` where the scores would be infinite, `ConvergenceError` where Newton does not
    converge, `ValueError` for arguments that do not go together.
    """
    settings = Settings(
        ties, alpha, l2, scale, anchor, compat, tie_model, damping, k, order, normalize_by
    )
    settings.check_method(method)
    check_enough(len(battles), len(battles.models))
    if covariates is not None:
        table = battles.battles() if isinstance(battles, Scores) else battles
        return rate_with_covariates(table, method, settings, covariates)
    return rate(evidence_of(battles, (method,), settings), battles.models, method, settings)


def fit_counts(
    wins: FloatArray,
    models: Sequence[str],
    method: Method | str = "rank_centrality",
    *,
    ties: Ties = "half",
    alpha: float = 1.0,
    l2: float = 0.0,
    scale: Scale = "natural",
    anchor: str | None = None,
    compat: Compat | None = None,
    tie_model: TieModel | None = None,
    damping: float = 0.85,
    tied: FloatArray | None = None,
) -> Ratings:
    """Score models from wins (n, n): entry [i, j] = comparisons that i won over j.

    Ties must be in the counts already; `ties` only records how they were shared out. A model of
    ties also needs `tied` (n, n), symmetric, whose halves are in `wins`. All else as in `fit`;
    methods that need an order or scores are refused.
    """
    settings = Settings(ties, alpha, l2, scale, anchor, compat, tie_model, damping)
    settings.check_method(method)
    if method not in COUNT_METHODS:
        needed = "battles in their order" if method == "elo" else "the scores themselves"
        raise ValueError(
            f"{method} needs {needed}; counts can be scored by {', '.join(COUNT_METHODS)}"
        )
    counts = _checked_counts(wins, len(models), "wins")
    seen = Evidence(wins=counts[None])
    if needs_ties(method, settings):
        if tied is None:
            raise ValueError("a model of ties needs the ties apart as well: tied=(n, n)")
        ties_apart = _checked_counts(tied, len(models), "tied")
        if not np.array_equal(ties_apart, ties_apart.T) or (counts < ties_apart / 2 - 1e-9).any():
            raise ValueError("tied must be symmetric, and wins must hold half of each tie")
        seen = Evidence(wins=counts[None], tied=ties_apart[None])
    check_enough(None, len(models))
    return rate(seen, tuple(models), method, settings)


def evidence_of(data: Battles | Scores, methods: Sequence[str], settings: Settings) -> Evidence:
    """Reduce the data as they are to what `methods` need: one data set."""
    needs_tables = isinstance(data, Scores) or any(
        name not in ("elo", *COUNT_METHODS) or needs_ties(name, settings) for name in methods
    )
    if "elo" in methods or needs_tables:
        by: By = "cluster" if data.cluster is not None else "row"
        sampler = Resampler.of(data, by, methods=methods, settings=settings)
        return sampler.evidence(sampler.whole())
    assert isinstance(data, Battles)
    return Evidence(wins=data.tally(settings.ties_used)[None])


def check_enough(n_rows: int | None, n_models: int) -> None:
    """Raise unless there is something to compare."""
    if n_rows == 0:
        raise NoBattlesError
    if n_models < 2:
        raise OneModelError(n_models)


def rate(seen: Evidence, models: tuple[str, ...], method: str, settings: Settings) -> Ratings:
    """Score one data set under checked settings."""
    raw = estimate(seen, method, settings)
    if method in seen.means and not np.isfinite(raw.scores).all():
        empty = np.flatnonzero(seen.means[method][1][0] == 0)
        names = ", ".join(models[code] for code in empty)
        raise NoBattlesError(f"rated answer in an opening turn for each of {names}")
    if not np.isfinite(raw.scores).all():
        raise _no_scores(seen, models, method)
    scores = to_scale(raw.scores[0], method, settings.scale, settings.anchor_code(models))
    parameters = {} if raw.parameter is None else {
        _parameter_name(method, settings): float(raw.parameter[0])
    }  # fmt: skip
    return Ratings(
        models=models,
        scores=scores,
        ranks=ranks_of(scores),
        method=method,
        scale=settings.scale,
        settings=settings.as_dict(method),
        iterations=raw.steps,
        parameters=parameters,
    )


def _parameter_name(method: str, settings: Settings) -> str:
    if method == "newman":
        return "v"
    return "nu" if settings.tie_model == "davidson" else "eta"


def _checked_counts(given: FloatArray, n: int, name: str) -> FloatArray:
    counts = np.asarray(given, dtype=np.float64)
    if counts.shape != (n, n):
        raise ValueError(f"{name} must have shape ({n}, {n}) for {n} models, found {counts.shape}")
    if not (np.isfinite(counts) & (counts >= 0)).all():
        raise ValueError(f"{name} must hold finite counts of at least 0")
    if np.diagonal(counts).any():
        raise ValueError(f"{name} must have a zero diagonal: no model wins over itself")
    return counts


def _no_scores(seen: Evidence, models: tuple[str, ...], method: str) -> NotConnectedError:
    penalty = "give a penalty (l2=0.01) or leave those models out (Battles.select)"
    remedy = {
        "bradley_terry": penalty,
        "newman": penalty,
        "rank_centrality": "give pseudo-wins (alpha=1) or leave those models out",
    }.get(method, "leave those models out")
    wins = np.zeros((len(models), len(models))) if seen.wins is None else seen.wins[0]
    return NotConnectedError(method, remedy, connectivity(wins, models))
