"""Gains for people whom the heads never saw, no gains where there are none, and fairness."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.personal import config_of, data_of
from benchmarks.synthetic.tastes import planted_tastes

from manyvoices.analyse.resampling import Resampling
from manyvoices.train.config_personal import PersonalConfig
from manyvoices.train.personal.choices import Ranked, pairs_of
from manyvoices.train.personal.choosing import fit_chosen, folds_of
from manyvoices.train.personal.evaluate import Heads, Judged, Table, calibration, draw_shots
from manyvoices.train.personal.fairness import accuracy_by_group, fair_utility, group_utilities
from manyvoices.train.personal.judging import Evaluation, judge
from manyvoices.train.personal.lowrank import PersonalHead
from manyvoices.train.personal.whole import Trained, train_heads

FEW = Resampling(n_resamples=200)


def config(directions: tuple[int, ...] = (1, 3)) -> PersonalConfig:
    plain = config_of(directions, 300).model_dump()
    plain["heads"] |= {"l2": (10.0, 100.0), "survey_l2": (5.0,), "folds": 2}
    return PersonalConfig.model_validate(plain)


def found(**planted: float) -> tuple[Trained, Evaluation]:
    data, features = data_of(planted_tastes(220, seed=1, **planted))  # type: ignore[arg-type]
    trained = train_heads(data, features, config())
    return trained, judge(data, trained, config())


@pytest.fixture(scope="module")
def differing() -> tuple[Trained, Evaluation]:
    return found(survey_share=0.6)


def test_few_shots_and_the_survey_alone_beat_the_pooled_head_on_unseen_people(
    differing: tuple[Trained, Evaluation],
) -> None:
    unseen = differing[1].unseen
    assert unseen is not None
    points = {point.name: point for point in unseen.points}
    assert points["survey"].difference.low > 0
    assert points["4 shots"].difference.low > 0
    assert points["8 shots"].log_loss_difference.high < 0
    gained = [points[name].difference.value for name in ("survey", "4 shots", "16 shots")]
    assert gained == sorted(gained)
    assert points["16 shots"].calibration.error < 0.08


def test_seen_people_gain_more_by_what_they_said(differing: tuple[Trained, Evaluation]) -> None:
    seen = differing[1].seen
    assert seen is not None
    survey, everything = seen.points
    assert survey.difference.low > 0
    assert everything.difference.value > survey.difference.value
    assert seen.n_people == everything.accuracy.n_people


def test_without_a_survey_effect_shots_help_and_the_survey_does_not() -> None:
    _, evaluation = found(survey_share=0.0, taste=2.0)
    assert evaluation.unseen is not None
    points = {point.name: point for point in evaluation.unseen.points}
    assert points["survey"].difference.low < 0.01
    assert points["8 shots"].difference.low > 0


def test_nothing_is_gained_where_everybody_agrees() -> None:
    """Even when three directions are forced on data that have one."""
    data, features = data_of(planted_tastes(220, seed=2, taste=0.0))
    trained = train_heads(data, features, config((1,)))
    assert trained.chosen.k == 1
    folds = folds_of(trained.choices, trained.x, trained.z, 2, np.random.default_rng(0))
    forced = fit_chosen(folds, replace(trained.chosen, k=3))
    heads = Heads(*(PersonalHead(one.parameters) for one in forced))
    evaluation = judge(data, replace(trained, heads=heads), config())
    for curve in (evaluation.seen, evaluation.unseen):
        assert curve is not None
        for point in curve.points:
            assert point.difference.low < 0.005
            assert point.difference.high > -0.005
            assert abs(point.difference.value) < 0.02


def test_shots_are_nested_and_a_group_never_counts_more_than_it_knows() -> None:
    rankings = [Ranked(0, (0, 1, 2, 3), (0, 1, 2, 3)), Ranked(1, (4, 5), (0, 1))]
    people = np.array([0, 0, 0, 0, 1, 1])
    pairs, ranking = pairs_of(rankings, people, 2)
    table = Table(np.zeros((6, 1)), np.zeros((2, 0)), pairs, ranking, pairs)
    order = np.random.default_rng(0).random(pairs.n_stages)
    drawn = [draw_shots(table, n, order) for n in (0, 2, 4, 16)]
    assert [one.n_stages for one in drawn] == [0, 3, 5, 7]
    assert [one.weight[one.person == 0].sum() for one in drawn] == pytest.approx([0, 2, 3, 3])
    assert {tuple(p) for p in drawn[1].item.reshape(-1, 2).tolist()} <= {
        tuple(p) for p in drawn[2].item.reshape(-1, 2).tolist()
    }


def test_accuracy_is_per_person_first() -> None:
    judged = Judged(np.array([0, 0, 0, 1]), np.array([0.9, 0.8, 0.4, 0.5]), 3)
    np.testing.assert_allclose(judged.accuracy(), [2 / 3, 0.5, np.nan])
    assert judged.log_loss()[1] == pytest.approx(np.log(2))


def test_a_head_that_says_what_happens_is_calibrated() -> None:
    rng = np.random.default_rng(0)
    sure = rng.uniform(0.5, 1, size=20_000)
    p = np.where(rng.random(20_000) < sure, sure, 1 - sure)
    everyone = np.zeros(20_000, dtype=np.int64)
    assert calibration(Judged(everyone, p, 1)).error < 0.015
    bold = np.where(p > 0.5, 0.99, 0.01)
    assert calibration(Judged(everyone, bold, 1)).error > 0.2


def test_accuracy_by_group_finds_a_gap_and_does_not_invent_one() -> None:
    rng = np.random.default_rng(0)
    people = [{"gender": "a" if i < 60 else "b" if i < 120 else "rare"} for i in range(124)]
    equal = rng.normal(0.65, 0.1, size=124)
    unequal = equal + np.array([0.1 if i < 60 else 0.0 for i in range(124)])
    fair = accuracy_by_group(equal, people, "gender", resampling=FEW, permutations=200)
    gap = accuracy_by_group(unequal, people, "gender", resampling=FEW, permutations=200)
    assert fair is not None
    assert gap is not None
    assert fair.p > 0.05
    assert gap.p < 0.01
    assert [one.group for one in gap.groups] == ["a", "b"]
    assert gap.groups[0].accuracy.low > gap.groups[1].accuracy.high
    assert gap.n_left_out == 4
    assert accuracy_by_group(equal, people, "age") is None


def test_the_minimum_over_groups_is_the_least_content_group_s(
    differing: tuple[Trained, Evaluation],
) -> None:
    trained = differing[0]
    head, x = trained.heads.personal, trained.x[:50]
    names, by_group = group_utilities(head, x, trained.population, "gender")
    assert names == ("gender 0", "gender 1", "gender 2")
    least = fair_utility(head, x, trained.population, "minimum", question="gender")
    np.testing.assert_allclose(least, by_group.min(axis=1))
    mean = fair_utility(head, x, trained.population)
    np.testing.assert_allclose(mean, x @ head.parameters.beta)
    cautious = fair_utility(head, x, trained.population, "quantile", quantile=0.1)
    assert (cautious <= mean).all()
    np.testing.assert_allclose(
        fair_utility(head, x, trained.population, "quantile", quantile=0.5), mean
    )
    with pytest.raises(ValueError, match="there are no groups by 'age'; the model holds groups by"):
        fair_utility(head, x, trained.population, "minimum", question="age")


def test_the_quantile_is_what_a_share_of_people_get(differing: tuple[Trained, Evaluation]) -> None:
    trained = differing[0]
    head, x = trained.heads.personal, trained.x[:20]
    rng = np.random.default_rng(0)
    people = rng.multivariate_normal(np.zeros(2), trained.population.covariance, size=20_000)
    drawn = (x @ head.parameters.beta)[:, None] + x @ head.parameters.basis @ people.T
    found = fair_utility(head, x, trained.population, "quantile", quantile=0.2)
    np.testing.assert_allclose(found, np.quantile(drawn, 0.2, axis=1), atol=0.06)
