"""Differences between groups: the regression they are, planted ones found, nulls not claimed."""

from __future__ import annotations

import numpy as np
import pytest

from manyvoices.analyse.multilevel import PeopleStats, adjusted, field_effects, fit_group
from manyvoices.analyse.regression import ols


def ratings(rng, n_people=120, n_models=6, shown=3, talks=4, taste=8.0, noise=15.0):
    owner = np.repeat(np.arange(n_people), talks)
    model = np.argsort(rng.random((len(owner), n_models)), axis=1)[:, :shown].ravel()
    person = np.repeat(owner, shown)
    score = 50 + rng.normal(0, 10, n_people)[person] + 5.0 * model
    score += rng.normal(0, taste, (n_people, n_models))[person, model]
    return score + rng.normal(0, noise, len(person)), model, person


def stats_of(score, model, person):
    return PeopleStats.of(score, model, person, person.max() + 1, model.max() + 1)


def test_a_group_fit_is_the_regression_with_a_constant_per_person_and_errors_by_person():
    score, model, person = ratings(np.random.default_rng(0))
    fit = fit_group(stats_of(score, model, person), np.ones(120))
    m = 6
    effect_coded = np.eye(m)[model][:, : m - 1] - (model == m - 1)[:, None]
    peer = ols(effect_coded, score, absorb=person, cluster=person)
    assert fit.effect[: m - 1] == pytest.approx(peer.coef[:, 0], abs=1e-9)
    assert np.sqrt(np.diag(fit.covariance))[: m - 1] == pytest.approx(peer.se[:, 0], rel=1e-9)
    assert fit.effect.sum() == pytest.approx(0, abs=1e-9)


def test_weights_are_people_many_times_over():
    score, model, person = ratings(np.random.default_rng(1), n_people=30)
    weight = np.random.default_rng(2).integers(0, 3, 30)
    weight[0] = 2
    once = fit_group(stats_of(score, model, person), weight.astype(float))
    rows, owner, n = [], [], 0
    for p in range(30):
        for _ in range(weight[p]):
            here = np.flatnonzero(person == p)
            rows.append(here)
            owner.append(np.full(len(here), n))
            n += 1
    rows, owner = np.concatenate(rows), np.concatenate(owner)
    again = fit_group(stats_of(score[rows], model[rows], owner), np.ones(n))
    assert once.effect == pytest.approx(again.effect)
    assert once.covariance == pytest.approx(again.covariance)


def test_a_model_that_a_group_never_met_has_no_effect_there():
    score, model, person = ratings(np.random.default_rng(3), n_people=40)
    keep = ~((person < 20) & (model == 2))
    stats = stats_of(score[keep], model[keep], person[keep])
    fit = fit_group(stats, (np.arange(40) < 20).astype(float))
    assert np.isnan(fit.effect[2])
    assert fit.known.tolist() == [0, 1, 3, 4, 5]
    inside = keep & (person < 20)
    code = np.array([0, 1, -1, 2, 3, 4])[model[inside]]
    peer = fit_group(stats_of(score[inside], code, person[inside]), np.ones(20))
    assert fit.effect[fit.known] == pytest.approx(peer.effect)
    assert fit.covariance[np.ix_(fit.known, fit.known)] == pytest.approx(peer.covariance)


def test_equal_people_count_the_same_however_much_they_say():
    rng = np.random.default_rng(4)
    score, model, person = ratings(rng, n_people=10)
    rows = np.concatenate([np.arange(len(score))] + [np.flatnonzero(person == 0)] * 5)
    twice = stats_of(score[rows], model[rows], person[rows])
    once = stats_of(score, model, person)
    equal = [fit_group(each, np.ones(10), equal=True).effect for each in (once, twice)]
    rows_count = [fit_group(each, np.ones(10)).effect for each in (once, twice)]
    assert equal[0] == pytest.approx(equal[1])
    assert np.abs(rows_count[0] - rows_count[1]).max() > 0.1


def test_a_planted_difference_is_claimed_and_lies_in_its_interval():
    rng = np.random.default_rng(5)
    score, model, person = ratings(rng, n_people=200)
    group = np.arange(200) % 4
    score = score + 14.0 * ((group[person] == 2) & (model == 3))
    found = field_effects(
        stats_of(score, model, person), group, "wxyz", list("abcdef"), field="f", n_deals=99
    )
    assert found.p == pytest.approx(0.01)
    best = min(found.effects, key=lambda row: row.false_sign)
    assert (best.group, best.model) == ("y", "d")
    # Effects of a group sum to zero, so 14 points on one of six models are 14 * 5 / 6 above.
    assert best.low < 14 * 5 / 6 < best.high
    assert best.shrunk_low < 14 * 5 / 6 < best.shrunk_high
    assert 0 < best.shrunk < best.estimate
    assert found.n_claimed() >= 1
    assert found.tau > 1
    (with_q,) = adjusted([found])
    assert min(row.q for row in with_q.effects) < 0.05


def test_two_groups_are_one_difference_and_small_groups_are_named():
    score, model, person = ratings(np.random.default_rng(6), n_people=60)
    group = np.where(np.arange(60) < 3, 2, np.arange(60) % 2)
    stats = stats_of(score, model, person)
    found = field_effects(stats, group, "wmx", list("abcdef"), n_deals=9)
    assert {row.group for row in found.effects} == {"w"}
    assert dict(found.groups) == {"w": 28, "m": 29}
    assert found.left_out == (("x", 3),)
    assert field_effects(stats, group, "wmx", list("abcdef"), min_group=29, n_deals=9) is None


@pytest.mark.parametrize("n_groups", [2, 4])
def test_groups_drawn_by_lot_are_rarely_said_to_differ(n_groups):
    rng = np.random.default_rng(7)
    by_lot, shrunk, discovered, alone, trials = 0, 0, 0, [], 60
    for trial in range(trials):
        score, model, person = ratings(rng, n_people=160)
        group = rng.permutation(np.arange(160) % n_groups)
        one = field_effects(
            stats_of(score, model, person), group, "abcd"[:n_groups], list("abcdef"),
            n_deals=39, seed=trial,
        )  # fmt: skip
        by_lot += one.p <= 0.05
        shrunk += one.n_claimed() > 0
        discovered += min(row.q for row in adjusted([one])[0].effects) < 0.05
        alone += [row.p < 0.05 for row in one.effects]
    # Four standard errors of a rate of 5% over 60 trials are 11%.
    assert by_lot <= 0.16 * trials
    assert shrunk <= 0.16 * trials
    assert discovered <= 0.16 * trials
    assert 0.02 < np.mean(alone) < 0.09
