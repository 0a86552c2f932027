"""Standard errors of Bradley-Terry without resampling, for people who judge alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from manyvoices.aggregate.battles import Battles
from manyvoices.aggregate.covariates import Covariates, regress
from manyvoices.aggregate.errors import OneRaterError
from manyvoices.aggregate.kinds import Backend, FloatArray, Ties
from manyvoices.aggregate.methods import check_enough
from manyvoices.aggregate.ratings import build_frame, ranks_of


@dataclass(frozen=True, slots=True, eq=False)
class SandwichErrors:
    """Log strengths with mean zero, and how sure they are."""

    models: tuple[str, ...]
    scores: FloatArray
    """(n,) log strengths."""
    errors: FloatArray
    """(n,) standard errors."""
    low: FloatArray
    high: FloatArray
    covariance: FloatArray
    """(n, n) of the log strengths."""
    level: float
    n_participants: int | None
    design_effect: FloatArray
    """(n,) variance over what it would be if every battle were independent: 1 means that people
    do not judge alike, 2 that it takes twice as many battles."""

    def difference(self, first: str, second: str) -> tuple[float, float, float]:
        """Return the difference of two log strengths and its interval: value, low, high."""
        i, j = self.models.index(first), self.models.index(second)
        value = float(self.scores[i] - self.scores[j])
        c = self.covariance
        error = float(np.sqrt(c[i, i] + c[j, j] - 2 * c[i, j]))
        z = float(ndtri((1 + self.level) / 2))
        return value, value - z * error, value + z * error

    def p_beats(self) -> FloatArray:
        """(n, n) chance that i is stronger than j, by the normal approximation."""
        gap = self.scores[:, None] - self.scores[None, :]
        own = np.diagonal(self.covariance)
        error = np.sqrt(np.maximum(own[:, None] + own[None, :] - 2 * self.covariance, 1e-300))
        return np.asarray(ndtr(gap / error))

    def to_frame(self, backend: Backend = "polars") -> Any:
        """Return rank, model, score, error, low, high, design_effect, best first."""
        ranks = ranks_of(self.scores)
        order = np.argsort(ranks, kind="stable")
        columns: dict[str, list[Any]] = {
            "rank": ranks[order].tolist(), "model": [self.models[code] for code in order],
            "score": self.scores[order].tolist(), "error": self.errors[order].tolist(),
            "low": self.low[order].tolist(), "high": self.high[order].tolist(),
            "design_effect": self.design_effect[order].tolist(),
        }  # fmt: skip
        return build_frame(columns, backend)


def sandwich(
    battles: Battles,
    *,
    level: float = 0.95,
    ties: Ties = "half",
    l2: float = 0.0,
    covariates: Covariates | None = None,
) -> SandwichErrors:
    """Bradley-Terry with cluster-robust standard errors; see `covariates.regress`.

    Right for many participants (fifty and more); with fewer, `bootstrap` is the safer choice. With
    a penalty the errors are those of the penalised estimate around its own mean. Raises
    `OneRaterError` where one participant gave all judgements.
    """
    check_enough(len(battles), len(battles.models))
    if battles.n_participants == 1:
        raise OneRaterError
    found = regress(battles, covariates, ties=ties, l2=l2)
    n = len(battles.models)
    covariance = found.covariance[:n, :n]
    errors = np.sqrt(np.maximum(np.diagonal(covariance), 0.0))
    z = float(ndtri((1 + level) / 2))
    plain = np.diagonal(found.model_based)[:n]
    return SandwichErrors(
        models=battles.models, scores=found.theta, errors=errors,
        low=found.theta - z * errors, high=found.theta + z * errors, covariance=covariance,
        level=level, n_participants=battles.n_participants, design_effect=errors**2 / plain,
    )  # fmt: skip
