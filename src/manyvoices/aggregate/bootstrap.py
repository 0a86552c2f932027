"""Intervals over people: resample participants with everything they said, then score again.

A participant's battles are not independent, so rows must not be drawn one by one (that is `by=
"row"`, kept for comparison with others, who know nothing else). Each participant is reduced once to
a column of pair counts; a resample is then a vector of how often each participant was drawn, and
the count matrices of all resamples are one sparse product. Every method is scored on the same
resamples, so methods and models can be compared draw by draw.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.sparse import csr_array

from manyvoices.aggregate.battles import Battles
from manyvoices.aggregate.errors import NoResampleError
from manyvoices.aggregate.estimators import finite_rows
from manyvoices.aggregate.kinds import (
    AnyArray,
    Backend,
    Compat,
    FloatArray,
    IntArray,
    Method,
    Scale,
    Ties,
)
from manyvoices.aggregate.methods import Settings, estimate, rate
from manyvoices.aggregate.ratings import Ratings, build_frame, ranks_of, to_scale

By = Literal["cluster", "row"]
CHUNK_BYTES = 64 << 20


@dataclass(frozen=True, slots=True, eq=False)
class MethodBootstrap:
    """One method's scores over all resamples, and what follows from them."""

    ratings: Ratings
    """The scores on the battles as they are; the intervals below surround these."""
    scores: FloatArray
    """(n_resamples, n); a row of NaN where the resample determines no scores."""
    low: FloatArray
    """(n,) lower end of the percentile interval of the score."""
    high: FloatArray
    """(n,) upper end."""
    rank_low: IntArray
    """(n,) best rank in the interval, 1 = first."""
    rank_high: IntArray
    """(n,) worst rank in the interval."""
    p_beats: FloatArray
    """(n, n) share of resamples in which i scores above j, an equal score counting half; the
    diagonal is 0.5."""
    n_failed: int
    """Resamples without scores. They are left out of everything above: the intervals hold given
    that scores exist, and are too narrow when this is more than a few percent of all resamples."""

    def to_frame(self, backend: Backend = "polars") -> Any:
        """Return rank, model, score, low, high, rank_low, rank_high, best first."""
        order = np.argsort(self.ratings.ranks, kind="stable")
        columns: dict[str, list[Any]] = {
            "rank": self.ratings.ranks[order].tolist(),
            "model": [self.ratings.models[code] for code in order],
            "score": self.ratings.scores[order].tolist(),
        }
        for name in ("low", "high", "rank_low", "rank_high"):
            columns[name] = getattr(self, name)[order].tolist()
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


def bootstrap(
    battles: Battles,
    methods: Sequence[Method | str] | Method | str = ("rank_centrality",),
    *,
    n_resamples: int = 1000,
    by: By = "cluster",
    level: float = 0.95,
    seed: int = 0,
    ties: Ties = "half",
    alpha: float = 1.0,
    l2: float = 0.0,
    scale: Scale = "natural",
    anchor: str | None = None,
    compat: Compat | None = None,
    chunk_bytes: int = CHUNK_BYTES,
    on_resamples: Callable[[int], None] | None = None,
) -> BootstrapRatings:
    """Score `battles` again on resamples of its participants (or of its rows).

    Percentile intervals at `level` (Efron and Tibshirani 1993, ch. 13); the cluster bootstrap
    draws whole participants (Davison and Hinkley 1997, 3.8). The other arguments are those of
    `fit`. The result depends on `seed` but not on `chunk_bytes`, which bounds the memory of the
    largest arrays; `on_resamples` is told now and then how many resamples are done.

    A resample may not determine the scores (a likelihood without a maximum, a model that was
    not drawn). It is left out of that method's intervals and counted in `n_failed`. Raises
    `NotConnectedError` where the battles themselves determine none, `NoResampleError` where no
    resample does.
    """
    names = [methods] if isinstance(methods, str) else list(dict.fromkeys(methods))
    if not names:
        raise ValueError("name at least one method")
    settings = Settings(ties, alpha, l2, scale, anchor, compat)
    for name in names:
        settings.check_method(name)
    _check(n_resamples, level)
    wins = battles.tally(settings.ties_used)
    point = {name: rate(wins, battles.models, name, settings) for name in names}
    start = {name: _start(wins, name, settings) for name in names}
    drawn: dict[str, list[FloatArray]] = {name: [] for name in names}
    counts = Resampler.of(battles, by, settings.ties_used)
    for batch in counts.batches(n_resamples, seed, chunk_bytes):
        for name in names:
            drawn[name].append(estimate(batch, name, settings, start=start[name])[0])
        if on_resamples is not None:
            on_resamples(sum(map(len, drawn[names[0]])))
    anchor_code = settings.anchor_code(battles.models)
    results = {
        name: _summary(
            point[name], to_scale(np.concatenate(drawn[name]), name, scale, anchor_code), level
        )
        for name in names
    }
    return BootstrapRatings(battles.models, results, n_resamples, by, level, seed, counts.n_draws)


@dataclass(frozen=True, slots=True, eq=False)
class Resampler:
    """Sufficient statistics of the units that are drawn, and how to draw them."""

    table: csr_array
    """(n * n, units): pair counts of each unit."""
    n_models: int
    n_draws: int
    share: FloatArray | None
    """Chance of each unit where units are kinds of equal rows; None when all are alike."""

    @classmethod
    def of(cls, battles: Battles, by: By, ties: Ties) -> Resampler:
        """Reduce `battles` to one column per participant, or per kind of row."""
        n = len(battles.models)
        for_a, for_b = battles.shares(ties)
        share = None
        if by == "cluster":
            if battles.cluster is None:
                raise ValueError("these battles name no participants; use by='row'")
            people, unit = np.unique(battles.cluster, return_inverse=True)
            n_units = n_draws = len(people)
        elif by == "row":
            unit, first, count = _kinds(battles)
            n_units, n_draws, share = len(first), len(battles), count / len(battles)
            for_a, for_b = _only(first, for_a), _only(first, for_b)
        else:
            raise ValueError(f"by must be 'cluster' or 'row', found {by!r}")
        rows = np.concatenate((battles.a * n + battles.b, battles.b * n + battles.a))
        values = np.concatenate((for_a, for_b))
        kept = values != 0
        columns = np.concatenate((unit, unit))[kept]
        table = csr_array((values[kept], (rows[kept], columns)), shape=(n * n, n_units))
        table.sum_duplicates()
        return cls(table, n, n_draws, share)

    def batches(self, n_resamples: int, seed: int, chunk_bytes: int) -> Iterator[FloatArray]:
        """Yield count matrices (b, n, n), together `n_resamples` of them."""
        rng = np.random.default_rng(seed)
        widest = max(self.table.shape)
        size = max(1, min(n_resamples, chunk_bytes // (8 * widest)))
        for begin in range(0, n_resamples, size):
            drawn = self.draw(rng, min(size, n_resamples - begin))
            counts = np.ascontiguousarray((self.table @ drawn).T)
            yield counts.reshape(-1, self.n_models, self.n_models)

    def draw(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Return (units, size): how often each unit is in each of `size` resamples."""
        if self.share is not None:
            return rng.multinomial(self.n_draws, self.share, size=size).T.astype(np.float64)
        unit = rng.integers(0, self.n_draws, size=(size, self.n_draws))
        cell = unit * size + np.arange(size)[:, None]
        flat = np.bincount(cell.ravel(), minlength=self.n_draws * size)
        return flat.reshape(self.n_draws, size).astype(np.float64)


def _kinds(battles: Battles) -> tuple[IntArray, IntArray, FloatArray]:
    """Group equal rows: kind of each row, first row of each kind, rows of each kind."""
    columns: list[AnyArray] = [battles.a, battles.b, battles.outcome]
    if battles.weight is not None:
        columns.append(battles.weight)
    key = np.zeros(len(battles), dtype=np.int64)
    for column in columns:
        values, codes = np.unique(column, return_inverse=True)
        key = key * len(values) + codes
    _, first, unit, count = np.unique(
        key, return_index=True, return_inverse=True, return_counts=True
    )
    return unit.astype(np.int64), first.astype(np.int64), count.astype(np.float64)


def _only(rows: IntArray, values: FloatArray) -> FloatArray:
    """Keep `values` at `rows` and nothing elsewhere, so that a kind is counted once."""
    kept = np.zeros_like(values)
    kept[rows] = values[rows]
    return kept


def _start(wins: FloatArray, method: str, settings: Settings) -> FloatArray | None:
    if method != "bradley_terry":
        return None
    return np.asarray(estimate(wins[None], method, settings)[0][0])


def _check(n_resamples: int, level: float) -> None:
    if n_resamples < 1:
        raise ValueError(f"n_resamples must be at least 1, found {n_resamples}")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, found {level}")


def _summary(ratings: Ratings, scores: FloatArray, level: float) -> MethodBootstrap:
    found = scores[finite_rows(scores)]
    if not len(found):
        raise NoResampleError(ratings.method, len(scores))
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(found, [tail, 1.0 - tail], axis=0)
    ranks = ranks_of(found)
    rank_low = np.quantile(ranks, tail, axis=0, method="inverted_cdf")
    rank_high = np.quantile(ranks, 1.0 - tail, axis=0, method="inverted_cdf")
    return MethodBootstrap(
        ratings=ratings,
        scores=scores,
        low=low,
        high=high,
        rank_low=rank_low.astype(np.int64),
        rank_high=rank_high.astype(np.int64),
        p_beats=_p_beats(found),
        n_failed=len(scores) - len(found),
    )


def _p_beats(scores: FloatArray) -> FloatArray:
    n = scores.shape[1]
    share = np.full((n, n), 0.5)
    for i in range(n):
        mine = scores[:, [i]]
        share[i] = (mine > scores).mean(axis=0) + 0.5 * (mine == scores).mean(axis=0)
    return share
