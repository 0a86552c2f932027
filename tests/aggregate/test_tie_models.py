"""Models of ties: a plain maximisation, a peer, Newman's own iteration, and the edges."""

from __future__ import annotations

import evalica
import numpy as np
import pytest
from scipy.optimize import minimize
from tests.real_data import needs_real_data

from manyvoices.aggregate import Battles, NotConnectedError, bootstrap, fit, fit_counts
from manyvoices.aggregate.tie_models import with_ties


def counts(seed: int, n: int = 5) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    won = rng.integers(1, 30, (n, n)).astype(float)
    tied = np.triu(rng.integers(0, 15, (n, n)).astype(float), 1)
    np.fill_diagonal(won, 0)
    return won, tied + tied.T


def plain_loss(point: np.ndarray, won: np.ndarray, tied: np.ndarray, model: str) -> float:
    """Negative log-likelihood, written as in the papers."""
    s, tie = np.exp(point[:-1]), np.exp(point[-1])
    i, j = np.triu_indices(len(s), 1)
    if model == "davidson":
        total = s[i] + s[j] + tie * np.sqrt(s[i] * s[j])
        p_i, p_j, p_tie = s[i] / total, s[j] / total, tie * np.sqrt(s[i] * s[j]) / total
    else:
        p_i, p_j = s[i] / (s[i] + tie * s[j]), s[j] / (s[j] + tie * s[i])
        p_tie = 1 - p_i - p_j
    terms = won[i, j] * np.log(p_i) + won[j, i] * np.log(p_j) + tied[i, j] * np.log(p_tie)
    return -float(terms.sum())


@pytest.mark.parametrize("model", ["davidson", "rao_kupper"])
@pytest.mark.parametrize("seed", range(4))
def test_the_maximum_is_that_of_the_papers_likelihood(model, seed: int) -> None:
    won, tied = counts(seed)
    scores, tie, steps = with_ties(won[None], tied[None], model)
    found = minimize(plain_loss, np.append(np.zeros(5), 0.3), (won, tied, model), tol=1e-10)
    theta = found.x[:-1] - found.x[:-1].mean()
    assert scores[0] == pytest.approx(theta, abs=2e-6)
    assert tie[0] == pytest.approx(np.exp(found.x[-1]), abs=2e-6)
    assert plain_loss(np.append(scores[0], np.log(tie[0])), won, tied, model) <= found.fun + 1e-9
    assert steps < 20


def newmans_iteration(won: np.ndarray, tied: np.ndarray) -> tuple[np.ndarray, float]:
    """Newman, JMLR 24 (2023), section 5, told plainly and run until it stands still."""
    n, v = len(won), 0.5
    p = np.ones(n)
    shared = won + tied / 2
    for _ in range(3000):
        root = np.sqrt(np.outer(p, p))
        total = p[:, None] + p[None, :] + 2 * v * root
        up = (shared * (p[None, :] + v * root) / total).sum(axis=1)
        down = (shared.T * (1 + v * np.sqrt(p[None, :] / p[:, None])) / total).sum(axis=1)
        new_v = (tied * (p[:, None] + p[None, :]) / total).sum() / 2
        new_v /= 2 * (won * root / total).sum()
        p, v = up / down, new_v
        p /= np.exp(np.log(p).mean())
    return np.log(p), v


def test_newman_is_where_newmans_own_iteration_ends() -> None:
    won, tied = counts(7)
    ratings = fit_counts(won + tied / 2, list("vwxyz"), "newman", tied=tied)
    theta, v = newmans_iteration(won, tied)
    assert ratings.scores == pytest.approx(theta, abs=1e-9)
    assert ratings.parameters["v"] == pytest.approx(v, abs=1e-9)
    davidson = fit_counts(
        won + tied / 2, list("vwxyz"), "bradley_terry", tie_model="davidson", tied=tied
    )
    assert davidson.scores.tolist() == ratings.scores.tolist()
    assert davidson.parameters["nu"] == pytest.approx(2 * v)


@needs_real_data
def test_newman_on_mt_bench_equals_evalica(mt_bench: Battles, mt_bench_rows) -> None:
    words = {"model_a": evalica.Winner.X, "model_b": evalica.Winner.Y, "tie": evalica.Winner.Draw}
    theirs = evalica.newman(
        [row["model_a"] for row in mt_bench_rows],
        [row["model_b"] for row in mt_bench_rows],
        [words[row["winner"]] for row in mt_bench_rows],
        tolerance=1e-13,
        limit=100_000,
    )
    logs = np.log(theirs.scores[list(mt_bench.models)].to_numpy())
    ours = fit(mt_bench, "newman")
    assert np.abs(ours.scores - (logs - logs.mean())).max() < 1e-8
    assert ours.parameters["v"] == pytest.approx(theirs.v, abs=1e-8)


def test_without_a_tie_both_models_are_bradley_terry() -> None:
    won, _ = counts(1)
    plain = fit_counts(won, list("vwxyz"), "bradley_terry")
    for model, value in (("davidson", 0.0), ("rao_kupper", 1.0)):
        scores, tie, _ = with_ties(won[None], np.zeros((1, 5, 5)), model)
        assert scores[0] == pytest.approx(plain.scores, abs=1e-9)
        assert tie[0] == value


@pytest.mark.parametrize("model", ["davidson", "rao_kupper"])
def test_where_all_are_ties_everybody_is_equal_and_the_parameter_infinite(model) -> None:
    battles = Battles.from_rows([("x", "y", "TIE"), ("y", "z", "TIE")])
    ratings = fit(battles, "bradley_terry", tie_model=model)
    assert ratings.scores.tolist() == [0, 0, 0]
    assert ratings.ranks.tolist() == [1, 1, 1]
    assert list(ratings.parameters.values()) == [float("inf")]


def test_a_model_of_ties_needs_links_as_well() -> None:
    battles = Battles.from_rows([("x", "y", "A"), ("y", "z", "TIE")])
    with pytest.raises(NotConnectedError, match="x never lost"):
        fit(battles, "newman")


def test_the_bootstrap_scores_the_same_people_as_a_plain_loop(drawn_battles: Battles) -> None:
    drawn = bootstrap(drawn_battles, "newman", n_resamples=8, seed=2)["newman"]
    from manyvoices.aggregate.bootstrap import Resampler

    sampler = Resampler.of(drawn_battles, "cluster", "half")
    times = sampler.draw(np.random.default_rng(2), 8)
    people = np.unique(drawn_battles.cluster, return_inverse=True)[1]
    for each, scores in enumerate(drawn.scores):
        weighted = Battles(drawn_battles.a, drawn_battles.b, drawn_battles.outcome,
                           drawn_battles.models, weight=times[people, each])  # fmt: skip
        assert scores == pytest.approx(fit(weighted, "newman").scores, abs=1e-9)


def test_ties_cannot_be_shared_out_and_modelled_at_once(drawn_battles: Battles) -> None:
    with pytest.raises(ValueError, match="half"):
        fit(drawn_battles, "newman", ties="both")
    with pytest.raises(ValueError, match="half"):
        fit(drawn_battles, "bradley_terry", tie_model="davidson", ties="drop")
    with pytest.raises(ValueError, match="tied"):
        fit_counts(drawn_battles.tally(), drawn_battles.models, "newman")
