"""Bradley-Terry: closed forms, the likelihood's own derivative, a peer, and missing maxima."""

from __future__ import annotations

from typing import Any

import evalica
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.real_data import needs_real_data

from manyvoices.aggregate import Battles, NotConnectedError, diagnose, fit, fit_counts
from manyvoices.aggregate.estimators import bradley_terry, gradient, log_likelihood
from manyvoices.schema.errors import ConvergenceError

full_counts = st.integers(2, 6).flatmap(
    lambda n: arrays(np.float64, (n, n), elements=st.integers(1, 50).map(float))
)


def without_diagonal(wins: np.ndarray) -> np.ndarray:
    return np.where(np.eye(len(wins)) > 0, 0.0, wins)


def names(n: int) -> list[str]:
    return [f"m{code}" for code in range(n)]


@needs_real_data
def test_human_votes_of_mt_bench_score_as_in_evalica(
    mt_bench: Battles, mt_bench_rows: list[dict[str, Any]]
) -> None:
    words = {"model_a": evalica.Winner.X, "model_b": evalica.Winner.Y, "tie": evalica.Winner.Draw}
    theirs = evalica.bradley_terry(
        [row["model_a"] for row in mt_bench_rows],
        [row["model_b"] for row in mt_bench_rows],
        [words[row["winner"]] for row in mt_bench_rows],
        tie_weight=0.5,
        tolerance=1e-12,
        limit=10_000,
    )
    share = theirs.scores[list(mt_bench.models)].to_numpy()
    ours = fit(mt_bench, "bradley_terry", ties="half", scale="probability").scores
    assert np.abs(ours - share / share.sum()).max() < 1e-6
    logs = np.log(share) - np.log(share).mean()
    assert np.abs(fit(mt_bench, "bradley_terry").scores - logs).max() < 1e-6


def test_two_models_differ_by_the_log_of_their_odds() -> None:
    scores = fit_counts(np.array([[0.0, 30], [10, 0]]), ["x", "y"], "bradley_terry").scores
    assert scores == pytest.approx([np.log(3) / 2, -np.log(3) / 2], abs=1e-12)


def test_a_chain_of_pairs_adds_up_the_log_odds_of_its_links() -> None:
    wins = np.zeros((40, 40))
    for code in range(39):
        wins[code, code + 1], wins[code + 1, code] = 20, 1
    scores = fit_counts(wins, names(40), "bradley_terry").scores
    assert np.diff(scores) == pytest.approx(np.full(39, -np.log(20)), abs=1e-6)


def test_exact_odds_give_back_the_strengths() -> None:
    strength = np.array([0.4, 0.3, 0.2, 0.1])
    wins = np.where(np.eye(4) > 0, 0, strength[:, None] / (strength[:, None] + strength[None, :]))
    ratings = fit_counts(100 * wins, names(4), "bradley_terry", scale="probability")
    assert ratings.scores == pytest.approx(strength, abs=1e-12)


@given(full_counts, st.floats(0, 5), st.integers(0, 2**32 - 1))
def test_the_gradient_is_the_slope_of_the_likelihood(
    wins: np.ndarray, l2: float, seed: int
) -> None:
    wins = without_diagonal(wins)
    theta = np.random.default_rng(seed).normal(size=len(wins))
    step = 1e-5

    def slope(unit: np.ndarray) -> float:
        above = log_likelihood(theta + step * unit, wins, l2)
        return (above - log_likelihood(theta - step * unit, wins, l2)) / (2 * step)

    slopes = [slope(unit) for unit in np.eye(len(wins))]
    assert gradient(theta, wins, l2) == pytest.approx(slopes, rel=1e-5, abs=1e-4)


@given(full_counts, st.sampled_from([0.0, 0.1, 3.0]))
def test_at_the_maximum_the_gradient_is_zero(wins: np.ndarray, l2: float) -> None:
    wins = without_diagonal(wins)
    scores = fit_counts(wins, names(len(wins)), "bradley_terry", l2=l2).scores
    assert np.abs(gradient(scores, wins, l2)).max() < 1e-9 * wins.sum()


@given(full_counts, st.randoms(use_true_random=False))
def test_new_names_for_the_models_change_nothing_else(wins: np.ndarray, random) -> None:
    wins = without_diagonal(wins)
    order = list(range(len(wins)))
    random.shuffle(order)
    before = fit_counts(wins, names(len(wins)), "bradley_terry").scores
    after = fit_counts(wins[np.ix_(order, order)], names(len(wins)), "bradley_terry").scores
    assert after == pytest.approx(before[order], abs=1e-10)


@given(full_counts, st.integers(2, 9))
def test_the_same_battles_many_times_give_the_same_strengths(wins: np.ndarray, times: int) -> None:
    wins = without_diagonal(wins)
    once = fit_counts(wins, names(len(wins)), "bradley_terry").scores
    often = fit_counts(times * wins, names(len(wins)), "bradley_terry").scores
    assert often == pytest.approx(once, abs=1e-10)


@given(full_counts)
def test_turning_every_battle_round_turns_the_scores_round(wins: np.ndarray) -> None:
    wins = without_diagonal(wins)
    forwards = fit_counts(wins, names(len(wins)), "bradley_terry").scores
    backwards = fit_counts(wins.T, names(len(wins)), "bradley_terry").scores
    assert backwards == pytest.approx(-forwards, abs=1e-10)


def test_newton_climbs_from_far_away() -> None:
    wins = np.array([[0.0, 99_999, 3], [1, 0, 500_000], [1, 1, 0]])
    near, _ = bradley_terry(wins[None])
    far, steps = bradley_terry(wins[None], start=np.array([-60.0, 60.0, 0.0]))
    assert far == pytest.approx(near, abs=1e-7)
    assert steps < 60


def test_models_that_never_lost_or_never_won_are_named_with_the_remedy() -> None:
    battles = Battles.from_rows([("best", "mid", "A"), ("mid", "low", "A"), ("best", "low", "A")])
    with pytest.raises(NotConnectedError) as caught:
        fit(battles, "bradley_terry")
    assert "best never lost" in str(caught.value)
    assert "low never won" in str(caught.value)
    assert "l2=" in str(caught.value)
    assert isinstance(caught.value, ConvergenceError)
    penalised = fit(battles, "bradley_terry", l2=0.1)
    assert penalised.ranks.tolist() == [1, 3, 2]
    assert penalised.models == ("best", "low", "mid")


def test_groups_that_never_met_are_named() -> None:
    rows = [("a", "b", "TIE"), ("c", "d", "TIE")]
    with pytest.raises(NotConnectedError, match=r"\{a, b\} never met.*\{c, d\} never met"):
        fit(Battles.from_rows(rows), "bradley_terry")


def test_ties_connect_in_both_directions_unless_they_are_dropped() -> None:
    battles = Battles.from_rows([("x", "y", "A"), ("x", "y", "TIE")])
    assert diagnose(battles).is_strong
    assert not diagnose(battles, ties="drop").is_strong
    assert fit(battles, "bradley_terry").scores[0] == pytest.approx(np.log(3) / 2)
    with pytest.raises(NotConnectedError):
        fit(battles, "bradley_terry", ties="drop")
