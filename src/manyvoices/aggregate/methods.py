"""`fit` and `fit_counts`: one door to every estimator."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from manyvoices.aggregate import estimators
from manyvoices.aggregate.battles import Battles
from manyvoices.aggregate.connectivity import connectivity
from manyvoices.aggregate.errors import NotConnectedError
from manyvoices.aggregate.kinds import Compat, FloatArray, Method, Scale, Ties
from manyvoices.aggregate.ratings import Ratings, ranks_of, to_scale

METHODS: tuple[str, ...] = ("rank_centrality", "bradley_terry", "win_rate")


@dataclass(frozen=True, slots=True)
class Settings:
    """The arguments that `fit`, `fit_counts` and `bootstrap` share, checked once."""

    ties: Ties = "half"
    alpha: float = 1.0
    l2: float = 0.0
    scale: Scale = "natural"
    anchor: str | None = None
    compat: Compat | None = None

    def __post_init__(self) -> None:
        for name, value in (("alpha", self.alpha), ("l2", self.l2)):
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{name} must be a finite number of at least 0, found {value!r}")
        if self.compat not in (None, "prism"):
            raise ValueError(f"compat must be None or 'prism', found {self.compat!r}")
        if self.compat == "prism" and self.ties == "drop":
            raise ValueError("compat='prism' counts a tie as one win each way; leave ties out")

    @property
    def ties_used(self) -> Ties:
        """How ties are shared out: PRISM's own way under compat, else `ties`."""
        return "both" if self.compat == "prism" else self.ties

    def check_method(self, method: str) -> None:
        """Raise `ValueError` unless `method` exists and goes with these settings."""
        if method not in METHODS:
            raise ValueError(
                f"method {method!r} is not available; the methods are {', '.join(METHODS)}"
            )
        if self.compat == "prism" and method != "rank_centrality":
            raise ValueError(
                f"compat='prism' reproduces rank_centrality only, found method {method!r}"
            )

    def anchor_code(self, models: tuple[str, ...]) -> int | None:
        """Return the anchor's place among `models`, None without an anchor."""
        if self.anchor is None:
            return None
        if self.anchor not in models:
            raise ValueError(f"anchor {self.anchor!r} is not among the models {', '.join(models)}")
        return models.index(self.anchor)

    def as_dict(self) -> dict[str, Any]:
        """Return what `Ratings.settings` records."""
        return {"ties": self.ties_used, "alpha": self.alpha, "l2": self.l2,
                "anchor": self.anchor, "compat": self.compat}  # fmt: skip


def fit(
    battles: Battles,
    method: Method | str = "rank_centrality",
    *,
    ties: Ties = "half",
    alpha: float = 1.0,
    l2: float = 0.0,
    scale: Scale = "natural",
    anchor: str | None = None,
    compat: Compat | None = None,
) -> Ratings:
    """Score the models of `battles`.

    `method`: "rank_centrality" (`alpha` pseudo-wins), "bradley_terry" (`l2` penalty) or
    "win_rate". `ties`: see `Battles.tally`.

    `scale`: "natural" is a share that sums to 1 (rank_centrality), a log strength (bradley_terry;
    mean 0, or the anchor at 0), a share of wins (win_rate). "probability" is strengths that sum to
    1, or win_rate as it is. "elo" is 1000 + 400 log10(strength), the mean, or the `anchor`, at
    1000; a difference of 400 means odds of 10 to 1.

    `compat="prism"` reproduces PRISM's published rank centrality, its mismatch of indices and its
    ties (one win each way) included; `ties` is then "both".

    Raises `NotConnectedError` where the scores would be infinite, `ConvergenceError` where Newton
    does not converge, `ValueError` for arguments that do not go together.
    """
    settings = Settings(ties, alpha, l2, scale, anchor, compat)
    settings.check_method(method)
    return rate(battles.tally(settings.ties_used), battles.models, method, settings)


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
) -> Ratings:
    """Score models from wins (n, n): entry [i, j] = comparisons that i won over j.

    Ties must be in the counts already; `ties` only records how they were shared out. All else as
    in `fit`.
    """
    settings = Settings(ties, alpha, l2, scale, anchor, compat)
    settings.check_method(method)
    return rate(_checked_counts(wins, len(models)), tuple(models), method, settings)


def rate(wins: FloatArray, models: tuple[str, ...], method: str, settings: Settings) -> Ratings:
    """Score one count matrix (n, n) under checked settings."""
    if len(models) < 2:
        raise ValueError(
            f"a ranking needs battles between at least two models, found {len(models)}"
        )
    raw, steps = estimate(wins[None], method, settings)
    if not np.isfinite(raw).all():
        raise _no_scores(wins, models, method)
    scores = to_scale(raw[0], method, settings.scale, settings.anchor_code(models))
    return Ratings(
        models=models,
        scores=scores,
        ranks=ranks_of(scores),
        method=method,
        scale=settings.scale,
        settings=settings.as_dict(),
        iterations=steps,
    )


def estimate(
    wins: FloatArray, method: str, settings: Settings, *, start: FloatArray | None = None
) -> tuple[FloatArray, int]:
    """Return raw scores (B, n) of wins (B, n, n), NaN where none exist, and the steps taken."""
    if method == "bradley_terry":
        return estimators.bradley_terry(wins, l2=settings.l2, start=start)
    if method == "win_rate":
        return estimators.win_rate(wins), 0
    if settings.compat == "prism":
        return estimators.rank_centrality_prism(wins, alpha=settings.alpha), 0
    return estimators.rank_centrality(wins, alpha=settings.alpha), 0


def _checked_counts(wins: FloatArray, n: int) -> FloatArray:
    counts = np.asarray(wins, dtype=np.float64)
    if counts.shape != (n, n):
        raise ValueError(f"wins must have shape ({n}, {n}) for {n} models, found {counts.shape}")
    if not (np.isfinite(counts) & (counts >= 0)).all():
        raise ValueError("wins must hold finite counts of at least 0")
    if np.diagonal(counts).any():
        raise ValueError("wins must have a zero diagonal: no model wins over itself")
    return counts


def _no_scores(wins: FloatArray, models: tuple[str, ...], method: str) -> NotConnectedError:
    remedy = {
        "bradley_terry": "give a penalty (l2=0.01) or leave those models out (Battles.select)",
        "rank_centrality": "give pseudo-wins (alpha=1) or leave those models out",
        "win_rate": "leave those models out",
    }[method]
    return NotConnectedError(method, remedy, connectivity(wins, models))
