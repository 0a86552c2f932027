"""The arguments that `fit`, `fit_counts`, `bootstrap` and their like share, checked once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from manyvoices.aggregate.elo import K
from manyvoices.aggregate.evidence import COUNT_METHODS, needs_ties
from manyvoices.aggregate.kinds import Compat, IntArray, Scale, TieModel, Ties
from manyvoices.aggregate.score_methods import SCORE_METHODS, NormalizeBy

METHODS: tuple[str, ...] = (
    "rank_centrality", "bradley_terry", "elo", "win_rate", "pagerank", "newman", *SCORE_METHODS,
)  # fmt: skip
"""Every method of `fit`."""
BATTLE_METHODS = tuple(name for name in METHODS if name not in SCORE_METHODS)


@dataclass(frozen=True, slots=True, eq=False)
class Settings:
    """How to score. Each method reads the settings that it knows."""

    ties: Ties = "half"
    alpha: float = 1.0
    l2: float = 0.0
    scale: Scale = "natural"
    anchor: str | None = None
    compat: Compat | None = None
    tie_model: TieModel | None = None
    damping: float = 0.85
    k: float = K
    order: IntArray | None = None
    normalize_by: NormalizeBy = "openers"

    def __post_init__(self) -> None:
        for name, value in (("alpha", self.alpha), ("l2", self.l2)):
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{name} must be a finite number of at least 0, found {value!r}")
        if not 0 <= self.damping < 1:
            raise ValueError(f"damping must lie between 0 and below 1, found {self.damping!r}")
        if self.tie_model not in (None, "davidson", "rao_kupper"):
            raise ValueError(
                f"tie_model must be None, 'davidson' or 'rao_kupper', found {self.tie_model!r}"
            )
        if self.tie_model is not None and self.ties != "half":
            raise ValueError("a model of ties reads each tie itself; leave ties='half'")
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
        if needs_ties(method, self) and self.ties != "half":
            raise ValueError(f"{method} models ties itself; leave ties='half'")

    def anchor_code(self, models: tuple[str, ...]) -> int | None:
        """Return the anchor's place among `models`, None without an anchor."""
        if self.anchor is None:
            return None
        if self.anchor not in models:
            raise ValueError(f"anchor {self.anchor!r} is not among the models {', '.join(models)}")
        return models.index(self.anchor)

    def as_dict(self, method: str) -> dict[str, Any]:
        """Return what `Ratings.settings` records."""
        used: dict[str, Any] = {"ties": self.ties_used, "alpha": self.alpha, "l2": self.l2,
                                "anchor": self.anchor, "compat": self.compat}  # fmt: skip
        if method == "bradley_terry" and self.tie_model is not None:
            used["tie_model"] = self.tie_model
        if method == "pagerank":
            used["damping"] = self.damping
        if method == "normalized_score":
            used["normalize_by"] = self.normalize_by
        if method == "elo":
            used |= {"k": self.k, "order": "rows" if self.order is None else "given"}
        return used


__all__ = ["BATTLE_METHODS", "COUNT_METHODS", "METHODS", "SCORE_METHODS", "Settings"]
