"""Sensitivity tables: PRISM's appendix T on data drawn here."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

from manyvoices.aggregate import (
    Battles,
    Scores,
    by_alpha,
    by_method,
    by_sample_size,
    by_subset,
    by_tie_threshold,
    even_sampled,
    fit,
    method_agreement,
)


def study(seed: int = 0, n_people: int = 60) -> Scores:
    """Five openers each of four models out of six, as PRISM's shape has it."""
    rng = np.random.default_rng(seed)
    turns = 5 * n_people
    model = np.stack([rng.choice(6, 4, replace=False) for _ in range(turns)]).ravel()
    score = np.clip(60 - 5.0 * model + rng.normal(0, 15, 4 * turns), 1, 100).round()
    turn = np.repeat(np.arange(turns), 4)
    return Scores(model, score, turn, turn // 5, tuple("abcdef"))


def test_a_threshold_of_zero_and_one_over_all_scores_bracket_the_table() -> None:
    scores = study()
    table = by_tie_threshold(scores, [0, 5, 100])
    assert len(table) == 18
    rows = [row for row in table.rows() if row["tie_threshold"] == 5]
    assert [row["score"] for row in rows] == fit(scores.battles(5)).scores.tolist()
    assert {row["rank"] for row in table.rows() if row["tie_threshold"] == 100} == {1}
    assert isinstance(table.to_frame(), pl.DataFrame)
    assert isinstance(table.to_frame("pandas"), pd.DataFrame)


def test_more_pseudo_wins_pull_the_scores_together() -> None:
    table = by_alpha(study().battles(), [0, 1, 100])
    spread = {alpha: np.ptp([row["score"] for row in table.rows() if row["alpha"] == alpha])
              for alpha in (0, 1, 100)}  # fmt: skip
    assert spread[0] > spread[1] > spread[100]


def test_subsets_are_compared_with_all() -> None:
    scores = study()
    table = by_subset(scores, {"first half": scores.cluster < 30})
    assert set(table["subset"]) == {"all", "first half"}
    half = fit(scores.select(scores.cluster < 30)).ranks.tolist()
    assert [row["rank"] for row in table.rows() if row["subset"] == "first half"] == half


def test_methods_agree_on_clear_data_and_those_without_scores_are_named() -> None:
    names = ["rank_centrality", "elo", "mean_score", "normalized_score", "within_turn_rank"]
    table = by_method(study(), names)
    assert set(table["method"]) == set(names)
    taus = method_agreement(study(), names)
    assert len(taus) == 10
    assert min(taus["tau"]) > 0.8
    apart = Battles.from_rows([("x", "y", "A"), ("y", "z", "A")])
    assert "bradley_terry" in by_method(apart, ["win_rate", "bradley_terry"]).title


def test_table_26_on_a_study_whose_numbers_are_known() -> None:
    table = by_sample_size(study(), [30, 10], n_draws=200)
    found = {(row["n_participants"], row["property"]): row for row in table.rows()}
    assert found[60, "opening turns"]["mean"] == 300
    assert found[60, "battles"]["mean"] == 1800
    assert found[60, "battles per pair of models"]["mean"] == 1800 / 15
    assert found[60, "rated answers"]["mean"] == 1200
    assert found[60, "battles"]["sd"] == 0
    assert found[30, "battles"]["mean"] == 900
    assert found[10, "opening turns"]["mean"] == 50
    scores = study()
    raters = [len(np.unique(scores.cluster[scores.model == m])) for m in range(6)]
    assert found[60, "raters per model"]["mean"] == pytest.approx(np.mean(raters))
    pairs = scores.battles()
    low, high = np.minimum(pairs.a, pairs.b), np.maximum(pairs.a, pairs.b)
    per_pair = [len(np.unique(pairs.cluster[(low == i) & (high == j)]))
                for i in range(6) for j in range(i + 1, 6)]  # fmt: skip
    assert found[60, "raters per pair of models"]["mean"] == pytest.approx(np.mean(per_pair))
    assert found[10, "raters per model"]["sd"] > 0


def test_battles_alone_know_no_turns() -> None:
    table = by_sample_size(study().battles(), [10], n_draws=5)
    assert set(table["property"]) == {"battles", "battles per pair of models",
                                      "raters per pair of models"}  # fmt: skip
    with pytest.raises(ValueError, match="name none"):
        by_sample_size(Battles.from_rows([("x", "y", "A")]), [1])


def other_taste(seed: int) -> Battles:
    """The same models and one more, the order of the first two turned round."""
    rng = np.random.default_rng(seed)
    strength = np.array([-1.5, 1.0, 0.2, 0.0, -0.2, -0.5, 0.0])
    a = rng.integers(0, 7, 4000)
    b = (a + rng.integers(1, 7, 4000)) % 7
    chance = 1 / (1 + np.exp(strength[b] - strength[a]))
    return Battles(a, b, (rng.random(4000) < chance) * 1.0, tuple("abcdefz"))


@pytest.mark.parametrize("method", ["rank_centrality", "bradley_terry"])
def test_two_leaderboards_differ_where_they_were_made_to(method: str) -> None:
    table = even_sampled(study().battles(), other_taste(0), per_pair=40, n_resamples=200,
                         method=method)  # fmt: skip
    rows = {row["model"]: row for row in table.rows()}
    assert set(rows) == set("abcdef")
    assert rows["a"]["difference_low"] > 0
    assert rows["a"]["rank_first"] == 1
    assert rows["a"]["rank_second"] == 6
    assert rows["a"]["n_pairs"] == 15


def test_a_leaderboard_against_itself_shows_no_difference() -> None:
    battles = study().battles()
    table = even_sampled(battles, battles, n_resamples=200)
    assert all(low <= 0 <= high for low, high in
               zip(table["difference_low"], table["difference_high"], strict=True))  # fmt: skip
    with pytest.raises(ValueError, match="share 0"):
        even_sampled(battles, Battles.from_rows([("x", "y", "A")]))
