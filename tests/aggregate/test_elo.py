"""Elo: the rule told plainly, the three ways to compute it, and what the order does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.real_data import needs_real_data

from manyvoices.aggregate import Battles, bootstrap, fit, fit_counts
from manyvoices.aggregate.bootstrap import Resampler
from manyvoices.aggregate.elo import elo, played_in_order


def told_plainly(rows: list[tuple[str, str, float]], k: float = 4) -> dict[str, float]:
    """FastChat's rule: 1000 to begin with, scale 400, base 10, K = 4, one battle after another."""
    rating: dict[str, float] = {}
    for a, b, outcome in rows:
        ra, rb = rating.setdefault(a, 1000.0), rating.setdefault(b, 1000.0)
        expected_a = 1 / (1 + 10 ** ((rb - ra) / 400))
        expected_b = 1 / (1 + 10 ** ((ra - rb) / 400))
        rating[a] += k * (outcome - expected_a)
        rating[b] += k * (1 - outcome - expected_b)
    return rating


def rows_of(battles: Battles) -> list[tuple[str, str, float]]:
    return [(battles.models[a], battles.models[b], outcome)
            for a, b, outcome in zip(battles.a, battles.b, battles.outcome,
                                     strict=True)]  # fmt: skip


@needs_real_data
def test_mt_bench_gives_the_ratings_of_fastchats_rule(mt_bench: Battles) -> None:
    expected = told_plainly(rows_of(mt_bench))
    ratings = fit(mt_bench, "elo")
    for model, score in zip(ratings.models, ratings.scores, strict=True):
        assert score == pytest.approx(expected[model], abs=1e-10)


def test_the_step_is_a_setting(drawn_battles: Battles) -> None:
    expected = told_plainly(rows_of(drawn_battles), k=32)
    ratings = fit(drawn_battles, "elo", k=32)
    assert ratings.scores == pytest.approx([expected[m] for m in ratings.models], abs=1e-9)
    assert ratings.settings["k"] == 32
    with pytest.raises(ValueError, match="above 0"):
        fit(drawn_battles, "elo", k=0)


def test_the_order_is_the_callers_and_decides_the_result(drawn_battles: Battles) -> None:
    back = np.arange(len(drawn_battles))[::-1]
    reversed_rows = told_plainly(rows_of(drawn_battles)[::-1])
    ratings = fit(drawn_battles, "elo", order=back)
    assert ratings.scores == pytest.approx([reversed_rows[m] for m in ratings.models], abs=1e-9)
    assert ratings.scores.tolist() != fit(drawn_battles, "elo").scores.tolist()
    with pytest.raises(ValueError, match="exactly once"):
        fit(drawn_battles, "elo", order=np.zeros(len(drawn_battles), dtype=int))


@settings(deadline=None, max_examples=30)
@given(st.integers(2, 6), st.integers(1, 60), st.integers(1, 8), st.integers(0, 2**32 - 1))
def test_all_three_ways_play_the_same_battles(n: int, rows: int, people: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    a = rng.integers(0, n, rows)
    played = played_in_order(
        a,
        (a + rng.integers(1, n, rows)) % n,
        rng.choice([0.0, 0.5, 1.0], rows),
        n_models=n,
        weight=rng.random(rows),
        unit=rng.integers(0, people, rows),
        order=rng.permutation(rows),
        k=20,
    )
    times = rng.integers(0, 4, (people, 5)).astype(float)
    together = elo(played, times, engine="numpy")
    alone = [elo(played, times[:, [each]], engine="numpy")[0] for each in range(5)]
    assert together == pytest.approx(np.array(alone), abs=1e-9)
    assert elo(played, times) == pytest.approx(together, abs=1e-9)


def test_the_compiled_loop_equals_its_pure_twin(drawn_battles: Battles) -> None:
    pytest.importorskip("numba")
    sampler = Resampler.of(drawn_battles, methods=("elo",))
    times = sampler.draw(np.random.default_rng(0), 40)
    assert sampler.played is not None
    pure = elo(sampler.played, times, engine="numpy")
    assert elo(sampler.played, times, engine="numba") == pytest.approx(pure, abs=1e-10)


def test_a_resample_plays_each_persons_battles_as_often_as_they_were_drawn(
    drawn_battles: Battles,
) -> None:
    drawn = bootstrap(drawn_battles, "elo", n_resamples=6, seed=1)["elo"]
    times = Resampler.of(drawn_battles).draw(np.random.default_rng(1), 6).astype(int)
    people = np.unique(drawn_battles.cluster, return_inverse=True)[1]
    rows = rows_of(drawn_battles)
    for each, scores in enumerate(drawn.scores):
        again = [row for place, row in enumerate(rows) for _ in range(times[people[place], each])]
        expected = told_plainly(again)
        assert scores == pytest.approx([expected[m] for m in drawn_battles.models], abs=1e-9)


def test_points_are_kept_and_weights_are_steps() -> None:
    rows = [("x", "y", 1.0, "p"), ("y", "z", 0.5, "q"), ("z", "x", 1.0, "p")]
    frame = {name: [row[place] for row in rows] for place, name in
             enumerate(("model_a", "model_b", "outcome", "participant_id"))}  # fmt: skip
    heavy = Battles.from_frame({**frame, "w": [2.0, 1.0, 0.0]}, weight="w")
    ratings = fit(heavy, "elo")
    assert ratings.scores.sum() == pytest.approx(3000)
    assert ratings.scores[0] == pytest.approx(1004)


def test_scales_of_elo(drawn_battles: Battles) -> None:
    natural = fit(drawn_battles, "elo").scores
    anchored = fit(drawn_battles, "elo", scale="elo", anchor="cedar").scores
    assert anchored == pytest.approx(natural - natural[2] + 1000)
    shares = fit(drawn_battles, "elo", scale="probability").scores
    assert shares == pytest.approx(10 ** (natural / 400) / (10 ** (natural / 400)).sum())


def test_counts_have_no_order(drawn_battles: Battles) -> None:
    with pytest.raises(ValueError, match="order"):
        fit_counts(drawn_battles.tally(), drawn_battles.models, "elo")
