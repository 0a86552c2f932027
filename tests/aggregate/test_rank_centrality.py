"""Rank centrality: PRISM's published numbers, the corrected ones, and what must always hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.real_data import needs_real_data

from manyvoices.aggregate import Battles, NotConnectedError, fit, fit_counts, rank_agreement

counts = st.integers(2, 6).flatmap(
    lambda n: arrays(np.float64, (n, n), elements=st.integers(0, 9).map(float))
)


def without_diagonal(wins: np.ndarray) -> np.ndarray:
    return np.where(np.eye(len(wins)) > 0, 0.0, wins)


def names(n: int) -> list[str]:
    return [f"m{code}" for code in range(n)]


@needs_real_data
def test_compat_reproduces_prisms_published_scores(golden) -> None:
    ratings = fit_counts(golden.wins, golden.models, "rank_centrality", compat="prism")
    assert np.abs(ratings.scores - golden.published).max() < 1e-12


@needs_real_data
def test_the_default_pairs_the_cells_correctly(golden) -> None:
    ratings = fit_counts(golden.wins, golden.models)
    assert np.abs(ratings.scores - golden.corrected).max() < 1e-12


@needs_real_data
def test_the_mistake_moved_the_published_order(golden) -> None:
    published = fit_counts(golden.wins, golden.models, compat="prism")
    corrected = fit_counts(golden.wins, golden.models)
    assert rank_agreement(published, corrected) == pytest.approx(0.838, abs=5e-4)
    place = golden.models.index("llama-2-13b-chat")
    assert (published.ranks[place], corrected.ranks[place]) == (18, 13)


@needs_real_data
def test_the_published_scores_do_not_depend_on_the_order_in_which_models_are_given(golden) -> None:
    order = np.random.default_rng(0).permutation(len(golden.models))
    mixed = fit_counts(
        golden.wins[np.ix_(order, order)], [golden.models[code] for code in order], compat="prism"
    )
    assert np.abs(mixed.scores - golden.published[order]).max() < 1e-12


def test_with_three_models_the_mistake_has_no_effect() -> None:
    wins = np.array([[0.0, 5, 2], [3, 0, 7], [1, 4, 0]])
    published = fit_counts(wins, names(3), compat="prism").scores
    assert published == pytest.approx(fit_counts(wins, names(3)).scores, abs=1e-9)


def test_two_models_score_as_their_shares_of_wins() -> None:
    scores = fit_counts(np.array([[0.0, 7], [3, 0]]), ["x", "y"], alpha=0).scores
    assert scores == pytest.approx([0.7, 0.3], abs=1e-15)
    scores = fit_counts(np.array([[0.0, 7], [3, 0]]), ["x", "y"], alpha=2).scores
    assert scores == pytest.approx([9 / 14, 5 / 14], abs=1e-15)


def test_exact_odds_give_back_the_strengths() -> None:
    strength = np.array([0.4, 0.3, 0.2, 0.1])
    wins = np.where(np.eye(4) > 0, 0, strength[:, None] / (strength[:, None] + strength[None, :]))
    assert fit_counts(wins, names(4), alpha=0).scores == pytest.approx(strength, abs=1e-14)


@given(counts)
def test_the_scores_are_where_the_walk_comes_to_rest(wins: np.ndarray) -> None:
    wins = without_diagonal(wins)
    n = len(wins)
    scores = fit_counts(wins, names(n), alpha=1).scores
    smoothed = wins + 1 - np.eye(n)
    moves = smoothed / np.where(np.eye(n) > 0, 1, smoothed + smoothed.T) / (n - 1)
    chain = moves + np.diag(1 - moves.sum(axis=0))
    by_steps = np.linalg.matrix_power(chain, 1 << 14) @ np.full(n, 1 / n)
    assert scores.sum() == pytest.approx(1)
    assert (scores > 0).all()
    # The estimator keeps PRISM's millionth of a comparison in each total; this chain does not.
    assert scores == pytest.approx(by_steps, abs=2e-6)


@given(counts, st.randoms(use_true_random=False))
def test_new_names_for_the_models_change_nothing_else(wins: np.ndarray, random) -> None:
    wins = without_diagonal(wins)
    order = list(range(len(wins)))
    random.shuffle(order)
    before = fit_counts(wins, names(len(wins))).scores
    after = fit_counts(wins[np.ix_(order, order)], names(len(wins))).scores
    assert after == pytest.approx(before[order], abs=1e-12)


def test_without_pseudo_wins_an_unbeaten_model_is_named() -> None:
    battles = Battles.from_rows([("best", "mid", "A"), ("mid", "low", "A"), ("low", "mid", "A")])
    with pytest.raises(NotConnectedError, match=r"best never lost.*alpha=1"):
        fit(battles, alpha=0)
    assert np.isfinite(fit(battles, alpha=1).scores).all()


def test_compat_counts_a_tie_as_one_full_win_each_way() -> None:
    battles = Battles.from_rows([("x", "y", "TIE"), ("x", "z", "A"), ("w", "z", "TIE"),
                                 ("y", "w", "B")])  # fmt: skip
    ratings = fit(battles, compat="prism")
    assert ratings.settings["ties"] == "both"
    assert (
        ratings.scores.tolist()
        == fit_counts(battles.tally("both"), battles.models, compat="prism").scores.tolist()
    )
    with pytest.raises(ValueError, match="ties"):
        fit(battles, compat="prism", ties="drop")
    with pytest.raises(ValueError, match="rank_centrality"):
        fit(battles, "bradley_terry", compat="prism")
