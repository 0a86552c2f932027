"""The door to all methods: arguments, scales, results."""

from __future__ import annotations

import dataclasses

import evalica
import numpy as np
import pandas as pd
import polars as pl
import pytest

from manyvoices.aggregate import COUNT_METHODS, Battles, diagnose, fit, fit_counts


def test_an_unknown_method_is_answered_with_the_ones_there_are(drawn_battles: Battles) -> None:
    for name in ("best", "glicko"):
        with pytest.raises(ValueError, match="rank_centrality, bradley_terry, elo"):
            fit(drawn_battles, name)


@pytest.mark.parametrize("method", COUNT_METHODS)
def test_counts_and_battles_give_the_same_ratings(drawn_battles: Battles, method: str) -> None:
    by_battles = fit(drawn_battles, method)
    by_counts = fit_counts(
        drawn_battles.tally(), drawn_battles.models, method, tied=drawn_battles.tie_counts()
    )
    assert by_battles.scores.tolist() == by_counts.scores.tolist()
    assert by_battles.models == drawn_battles.models


@pytest.mark.parametrize("method", COUNT_METHODS)
def test_the_drawn_order_is_found_again(drawn_battles: Battles, method: str) -> None:
    assert fit(drawn_battles, method).ranks.tolist() == [1, 2, 3, 4, 5]


def test_win_rate_equals_evalicas_mean_over_opponents() -> None:
    rows = [("x", "y", "A"), ("x", "y", "A"), ("y", "z", "TIE"), ("z", "x", "B"), ("x", "y", "B")]
    words = {"A": evalica.Winner.X, "B": evalica.Winner.Y, "TIE": evalica.Winner.Draw}
    theirs = evalica.average_win_rate(*zip(*[(a, b, words[o]) for a, b, o in rows], strict=True))
    ours = fit(Battles.from_rows(rows), "win_rate")
    assert ours.scores == pytest.approx(theirs.scores[list(ours.models)].to_numpy(), abs=1e-12)


def test_win_rate_leaves_pairs_out_that_never_met() -> None:
    ratings = fit(Battles.from_rows([("x", "y", "A"), ("y", "z", "A")]), "win_rate")
    assert ratings.scores.tolist() == [1.0, 0.5, 0.0]


def test_elo_points_are_tenfold_odds_per_400() -> None:
    wins = np.array([[0.0, 10], [1, 0]])
    for method in ("bradley_terry", "rank_centrality"):
        ratings = fit_counts(wins, ["x", "y"], method, scale="elo", alpha=0)
        assert ratings.scores == pytest.approx([1200, 800])
        anchored = fit_counts(wins, ["x", "y"], method, scale="elo", alpha=0, anchor="y")
        assert anchored.scores == pytest.approx([1400, 1000])


def test_an_anchor_stands_at_zero_on_the_log_scale(drawn_battles: Battles) -> None:
    free = fit(drawn_battles, "bradley_terry").scores
    anchored = fit(drawn_battles, "bradley_terry", anchor="cedar").scores
    assert free.mean() == pytest.approx(0, abs=1e-12)
    assert anchored == pytest.approx(free - free[2])


def test_probabilities_sum_to_one(drawn_battles: Battles) -> None:
    for method in ("bradley_terry", "rank_centrality"):
        assert fit(drawn_battles, method, scale="probability").scores.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"ties": "third"}, "ties"),
        ({"alpha": -1.0}, "alpha"),
        ({"l2": float("nan")}, "l2"),
        ({"scale": "points"}, "scale"),
        ({"anchor": "ash"}, "anchor"),
        ({"anchor": "oak", "scale": "elo"}, "oak"),
        ({"compat": "arena"}, "compat"),
        ({"method": "win_rate", "scale": "elo"}, "Elo"),
    ],
)
def test_arguments_that_mean_nothing_are_refused(
    drawn_battles: Battles, change: dict[str, object], word: str
) -> None:
    with pytest.raises(ValueError, match=word):
        fit(drawn_battles, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wins", "word"),
    [
        (np.zeros((2, 3)), "shape"),
        (np.array([[0.0, -1], [1, 0]]), "at least 0"),
        (np.array([[1.0, 1], [1, 0]]), "diagonal"),
    ],
)
def test_counts_that_are_none_are_refused(wins: np.ndarray, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        fit_counts(wins, ["x", "y"])


def test_one_model_cannot_be_ranked() -> None:
    with pytest.raises(ValueError, match="at least two"):
        fit_counts(np.zeros((1, 1)), ["x"])


def test_ratings_remember_how_they_were_made_and_do_not_change(drawn_battles: Battles) -> None:
    ratings = fit(drawn_battles, "bradley_terry", l2=0.5, ties="both")
    assert ratings.settings == {"ties": "both", "alpha": 1.0, "l2": 0.5, "anchor": None,
                                "compat": None}  # fmt: skip
    assert ratings.method == "bradley_terry"
    assert ratings.converged
    assert ratings.iterations > 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        ratings.method = "other"  # type: ignore[misc]


def test_a_frame_lists_the_models_best_first(drawn_battles: Battles) -> None:
    ratings = fit(drawn_battles, "win_rate")
    as_dict = ratings.to_frame("dict")
    assert as_dict["model"] == ["ash", "beech", "cedar", "date", "elm"]
    assert as_dict["rank"] == [1, 2, 3, 4, 5]
    assert isinstance(ratings.to_frame(), pl.DataFrame)
    assert isinstance(ratings.to_frame("pandas"), pd.DataFrame)
    with pytest.raises(ValueError, match="backend"):
        ratings.to_frame("excel")  # type: ignore[arg-type]


def test_equal_scores_share_the_better_rank() -> None:
    wins = np.array([[0.0, 5, 5], [1, 0, 3], [1, 3, 0]])
    assert fit_counts(wins, ["x", "y", "z"], "win_rate").ranks.tolist() == [1, 2, 2]


def test_a_diagnosis_says_on_whom_the_battles_rest() -> None:
    rows = [("x", "y", "A", "p1")] * 9 + [("y", "x", "A", "p2"), ("y", "z", "A", "p3")]
    found = diagnose(Battles.from_rows(rows))
    assert found.n_participants == 3
    assert found.effective_participants == pytest.approx(121 / 83)
    assert found.components == (("x", "y"), ("z",))
    assert found.winless == (("z",),)
    assert found.unbeaten == (("x", "y"),)
    assert (found.pairs_compared, found.pairs_possible) == (2, 3)
    assert "z never won" in found.why()
