"""Rated answers: the numbers by hand, and the battles that they become."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from manyvoices.aggregate import (
    SCORE_METHODS,
    Battles,
    NoBattlesError,
    Scores,
    WeightError,
    bootstrap,
    fit,
)
from manyvoices.aggregate.score_methods import normalized, turn_ranks

COLUMNS: dict[str, list[Any]] = {
    "participant_id": ["p", "p", "p", "p", "q", "q", "q", "r"],
    "turn_id": ["t1", "t1", "t1", "t2", "t3", "t3", "t3", "t4"],
    "model": ["ash", "elm", "oak", "ash", "elm", "ash", "oak", "oak"],
    "score": [80.0, 40.0, 40.0, 100.0, 50.0, 50.0, None, 70.0],
    "opening": [True, True, True, False, True, True, True, True],
}


@pytest.fixture
def scores() -> Scores:
    return Scores.from_frame(COLUMNS)


@pytest.mark.parametrize("build", [dict, pd.DataFrame, pl.DataFrame, pa.table])
def test_every_kind_of_table_gives_the_same_scores(build: Any) -> None:
    found = Scores.from_frame(build(COLUMNS))
    assert found.models == ("ash", "elm", "oak")
    assert found.model.tolist() == [0, 1, 2, 0, 1, 0, 2]
    assert found.excluded == {"unrated": 1}
    assert found.n_participants == 3


def test_mean_score_is_over_opening_turns_alone(scores: Scores) -> None:
    ratings = fit(scores, "mean_score")
    assert ratings.scores == pytest.approx([(80 + 50) / 2, (40 + 50) / 2, (40 + 70) / 2])
    assert ratings.ranks.tolist() == [1, 3, 2]


def test_a_z_score_is_from_the_persons_own_mean_with_divisor_n_minus_1(scores: Scores) -> None:
    openers = np.array([80.0, 40.0, 40.0])
    expected = (openers - openers.mean()) / openers.std(ddof=1)
    z = normalized(scores)
    assert z[:3] == pytest.approx(expected)
    assert z[4:6].tolist() == [0.0, 0.0]  # one and the same score
    assert np.isnan(z[6])  # a single score has no deviation
    all_turns = np.array([80.0, 40.0, 40.0, 100.0])
    whole = normalized(scores, "all")
    assert whole[:4] == pytest.approx((all_turns - all_turns.mean()) / all_turns.std(ddof=1))
    ratings = fit(scores, "normalized_score")
    assert ratings.scores == pytest.approx([expected[0] / 2, expected[1] / 2, expected[2]])
    assert fit(scores, "normalized_score", normalize_by="all").scores[0] != ratings.scores[0]


def test_equal_scores_of_a_turn_share_the_mean_of_their_ranks(scores: Scores) -> None:
    assert turn_ranks(scores).tolist() == [1.0, 2.5, 2.5, 1.0, 1.5, 1.5, 1.0]
    assert fit(scores, "within_turn_rank").scores == pytest.approx([-1.25, -2.0, -1.75])


def test_random_breaking_of_ties_as_prism_did_has_this_mean() -> None:
    rng = np.random.default_rng(0)
    score = rng.integers(1, 5, 40).astype(float)
    found = Scores(np.tile(np.arange(4), 10), score, np.repeat(np.arange(10), 4),
                   np.zeros(40, int), tuple("abcd"))  # fmt: skip
    total = np.zeros(40)
    for _ in range(4000):
        noisy = (score + rng.uniform(-1e-4, 1e-4, 40)).reshape(10, 4)
        total += (np.argsort(np.argsort(-noisy, axis=1), axis=1) + 1).ravel()
    assert total / 4000 == pytest.approx(turn_ranks(found), abs=0.08)


def test_battles_are_all_pairs_of_an_opening_turn(scores: Scores) -> None:
    battles = scores.battles()
    pairs = zip(battles.a.tolist(), battles.b.tolist(), battles.outcome.tolist(), strict=True)
    assert list(pairs) == [(0, 1, 1.0), (0, 2, 1.0), (1, 2, 0.5), (1, 0, 0.5)]
    assert battles.n_participants == 2
    assert scores.battles(tie_threshold=40).outcome.tolist() == [0.5] * 4
    assert scores.battles(tie_threshold=39.9).outcome.tolist() == [1.0, 1.0, 0.5, 0.5]


def test_methods_of_battles_read_the_battles_of_scores(scores: Scores) -> None:
    for method in ("rank_centrality", "win_rate", "pagerank", "elo"):
        direct = fit(scores.battles(), method).scores
        assert fit(scores, method).scores.tolist() == direct.tolist()


def drawn_scores(seed: int = 0) -> Scores:
    rng = np.random.default_rng(seed)
    turns, people = 200, 30
    model = np.stack([rng.choice(5, 4, replace=False) for _ in range(turns)]).ravel()
    who = np.repeat(rng.integers(0, people, turns), 4)
    score = np.clip(60 - 6.0 * model + rng.normal(0, 15, 800) + 5 * (who % 3), 1, 100)
    return Scores(model, score, np.repeat(np.arange(turns), 4), who, tuple("abcde"))


def test_all_methods_score_the_same_resamples_of_people() -> None:
    scores = drawn_scores()
    drawn = bootstrap(scores, [*SCORE_METHODS, "bradley_terry"], n_resamples=20, seed=4)
    from manyvoices.aggregate.bootstrap import Resampler

    times = Resampler.of(scores).draw(np.random.default_rng(4), 20)
    people = np.unique(scores.cluster, return_inverse=True)[1]
    for each in range(20):
        for method in SCORE_METHODS:
            weight = times[people, each]
            value = {"mean_score": scores.score, "normalized_score": normalized(scores),
                     "within_turn_rank": -turn_ranks(scores)}[method]  # fmt: skip
            mean = [np.average(value[scores.model == code], weights=weight[scores.model == code])
                    for code in range(5)]  # fmt: skip
            assert drawn[method].scores[each] == pytest.approx(mean, abs=1e-9)
    battles = bootstrap(scores.battles(), "bradley_terry", n_resamples=20, seed=4)
    assert drawn["bradley_terry"].scores == pytest.approx(battles["bradley_terry"].scores)


def test_turns_can_be_drawn_instead_of_people() -> None:
    drawn = bootstrap(drawn_scores(), "mean_score", n_resamples=50, by="row")
    assert drawn.n_units == 200
    assert drawn["mean_score"].low[0] < drawn["mean_score"].high[0]


def test_weights_count_as_repeated_answers() -> None:
    scores = drawn_scores()
    from dataclasses import replace

    weight = np.where(np.arange(800) % 7 == 0, 2.0, 1.0)
    heavy = replace(scores, weight=weight)
    value = [np.average(scores.score[scores.model == m], weights=weight[scores.model == m])
             for m in range(5)]  # fmt: skip
    assert fit(heavy, "mean_score").scores == pytest.approx(value)


def test_battles_hold_no_scores_and_say_so(drawn_battles: Battles) -> None:
    for method in SCORE_METHODS:
        with pytest.raises(ValueError, match="Scores"):
            fit(drawn_battles, method)


def test_what_cannot_be_scores_is_refused() -> None:
    good: dict[str, Any] = {"model": np.array([0, 1]), "score": np.array([1.0, 2.0]),
                            "turn": np.array([0, 0]), "cluster": np.array([0, 0]),
                            "models": ("x", "y")}  # fmt: skip
    with pytest.raises(ValueError, match="finite"):
        Scores(**(good | {"score": np.array([1.0, np.nan])}))
    with pytest.raises(WeightError):
        Scores(**good, weight=np.array([1.0, -1.0]))
    with pytest.raises(ValueError, match="outside"):
        Scores(**(good | {"model": np.array([0, 2])}))
    with pytest.raises(NoBattlesError):
        Scores.from_frame({name: [] for name in COLUMNS})


def test_a_model_that_opened_no_turn_is_named() -> None:
    late = {**COLUMNS, "opening": [model != "oak" for model in COLUMNS["model"]]}
    with pytest.raises(NoBattlesError, match="opening turn for each of oak"):
        fit(Scores.from_frame(late), "mean_score")
