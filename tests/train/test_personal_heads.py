"""The likelihood of people who differ: exact gradients, the pooled head inside, planted tastes."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.synthetic.tastes import Tastes, planted_tastes

from manyvoices.train.personal.choices import Choices, FloatArray, Ranked, choices_of, pairs_of
from manyvoices.train.personal.choosing import choose, folds_of
from manyvoices.train.personal.data import table_of
from manyvoices.train.personal.fitting import Objective, Penalties, fit
from manyvoices.train.personal.laplace import Parameters, evaluate
from manyvoices.train.personal.lowrank import PersonalHead, expit, subspace_cosines
from manyvoices.train.personal.pooled import fit_pooled
from manyvoices.train.personal.scaling import scaling_of
from manyvoices.train.personal.survey import survey_columns


def small(
    n_people: int = 25, d: int = 4, p: int = 3, seed: int = 0
) -> tuple[list[Ranked], np.ndarray, FloatArray, FloatArray]:
    """Rankings of four with ties, items' people, features, survey."""
    rng = np.random.default_rng(seed)
    rankings = []
    for person in range(n_people):
        for _ in range(3):
            start = len(rankings) * 4
            ranks = tuple(sorted(rng.integers(3, size=4).tolist()))
            scores = tuple(90.0 - 20 * rank for rank in ranks)
            rankings.append(Ranked(person, tuple(range(start, start + 4)), ranks, scores))
    item_person = np.repeat(np.arange(n_people), 12)
    x = rng.normal(size=(len(item_person), d))
    return rankings, item_person, x, rng.normal(size=(n_people, p))


@pytest.mark.parametrize("likelihood", ["plackett_luce", "pairs"])
def test_the_gradient_is_that_of_the_value(likelihood: str) -> None:
    rankings, item_person, x, z = small()
    choices = choices_of(rankings, item_person, 25, likelihood=likelihood, margin_scale=0.01)
    rng = np.random.default_rng(1)
    shape = Parameters(
        rng.normal(size=4) * 0.5, rng.normal(size=(4, 2)) * 0.8, rng.normal(size=(2, 3))
    )
    objective = Objective(choices, x, z, Penalties(3.0, 5.0, 7.0), shape)
    flat = shape.flat()
    _, gradient = objective(flat)
    near = 1e-5 * np.eye(len(flat))
    numeric = [(objective(flat + e)[0] - objective(flat - e)[0]) / 2e-5 for e in near]
    np.testing.assert_allclose(gradient, numeric, atol=1e-7)


def test_one_person_s_likelihood_is_near_its_integral() -> None:
    """Laplace against a fine sum over the one weight, for a person with three rankings."""
    rankings, item_person, x, z = small(n_people=1)
    choices = choices_of(rankings, item_person, 1)
    at = Parameters(
        np.full(4, 0.3), np.array([[0.9], [-0.4], [0.2], [0.1]]), np.array([[0.5, 0, 0]])
    )
    found = evaluate(choices, x, z, at).by_person[0]
    grid = np.linspace(-8, 8, 4001)
    shift = float((at.survey @ z[0])[0])
    values = [choices.log_likelihood(x @ (at.beta + at.basis[:, 0] * (shift + e)))[0] for e in grid]
    density = np.exp(values - grid**2 / 2) / np.sqrt(2 * np.pi)
    assert found == pytest.approx(np.log(density.sum() * (grid[1] - grid[0])), abs=0.02)


def test_pairs_and_stages_agree_on_two_replies_and_by_hand() -> None:
    items = np.zeros(4, dtype=np.int64)
    rankings = [Ranked(0, (0, 1), (0, 1)), Ranked(0, (2, 3), (0, 0))]
    utility = np.array([1.0, 0.0, 2.0, 0.5])
    by_hand = np.log(1 / (1 + np.exp(-1.0)))
    by_hand += 0.5 * np.log(expit(np.array(1.5))) + 0.5 * np.log(expit(np.array(-1.5)))
    for likelihood in ("plackett_luce", "pairs"):
        choices = choices_of(rankings, items, 1, likelihood=likelihood)  # type: ignore[arg-type]
        assert choices.log_likelihood(utility)[0] == pytest.approx(float(by_hand))


def test_a_group_of_four_counts_three_comparisons_in_either_form() -> None:
    items = np.zeros(4, dtype=np.int64)
    for ranks in ((0, 1, 2, 3), (0, 0, 1, 2), (0, 1, 1, 1), (0, 0, 0, 0)):
        for likelihood in ("plackett_luce", "pairs"):
            ranking = [Ranked(0, (0, 1, 2, 3), ranks)]
            choices = choices_of(ranking, items, 1, likelihood=likelihood)  # type: ignore[arg-type]
            assert choices.weight.sum() == pytest.approx(3)


def test_a_margin_asks_for_a_larger_difference() -> None:
    ranking = [Ranked(0, (0, 1), (0, 1), (80.0, 30.0))]
    items = np.zeros(2, dtype=np.int64)
    choices = choices_of(ranking, items, 1, likelihood="pairs", margin_scale=0.02)
    found = choices.log_likelihood(np.array([1.0, 0.0]))[0]
    assert found == pytest.approx(float(np.log(expit(np.array(1.0 - 0.02 * 50)))))


def test_pairs_for_accuracy_leave_ties_out_and_name_their_ranking() -> None:
    rankings = [Ranked(1, (2, 3), (0, 0)), Ranked(0, (0, 1, 4), (0, 0, 1))]
    pairs, ranking = pairs_of(rankings, np.array([0, 0, 1, 1, 0]), 2)
    assert pairs.item.reshape(-1, 2).tolist() == [[0, 4], [1, 4]]
    assert ranking.tolist() == [1, 1]


def test_one_direction_is_the_pooled_head() -> None:
    """Against Newton on the pooled likelihood, written for this test alone."""
    rankings, item_person, x, z = small()
    choices = choices_of(rankings, item_person, 25, likelihood="pairs")
    found = fit(choices, x, z, k=1, penalties=Penalties(shared=4.0))
    apart = x[choices.item[0::2]] - x[choices.item[1::2]]
    won, weight, beta = choices.share[0::2], choices.weight, np.zeros(4)
    for _ in range(30):
        p = expit(apart @ beta)
        slope = apart.T @ (weight * (won - p)) - 4.0 * beta
        bend = apart.T @ ((weight * p * (1 - p))[:, None] * apart) + 4.0 * np.eye(4)
        beta = beta + np.linalg.solve(bend, slope)
    np.testing.assert_allclose(found.parameters.beta, beta, atol=1e-4)
    assert found.k == 1
    np.testing.assert_array_equal(
        fit_pooled(choices, x, 4.0).parameters.beta, found.parameters.beta
    )
    head = PersonalHead(found.parameters)
    pairs, _ = pairs_of(rankings, item_person, 25)
    np.testing.assert_allclose(
        head.pair_probabilities(pairs, x, head.posterior(choices, x, z)),
        head.pair_probabilities(pairs, x, None),
    )


def test_a_posterior_without_judgements_is_the_survey_s_and_judgements_sharpen_it() -> None:
    rankings, item_person, x, z = small()
    choices = choices_of(rankings, item_person, 25)
    rng = np.random.default_rng(0)
    head = PersonalHead(
        Parameters(rng.normal(size=4), rng.normal(size=(4, 2)), rng.normal(size=(2, 3)))
    )
    silent = choices.of_people(np.arange(25) < 20)
    found, prior = head.posterior(silent, x, z), head.prior(z)
    np.testing.assert_allclose(found.mean[20:], z[20:] @ head.parameters.survey.T)
    np.testing.assert_allclose(found.covariance[20:], prior.covariance[20:])
    assert (np.linalg.det(found.covariance[:20]) < 1).all()


@pytest.fixture(scope="module")
def tastes() -> Tastes:
    return planted_tastes(120, seed=3)


def fitted_to(tastes: Tastes) -> tuple[Choices, FloatArray, FloatArray]:
    data = table_of(tastes.groups, tastes.survey, (), held_out=0.3)
    x = tastes.stacked([reply for _, reply in data.texts])[data.item_text]
    z = survey_columns(data.rows, min_people=10).encode(data.rows)
    return choices_of(data.rankings, data.item_person, len(data.people)), x, z


def test_planted_directions_and_what_the_survey_says_are_recovered(tastes: Tastes) -> None:
    choices, x, z = fitted_to(tastes)
    found = fit(choices, x, z, k=3, penalties=Penalties(shared=10.0, survey=5.0))
    assert subspace_cosines(found.parameters.basis, tastes.directions).min() > 0.97
    assert subspace_cosines(found.parameters.beta[:, None], tastes.shared[:, None]).min() > 0.9
    # Along the planted directions, what the survey alone says goes with the true weights.
    true = np.stack([tastes.weights[f"u{i:05}"] for i in range(120)])
    said = (z @ found.parameters.survey.T) @ found.parameters.basis.T @ tastes.directions
    for axis in range(2):
        assert np.corrcoef(said[:, axis], true[:, axis])[0, 1] > 0.5


def test_cross_validation_finds_the_planted_number_of_directions(tastes: Tastes) -> None:
    choices, x, z = fitted_to(tastes)
    folds = folds_of(choices, x, z, 2, np.random.default_rng(0))
    chosen = choose(folds, l2=(10.0, 100.0), directions=(1, 2, 3, 4), survey=(5.0, 20.0))
    assert chosen.k == 3
    assert {one.k for one in chosen.tried} == {1, 2, 3, 4}
    assert chosen.penalties.shared <= chosen.pooled.shared


def test_where_everybody_agrees_one_direction_is_chosen() -> None:
    choices, x, z = fitted_to(planted_tastes(120, taste=0.0, seed=5))
    folds = folds_of(choices, x, z, 2, np.random.default_rng(0))
    assert choose(folds, l2=(10.0,), directions=(1, 2, 3), survey=(20.0,)).k == 1


def test_scaling_sees_only_differences_within_messages() -> None:
    rng = np.random.default_rng(0)
    raw = rng.normal(size=(200, 5)) * np.array([1, 10, 1, 1, 0])
    raw[:, 2] = np.repeat(rng.normal(size=50) * 100, 4)
    rankings = [Ranked(0, tuple(range(4 * g, 4 * g + 4)), (0, 1, 2, 3)) for g in range(50)]
    scaling = scaling_of(raw, rankings)
    assert scaling.d == 3
    np.testing.assert_allclose(scaling.rotation[[2, 4]], 0)
    within = np.concatenate([scaling(raw[4 * g : 4 * g + 4]) for g in range(50)]).reshape(50, 4, 3)
    spread = (within - within.mean(axis=1, keepdims=True)) ** 2
    assert spread.sum() / 150 / 3 == pytest.approx(1)
    assert scaling_of(raw, rankings, 2).d == 2


def test_an_absent_answer_is_0_and_rare_ones_are_no_columns() -> None:
    rows = [{"age": "old" if i % 2 else "young", "town": f"t{i}"} for i in range(30)]
    rows[0]["gender"] = "only one"
    columns = survey_columns(rows, min_people=10)
    assert columns.columns == (("age", "old"), ("age", "young"))
    z = columns.encode([*rows, {}, {"age": "of no known kind"}])
    np.testing.assert_allclose(z[:30].mean(axis=0), 0)
    np.testing.assert_array_equal(z[30], 0)
    assert survey_columns(rows, ["height"]).unknown == ("height",)


def test_no_number_of_directions_below_one() -> None:
    rankings, item_person, x, _ = small()
    with pytest.raises(ValueError, match="k is 0; with 4 features it is 1 to 5"):
        fit(choices_of(rankings, item_person, 25), x, k=0)
