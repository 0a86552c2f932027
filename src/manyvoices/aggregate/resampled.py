"""What `bootstrap` returns: scores over resamples, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from manyvoices.aggregate.estimators import finite_rows
from manyvoices.aggregate.kinds import Backend, FloatArray, IntArray, Interval
from manyvoices.aggregate.ratings import Ratings, build_frame, ranks_of
from manyvoices.aggregate.resampling import By


@dataclass(frozen=True, slots=True, eq=False)
class MethodBootstrap:
    """One method's scores over all resamples, and what follows from them."""

    ratings: Ratings
    """The scores on the battles as they are; the intervals below surround these."""
    scores: FloatArray
    """(n_resamples, n); a row of NaN where the resample determines no scores."""
    low: FloatArray
    """(n,) lower end of the interval of the score, of the kind asked for."""
    high: FloatArray
    """(n,) upper end."""
    rank_low: IntArray
    """(n,) best rank in the percentile interval, 1 = first."""
    rank_high: IntArray
    """(n,) worst rank in the interval."""
    p_beats: FloatArray
    """(n, n) share of resamples in which i scores above j, an equal score counting half; the
    diagonal is 0.5."""
    n_failed: int
    """Resamples without scores. They are left out of everything above: the intervals hold given
    that scores exist, and are too narrow when this is more than a few percent of all resamples."""

    interval: Interval = "percentile"

    @property
    def p_first(self) -> FloatArray:
        """(n,) chance of being first: share of resamples, shared out where several are."""
        found = self.scores[finite_rows(self.scores)]
        first = ranks_of(found) == 1
        return np.asarray((first / first.sum(axis=1, keepdims=True)).mean(axis=0))

    def difference(
        self, first: str, second: str, level: float = 0.95
    ) -> tuple[float, float, float]:
        """Return score of `first` less score of `second`, and its percentile interval.

        Paired: both scores of a resample stand on the same people.
        """
        i, j = self.ratings.models.index(first), self.ratings.models.index(second)
        drawn = self.scores[finite_rows(self.scores)]
        tail = (1.0 - level) / 2.0
        low, high = np.quantile(drawn[:, i] - drawn[:, j], [tail, 1.0 - tail])
        return float(self.ratings.scores[i] - self.ratings.scores[j]), float(low), float(high)

    def to_frame(self, backend: Backend = "polars") -> Any:
        """Return rank, model, score, low, high, rank_low, rank_high, p_first, best first."""
        order = np.argsort(self.ratings.ranks, kind="stable")
        columns: dict[str, list[Any]] = {
            "rank": self.ratings.ranks[order].tolist(),
            "model": [self.ratings.models[code] for code in order],
            "score": self.ratings.scores[order].tolist(),
        }
        for name in ("low", "high", "rank_low", "rank_high"):
            columns[name] = getattr(self, name)[order].tolist()
        columns["p_first"] = self.p_first[order].tolist()
        return build_frame(columns, backend)


@dataclass(frozen=True, slots=True, eq=False)
class BootstrapRatings(Mapping[str, MethodBootstrap]):
    """Result of `bootstrap`: method name -> `MethodBootstrap`."""

    models: tuple[str, ...]
    results: Mapping[str, MethodBootstrap]
    n_resamples: int
    by: By
    level: float
    seed: int
    n_units: int
    """How many participants (or rows) were drawn, with replacement, in each resample."""

    def __getitem__(self, method: str) -> MethodBootstrap:
        return self.results[method]

    def __iter__(self) -> Iterator[str]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)
