"""Ranks by cohort: 5 sizes x 1,000 draws by products of counts, beside one fit per draw.

The loop takes the same draws: for each it selects the battles of the people drawn and ranks them by
our own `fit`, as PRISM's notebooks do with theirs (whose single fit ``benchmarks/ranking.py`` sets
beside ours). It is timed on a part of the draws, and answers are compared on these; its seconds
are for all of them, in proportion.
"""

from __future__ import annotations

import numpy as np
from benchmarks.analysing.rows import Row, in_turns

from manyvoices.aggregate import Battles, Scores, fit
from manyvoices.aggregate.resampling import Resampler
from manyvoices.analyse.ranks.cohorts import SIZES, draw_wins, people_orders
from manyvoices.analyse.ranks.openers import ranks_of_wins
from manyvoices.analyse.table import IntArray

PEOPLE, TALKS, SHOWN, MODELS = 1_246, 5, 4, 21
DRAWS, LOOPED = 1_000, 25


def made(people: int, seed: int = 0) -> Scores:
    """PRISM's shape: about 25,000 ratings of 21 models, four to an opening turn."""
    rng = np.random.default_rng(seed)
    turns = people * TALKS
    model = np.argsort(rng.random((turns, MODELS)), axis=1)[:, :SHOWN].ravel()
    quality = np.linspace(10, -10, MODELS)[model]
    return Scores(
        model=model.astype(np.int64),
        score=np.clip(np.round(60 + quality + rng.normal(0, 25, len(model))), 1, 100),
        turn=np.repeat(np.arange(turns), SHOWN),
        cluster=np.repeat(np.arange(turns) // TALKS, SHOWN),
        models=tuple(f"model-{i:02}" for i in range(MODELS)),
    )


def by_products(scores: Scores, sizes: tuple[int, ...], draws: int) -> dict[int, IntArray]:
    """Ours: ranks (draws, models) for each size."""
    sampler = Resampler.of(scores, "cluster")
    drawn = draw_wins(sampler, sizes, n_draws=draws, seed=0)
    return {size: ranks_of_wins(wins) for size, wins in drawn.items()}


def by_loop(
    battles: Battles, orders: IntArray, sizes: tuple[int, ...], draws: int
) -> dict[int, IntArray]:
    """One selection and one fit per draw."""
    found = {}
    for size in sizes:
        rows = np.zeros((draws, len(battles.models)), dtype=np.int64)
        for draw in range(draws):
            chosen = battles.select(np.isin(battles.cluster, orders[draw, :size]))
            ratings = fit(chosen, "rank_centrality")
            place = [battles.models.index(model) for model in ratings.models]
            rows[draw, place] = ratings.ranks
        found[size] = rows
    return found


def main_rows(*, scale: float = 1.0) -> list[Row]:
    """One row: all cohorts of Figure 34."""
    people = max(60, round(PEOPLE * scale))
    draws = max(20, round(DRAWS * scale))
    looped = min(LOOPED, draws)
    scores = made(people)
    sizes = (*(size for size in SIZES if size < people), people - 1)
    battles = scores.battles()
    sampler = Resampler.of(scores, "cluster")
    orders = np.concatenate(list(people_orders(sampler, n_draws=draws, seed=0)))
    ours_s, loop_s, ours, loop = in_turns(
        lambda: by_products(scores, sizes, draws),
        lambda: by_loop(battles, orders, sizes, looped),
    )
    peer_s = loop_s * draws / looped
    same = all(np.array_equal(ours[size][:looped], loop[size]) for size in sizes)
    what = (
        f"ranks of cohorts: {len(sizes)} sizes x {draws:,} draws of {people:,} people, "
        f"{len(battles):,} battles; peer: our `fit` per draw, {looped} draws timed; same: all ranks"
    )
    return [Row(what, ours_s, peer_s, peer_s / ours_s, "", same)]


if __name__ == "__main__":
    for row in main_rows():
        print(f"{row.what}\nours {row.ours_s:.3f} s, peer {row.peer_s:.2f} s, "
              f"ratio {row.ratio:.0f}, same {row.same}")  # fmt: skip
