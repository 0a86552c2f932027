"""Utilities as distributions: who disagrees is found without knowing who said what."""

from __future__ import annotations

import numpy as np
import pytest

from manyvoices.train.personal.choices import Choices, FloatArray, Ranked, choices_of
from manyvoices.train.personal.disagreement import (
    MeanVariance,
    MeanVarianceObjective,
    explained,
    fit_mean_variance,
    reversal,
    taste,
)
from manyvoices.train.personal.fairness import Population
from manyvoices.train.personal.laplace import Parameters
from manyvoices.train.personal.lowrank import PersonalHead


def judged(
    n: int = 3000, seed: int = 0, disputed: float = 1.5
) -> tuple[Choices, FloatArray, FloatArray, FloatArray]:
    """Pairs judged once each; messages of the first kind (y = 1) divide people: the standard
    deviation of utilities is exp(disputed) times that of the second kind (y = -1)."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(2 * n, 3))
    kind = np.repeat(rng.choice([-1.0, 1.0], size=n), 2)
    sigma = np.exp(disputed / 2 * kind)
    utility = 1.5 * x[:, 0] + sigma * rng.normal(size=2 * n)
    first = utility[0::2] > utility[1::2]
    rankings = [
        Ranked(0, (2 * i, 2 * i + 1) if won else (2 * i + 1, 2 * i), (0, 1))
        for i, won in enumerate(first)
    ]
    pairs = choices_of(rankings, np.zeros(2 * n, dtype=np.int64), 1, likelihood="pairs")
    return pairs, x, kind[:, None], sigma


def test_the_gradient_is_that_of_the_value() -> None:
    pairs, x, y, _ = judged(40)
    objective = MeanVarianceObjective(pairs, x, y, 2.0, 3.0)
    flat = np.random.default_rng(1).normal(size=7) * 0.4
    _, gradient = objective(flat)
    near = 1e-5 * np.eye(7)
    numeric = [(objective(flat + e)[0] - objective(flat - e)[0]) / 2e-5 for e in near]
    np.testing.assert_allclose(gradient, numeric, atol=1e-8)


def test_messages_that_divide_people_are_found() -> None:
    pairs, x, y, sigma = judged()
    head = fit_mean_variance(pairs, x, y, l2=1.0, l2_sd=1.0)
    found = head.sigma(x, y)
    assert found[y[:, 0] > 0].min() > found[y[:, 0] < 0].max()
    ratio = np.log(found[y[:, 0] > 0].mean() / found[y[:, 0] < 0].mean())
    assert ratio == pytest.approx(1.5, abs=0.4)
    # Up to the scale that is not identified, mean and spread are both what was planted.
    assert head.mean[0] / found.mean() == pytest.approx(1.5 / sigma.mean(), rel=0.2)
    assert np.abs(head.mean[1:]).max() < 0.15 * head.mean[0]


def test_the_explained_share_falls_where_people_disagree() -> None:
    pairs, x, y, _ = judged()
    head = fit_mean_variance(pairs, x, y, l2=1.0, l2_sd=1.0)
    groups = [(2 * i, 2 * i + 1) for i in range(len(x) // 2)]
    agreed = [g for g in groups if y[g[0], 0] < 0]
    divided = [g for g in groups if y[g[0], 0] > 0]
    low, high = (explained(head, x, y, some) for some in (divided, agreed))
    assert low < 0.5 < high


def test_knowing_the_spread_predicts_better_and_risk_is_avoided() -> None:
    pairs, x, y, _ = judged()
    test, xt, yt, _ = judged(seed=7)
    heads = [
        fit_mean_variance(pairs, x, y, l2=1.0, l2_sd=1.0, constant_sd=c) for c in (False, True)
    ]
    loss = [-np.log(head.probability(xt, yt, test)).mean() for head in heads]
    assert loss[0] < loss[1] - 0.01
    assert np.ptp(heads[1].sigma(xt, yt)) == 0
    apart = heads[0].mu(xt) - heads[0].quantile(xt, yt, 0.1)
    assert apart[yt[:, 0] > 0].min() > apart[yt[:, 0] < 0].max() > 0


def test_without_planted_disagreement_the_spread_hardly_differs() -> None:
    pairs, x, y, _ = judged(disputed=0.0)
    found = fit_mean_variance(pairs, x, y, l2=1.0, l2_sd=30.0).sigma(x, y)
    assert np.log(found).std() < 0.2


def test_taste_is_where_people_differ_and_not_where_they_waver() -> None:
    """One direction divides people and nobody is of two minds; the other interests nobody."""
    at = Parameters(np.array([0.0, 0.1, 2.0]), np.array([[2.0], [0.0], [0.0]]), np.zeros((1, 0)))
    people = Population(np.eye(1), {})
    apart = np.eye(3)
    share, spread = taste(PersonalHead(at), apart, people)
    np.testing.assert_allclose(share, [0.5, 1.0, 1.0])
    np.testing.assert_allclose(spread, [2.0, 0.0, 0.0])
    np.testing.assert_allclose(reversal(share), [0.5, 0.0, 0.0])


def test_utilities_far_out_stay_finite() -> None:
    pairs, x, y, _ = judged(20)
    objective = MeanVarianceObjective(pairs, x, y, 1.0, 1.0)
    value, gradient = objective(np.full(7, 60.0))
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()
    assert np.isfinite(MeanVariance(np.full(3, 60.0), np.full(4, 60.0)).sigma(x, y)).all()
