"""How much a ranking depends on who happened to take part: cohorts of people drawn at random.

PRISM, Figures 4 A and 34 and Table 26 (arXiv 2404.16019, section 3.2 and appendix T.7).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from manyvoices.aggregate import Scores, by_sample_size
from manyvoices.aggregate.estimators import rank_centrality
from manyvoices.aggregate.resampling import Resampler
from manyvoices.analyse.ranks.openers import overall, ranks_of_wins, wins_of
from manyvoices.analyse.table import FloatArray, IntArray

SIZES = (10, 50, 100, 500)
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, slots=True, eq=False)
class Cohort:
    """Ranks and scores in cohorts of one size; models in the order of `Cohorts.models`."""

    size: int
    n_draws: int
    """1 for everybody: there is one such cohort."""
    ranks: FloatArray
    """(5, n) quantiles `QUANTILES` of the rank over draws in which the model was judged."""
    scores: FloatArray
    """(5, n) the same of the rank centrality score."""
    p_first: FloatArray
    """(n,) share of the draws in which the model is first (shared where several are)."""
    tau: tuple[float, float, float]
    """5th, 50th and 95th percentile of Kendall's tau-a between a draw and everybody."""


@dataclass(frozen=True, slots=True)
class Property:
    """One row of Table 26."""

    name: str
    cells: tuple[tuple[float, float], ...]
    """(mean, standard deviation over draws) for each size in `Cohorts.table_sizes`."""


@dataclass(frozen=True, slots=True, eq=False)
class Cohorts:
    """Rankings by cohorts of several sizes."""

    models: tuple[str, ...]
    """Best first, by everybody's rank centrality."""
    n_people: int
    sizes: tuple[Cohort, ...]
    """Rising; the last is everybody."""
    table_sizes: tuple[int, ...]
    """Falling; the first is everybody."""
    properties: tuple[Property, ...]


def cohorts(
    scores: Scores, *, sizes: Sequence[int] = SIZES, n_draws: int = 1000, seed: int = 0
) -> Cohorts:
    """Rank the models anew in cohorts of `sizes` people, `n_draws` times each.

    People are drawn without replacement: the standard deviations of PRISM's Table 26 are those of
    such draws (21.3 prompts at N = 500; with replacement it would be 27.5), although its text
    speaks of bootstraps. A cohort near everybody therefore varies little, whatever the data:
    spread at full size is what the leaderboard's intervals show.
    """
    sampler = Resampler.of(scores, "cluster")
    people = sampler.n_units
    _, ranks = overall(scores.battles())
    order = np.argsort(ranks, kind="stable")
    kept = tuple(size for size in sorted(set(sizes)) if 1 < size < people)
    drawn = draw_wins(sampler, (*kept, people), n_draws=n_draws, seed=seed)
    whole = drawn[people][0]
    return Cohorts(
        models=tuple(scores.models[code] for code in order),
        n_people=people,
        sizes=tuple(_cohort(size, wins, whole, order) for size, wins in drawn.items()),
        table_sizes=(people, *reversed(kept)),
        properties=_properties(scores, tuple(reversed(kept)), n_draws, seed),
    )


def draw_wins(
    sampler: Resampler, sizes: Sequence[int], *, n_draws: int, seed: int
) -> dict[int, FloatArray]:
    """Wins (draws, n, n) of random cohorts of each size; one draw where it is everybody.

    Within one draw smaller cohorts are parts of larger ones, so that sizes are compared on the
    same people.
    """
    parts: dict[int, list[FloatArray]] = {size: [] for size in sizes}
    for orders in people_orders(sampler, n_draws=n_draws, seed=seed):
        for size in sizes:
            if size < sampler.n_units:
                parts[size].append(wins_of(sampler, first_of(orders, size)))
    everybody = wins_of(sampler, sampler.whole())
    return {size: np.concatenate(found) if found else everybody for size, found in parts.items()}


def people_orders(sampler: Resampler, *, n_draws: int, seed: int) -> Iterator[IntArray]:
    """Yield (b, units): random orders of all people, `n_draws` in all."""
    rng = np.random.default_rng(seed)
    size = sampler.chunk(n_draws)
    for begin in range(0, n_draws, size):
        keys = rng.random((min(size, n_draws - begin), sampler.n_units))
        yield np.argsort(keys, axis=1).astype(np.int64)


def first_of(orders: IntArray, size: int) -> FloatArray:
    """(units, b): 1 for the first `size` people of each order (b, units)."""
    times = np.zeros(orders.shape)
    np.put_along_axis(times, orders[:, :size], 1.0, axis=1)
    return np.ascontiguousarray(times.T)


def _cohort(size: int, wins: FloatArray, whole: FloatArray, order: IntArray) -> Cohort:
    ranks = ranks_of_wins(wins)
    judged = np.where(ranks > 0, ranks, np.nan).astype(np.float64)
    scores = np.where(ranks > 0, rank_centrality(wins), np.nan)
    first = ranks == 1
    taus = taus_with(ranks, ranks_of_wins(whole[None])[0])
    low, middle, high = (float(x) for x in known_quantiles(taus[:, None], (0.05, 0.5, 0.95))[:, 0])
    return Cohort(
        size=size,
        n_draws=len(wins),
        ranks=known_quantiles(judged)[:, order],
        scores=known_quantiles(scores)[:, order],
        p_first=(first / first.sum(axis=1, keepdims=True)).mean(axis=0)[order],
        tau=(low, middle, high),
    )


def known_quantiles(values: FloatArray, at: Sequence[float] = QUANTILES) -> FloatArray:
    """Quantiles (len(at), ...) of values (draws, ...) that are known; NaN where no draw is."""
    found = np.full((len(at), *values.shape[1:]), np.nan)
    some = ~np.isnan(values).all(axis=0)
    found[:, some] = np.nanquantile(values[:, some], at, axis=0)
    return found


def taus_with(ranks: IntArray, reference: IntArray) -> FloatArray:
    """Kendall's tau-a (B,) of ranks (B, n) with reference (n,); models without rank (0) left out.

    NaN where fewer than two models have both ranks.
    """
    i, j = np.triu_indices(ranks.shape[1], k=1)
    both = (ranks[:, i] > 0) & (ranks[:, j] > 0) & (reference[i] > 0) & (reference[j] > 0)
    agree = np.sign(ranks[:, i] - ranks[:, j]) * np.sign(reference[i] - reference[j])
    n = both.sum(axis=1)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(n > 0, (agree * both).sum(axis=1) / n, np.nan))


def _properties(
    scores: Scores, sizes: tuple[int, ...], n_draws: int, seed: int
) -> tuple[Property, ...]:
    rows = by_sample_size(scores, sizes, n_draws=max(n_draws, 2), seed=seed).rows()
    names = tuple(dict.fromkeys(row["property"] for row in rows))
    return tuple(
        Property(name, tuple((r["mean"], r["sd"]) for r in rows if r["property"] == name))
        for name in names
    )
