"""Rank ranges hold the true ranks as often as they say, and claim no order beyond that."""

from __future__ import annotations

import numpy as np
from benchmarks.leaderboard import simulated
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from manyvoices.aggregate import Battles
from manyvoices.evaluate.leaderboard import Settings
from manyvoices.evaluate.leaderboard.boards import board
from manyvoices.evaluate.leaderboard.rank_ranges import rank_ranges


def ranges(truth: list[float], seed: int, n_draws: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Estimates with unit error, and a bootstrap that knows that error."""
    rng = np.random.default_rng(seed)
    scores = np.array(truth) + rng.normal(size=len(truth))
    found = rank_ranges(scores, scores + rng.normal(size=(n_draws, len(truth))))
    return found.best, found.worst


def covered(truth: list[float], seed: int) -> bool:
    best, worst = ranges(truth, seed)
    # With equal truths every rank between the first and last of them is true.
    values = np.array(truth)
    first = 1 + (values[None, :] > values[:, None]).sum(axis=1)
    last = len(values) - (values[None, :] < values[:, None]).sum(axis=1)
    return bool((best <= first).all() and (worst >= last).all())


def test_all_true_ranks_are_covered_at_once_in_about_95_of_100_samples() -> None:
    for truth in ([0.0] * 6, [0.0, 0.0, 1.0, 2.0, 3.5, 3.5], [0.0, 6.0, 12.0]):
        share = np.mean([covered(truth, seed) for seed in range(400)])
        assert share >= 0.925, (truth, share)


def test_models_far_apart_have_one_rank_each_and_equal_ones_all() -> None:
    best, worst = ranges([0.0, 30.0, 60.0], 3)
    assert list(best) == list(worst) == [3, 2, 1]
    rng = np.random.default_rng(0)
    found = rank_ranges(np.zeros(4), rng.normal(size=(200, 4)))
    assert list(found.best) == [1] * 4
    assert list(found.worst) == [4] * 4
    assert not found.above.any()


def test_resamples_without_scores_are_passed_over_and_none_claims_nothing() -> None:
    rng = np.random.default_rng(0)
    draws = rng.normal(size=(200, 2))
    with_gaps = np.vstack((draws, np.full((20, 2), np.nan)))
    scores = np.array([5.0, 0.0])
    one, two = rank_ranges(scores, draws + scores), rank_ranges(scores, with_gaps + scores)
    assert np.array_equal(one.best, two.best)
    none = rank_ranges(scores, np.full((5, 2), np.nan))
    assert list(none.worst) == [2, 2]


def test_boards_of_people_who_differ_in_taste_claim_no_order_of_equal_models() -> None:
    """A small version of ``benchmarks/leaderboard.py --coverage``, which has 400 studies."""
    wrong = 0
    for seed in range(40):
        battles = Battles.from_frame(simulated(np.zeros(6), 50, 20, seed))
        found = board(battles, Settings(resamples=200, seed=seed))
        wrong += any((row["rank_low"], row["rank_high"]) != (1, 6) for row in found["rows"])
    assert wrong <= 6


@given(arrays(np.float64, (30, 4), elements=st.floats(-10, 10)))
def test_a_better_score_never_has_a_worse_range(draws: np.ndarray) -> None:
    found = rank_ranges(draws.mean(axis=0), draws)
    order = np.argsort(-draws.mean(axis=0), kind="stable")
    assert (found.best <= found.worst).all()
    assert not (found.above & found.above.T).any()
    places = np.arange(1, 5)
    assert (found.best[order] <= places).all()
    assert (found.worst[order] >= places).all()
