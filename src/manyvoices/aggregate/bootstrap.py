"""Intervals over people: resample participants with everything they said, then score again.

A participant's battles are not independent, so rows must not be drawn one by one (that is `by=
"row"`, kept for comparison with others, who know nothing else). How resamples are counted is the
business of `resampling`. Every method is scored on the same resamples, so methods and models can be
compared draw by draw.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from manyvoices.aggregate.battles import Battles
from manyvoices.aggregate.elo import K
from manyvoices.aggregate.errors import NoResampleError, OneRaterError
from manyvoices.aggregate.estimators import finite_rows
from manyvoices.aggregate.evidence import Evidence, estimate
from manyvoices.aggregate.intervals import interval as interval_of
from manyvoices.aggregate.kinds import (
    Compat,
    FloatArray,
    IntArray,
    Interval,
    Method,
    Scale,
    TieModel,
    Ties,
)
from manyvoices.aggregate.methods import Settings, check_enough, rate
from manyvoices.aggregate.ratings import LOG_METHODS, Ratings, ranks_of, to_scale
from manyvoices.aggregate.resampled import BootstrapRatings, MethodBootstrap
from manyvoices.aggregate.resampling import CHUNK_BYTES, By, Resampler
from manyvoices.aggregate.score_methods import NormalizeBy
from manyvoices.aggregate.scores import Scores

__all__ = [
    "CHUNK_BYTES",
    "BootstrapRatings",
    "By",
    "MethodBootstrap",
    "Resampler",
    "bootstrap",
    "jackknife",
    "start_of",
]


def bootstrap(
    battles: Battles | Scores,
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
    interval: Interval = "percentile",
    tie_model: TieModel | None = None,
    damping: float = 0.85,
    k: float = K,
    order: IntArray | None = None,
    normalize_by: NormalizeBy = "openers",
) -> BootstrapRatings:
    """Score `battles` (or rated answers) again on resamples of its participants, or of its rows.

    The cluster bootstrap draws whole participants (Davison and Hinkley 1997, 3.8); `by="row"`
    draws battles, or turns of `Scores`. `interval` is "percentile", "basic" or "bca" at `level`;
    see `intervals.interval`. The other arguments are those of `fit`. The result depends on `seed`
    but not on `chunk_bytes`, which bounds the memory of the largest arrays; `on_resamples` is told
    now and then how many resamples are done.

    Elo plays every resample in the order of the rows, so its intervals speak of people, not of
    order. z-scores and ranks within a turn are taken once, before people are drawn.

    A resample may not determine the scores (a likelihood without a maximum, a model that was
    not drawn). It is left out of that method's intervals and counted in `n_failed`. Raises
    `NotConnectedError` where the battles themselves determine none, `NoResampleError` where no
    resample does, `OneRaterError` where one participant gave all judgements.
    """
    names = [methods] if isinstance(methods, str) else list(dict.fromkeys(methods))
    if not names:
        raise ValueError("name at least one method")
    settings = Settings(
        ties, alpha, l2, scale, anchor, compat, tie_model, damping, k, order, normalize_by
    )
    for name in names:
        settings.check_method(name)
    _check(n_resamples, level, interval)
    check_enough(len(battles), len(battles.models))
    counts = Resampler.of(battles, by, methods=names, settings=settings)
    if by == "cluster" and counts.n_units == 1:
        raise OneRaterError
    whole = counts.evidence(counts.whole())
    point = {name: rate(whole, battles.models, name, settings) for name in names}
    start = {name: start_of(whole, name, settings) for name in names}
    drawn: dict[str, list[FloatArray]] = {name: [] for name in names}
    for times in counts.draws(n_resamples, seed, chunk_bytes):
        batch = counts.evidence(times)
        for name in names:
            drawn[name].append(estimate(batch, name, settings, start=start[name]).scores)
        if on_resamples is not None:
            on_resamples(sum(map(len, drawn[names[0]])))
    anchor_code = settings.anchor_code(battles.models)
    results = {}
    for name in names:
        scores = to_scale(np.concatenate(drawn[name]), name, scale, anchor_code)
        left_out = None
        if interval == "bca":
            raw = jackknife(counts, name, settings, start=start[name], chunk_bytes=chunk_bytes)
            left_out = to_scale(raw, name, scale, anchor_code)
        results[name] = _summary(point[name], scores, level, interval, left_out, counts)
    return BootstrapRatings(battles.models, results, n_resamples, by, level, seed, counts.n_draws)


def jackknife(
    counts: Resampler,
    method: str,
    settings: Settings,
    *,
    start: FloatArray | None = None,
    chunk_bytes: int = CHUNK_BYTES,
) -> FloatArray:
    """Raw scores (units, n) of the data without each unit in turn; NaN where none exist."""
    size = counts.chunk(counts.n_units, chunk_bytes)
    units = np.arange(counts.n_units)
    return np.concatenate([
        estimate(counts.without(units[begin : begin + size]), method, settings, start=start).scores
        for begin in range(0, counts.n_units, size)
    ])  # fmt: skip


def start_of(whole: Evidence, method: str, settings: Settings) -> FloatArray | None:
    """Log strengths (n,) of the data as they are, where resamples begin their search."""
    if method not in LOG_METHODS:
        return None
    return np.asarray(estimate(whole, method, settings).scores[0])


def _check(n_resamples: int, level: float, interval: str) -> None:
    if n_resamples < 1:
        raise ValueError(f"n_resamples must be at least 1, found {n_resamples}")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, found {level}")
    if interval not in ("percentile", "basic", "bca"):
        raise ValueError(f"interval must be 'percentile', 'basic' or 'bca', found {interval!r}")


def _summary(
    ratings: Ratings,
    scores: FloatArray,
    level: float,
    interval: Interval,
    left_out: FloatArray | None,
    counts: Resampler,
) -> MethodBootstrap:
    found = scores[finite_rows(scores)]
    if not len(found):
        raise NoResampleError(ratings.method, len(scores))
    low, high = interval_of(
        interval, ratings.scores, found, level,
        jackknife=left_out, counts=counts.whole()[:, 0],
    )  # fmt: skip
    tail = (1.0 - level) / 2.0
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
        interval=interval,
    )


def _p_beats(scores: FloatArray) -> FloatArray:
    n = scores.shape[1]
    share = np.full((n, n), 0.5)
    for i in range(n):
        mine = scores[:, [i]]
        share[i] = (mine > scores).mean(axis=0) + 0.5 * (mine == scores).mean(axis=0)
    return share
