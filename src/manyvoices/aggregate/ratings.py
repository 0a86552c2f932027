"""What `fit` returns: scores with ranks and with the settings that made them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np

from manyvoices.aggregate.kinds import Backend, FloatArray, IntArray, Scale
from manyvoices.schema.errors import MissingExtraError

ELO_PER_LOG = 400.0 / np.log(10.0)
ELO_CENTRE = 1000.0


LOG_METHODS = ("bradley_terry", "newman")
SHARE_METHODS = ("rank_centrality", "pagerank")


@dataclass(frozen=True, slots=True)
class Coefficient:
    """How much a difference between two answers moves the log odds of winning."""

    name: str
    value: float
    """Log odds for one unit of the difference a minus b."""
    error: float
    """Standard error that allows for participants who judge alike (sandwich)."""
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Ratings:
    """One score per model."""

    models: tuple[str, ...]
    scores: FloatArray
    """(n,), higher is better, in the unit that `scale` names (see `fit`)."""
    ranks: IntArray
    """(n,), 1 = best; models with equal scores share the better rank."""
    method: str
    scale: Scale
    settings: Mapping[str, Any] = field(default_factory=dict)
    """The arguments that made the scores: ties, alpha, l2, anchor, compat."""
    iterations: int = 0
    """Newton steps taken; 0 for methods that take none."""
    converged: bool = True
    """Always true on a result that was returned: not converging raises."""
    parameters: Mapping[str, float] = field(default_factory=dict)
    """What was estimated beside the scores: nu (davidson), eta (rao_kupper), v (newman)."""
    coefficients: tuple[Coefficient, ...] = ()
    """One per covariate of style control, in the order given."""

    def to_frame(self, backend: Backend = "polars") -> Any:
        """Return columns rank, model, score, best first, as a polars or pandas frame or a dict."""
        order = np.argsort(self.ranks, kind="stable")
        return build_frame(
            {
                "rank": [int(self.ranks[code]) for code in order],
                "model": [self.models[code] for code in order],
                "score": [float(self.scores[code]) for code in order],
            },
            backend,
        )


def build_frame(columns: dict[str, list[Any]], backend: Backend) -> Any:
    """Hand `columns` over in the library that the caller named, imported only here and now."""
    if backend == "dict":
        return columns
    if backend not in ("polars", "pandas"):
        raise ValueError(f"backend must be 'polars', 'pandas' or 'dict', found {backend!r}")
    try:
        library = import_module(backend)
    except ImportError as error:
        extra = {"polars": "analysis", "pandas": "dev"}[backend]
        raise MissingExtraError(f"to_frame({backend!r})", extra) from error
    return library.DataFrame(columns)


def ranks_of(scores: FloatArray) -> IntArray:
    """Return ranks (..., n) of scores (..., n): 1 = highest, equal scores share the better rank.

    Scores are equal when they differ by less than 1e-12 of the largest: that is rounding.
    """
    order = np.argsort(-scores, axis=-1, kind="stable")
    falling = np.take_along_axis(scores, order, axis=-1)
    first = np.ones(scores.shape, dtype=np.bool_)
    rounding = 1e-12 * np.abs(scores).max(axis=-1, keepdims=True, initial=0.0)
    first[..., 1:] = falling[..., :-1] - falling[..., 1:] > rounding
    place = np.where(first, np.arange(1, scores.shape[-1] + 1), 0)
    ranks = np.empty(scores.shape, dtype=np.int64)
    np.put_along_axis(ranks, order, np.maximum.accumulate(place, axis=-1), axis=-1)
    return ranks


def to_scale(raw: FloatArray, method: str, scale: Scale, anchor: int | None) -> FloatArray:
    """Express raw scores (..., n) of an estimator in `scale`; the units are those of `fit`."""
    if scale not in ("natural", "elo", "probability"):
        raise ValueError(f"scale must be 'natural', 'elo' or 'probability', found {scale!r}")
    has_strengths = method == "elo" or method in LOG_METHODS or method in SHARE_METHODS
    has_logs = has_strengths and not (method in SHARE_METHODS and scale == "natural")
    if anchor is not None and (not has_logs or scale == "probability"):
        raise ValueError(
            f"anchor fixes the zero of a log scale, which {method} in scale {scale!r} is not; "
            "leave anchor out, or use scale='elo' (rank_centrality, bradley_terry)"
        )
    if not has_strengths:
        if scale == "elo" or (scale == "probability" and method != "win_rate"):
            name = "Elo" if scale == "elo" else "probability"
            raise ValueError(f"{method} has no {name} scale; use bradley_terry with it")
        return raw
    if method == "elo" and scale != "probability":
        return raw if anchor is None else np.asarray(raw - raw[..., [anchor]] + ELO_CENTRE)
    if method in SHARE_METHODS and scale != "elo":
        return raw
    logs = raw / ELO_PER_LOG if method == "elo" else raw
    return _logs_to_scale(np.log(raw) if method in SHARE_METHODS else logs, scale, anchor)


def _logs_to_scale(logs: FloatArray, scale: Scale, anchor: int | None) -> FloatArray:
    if scale == "probability":
        strength = np.exp(logs - logs.max(axis=-1, keepdims=True))
        return np.asarray(strength / strength.sum(axis=-1, keepdims=True))
    centre = logs.mean(axis=-1, keepdims=True) if anchor is None else logs[..., [anchor]]
    if scale == "natural":
        return np.asarray(logs - centre)
    return np.asarray(ELO_CENTRE + ELO_PER_LOG * (logs - centre))
