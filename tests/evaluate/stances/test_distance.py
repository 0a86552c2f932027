"""Distances from people are corrected, tested, and cover what is true."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyvoices.analyse.resampling import Resampling
from manyvoices.evaluate.stances.distance import adjusted, by_chance, distances, divergence
from manyvoices.evaluate.stances.reference import Group
from manyvoices.evaluate.stances.reliability import alpha

counts = st.lists(st.integers(0, 30), min_size=3, max_size=3).filter(sum)


def group(name: str, table: list[list[float]]) -> Group:
    array = np.array(table, dtype=float)
    return Group(name, array, array.sum(axis=1), None)


@given(counts, counts)
def test_divergence_is_symmetric_and_between_nothing_and_one(a: list[int], b: list[int]) -> None:
    p, q = (np.array(x) / sum(x) for x in (a, b))
    one, two = float(divergence(p, q)), float(divergence(q, p))
    assert one == pytest.approx(two, abs=1e-12)
    assert -1e-12 <= one <= 1 + 1e-12
    assert (one < 1e-12) == np.allclose(p, q)


def test_nothing_in_common_is_one_bit_apart() -> None:
    assert divergence(np.array([1.0, 0]), np.array([0.0, 1])) == pytest.approx(1.0)


def test_what_chance_gives_is_the_mean_over_all_deals() -> None:
    model, people = np.array([3, 0, 1]), np.array([1, 4, 2])
    rng = np.random.default_rng(0)
    dealt = rng.multivariate_hypergeometric(model + people, 4, size=40_000)
    mean = divergence(dealt / 4, (model + people - dealt) / 7).mean()
    assert by_chance(model, people) == pytest.approx(float(mean), abs=0.003)
    assert by_chance(np.array([3, 0]), np.array([5, 0])) == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("p", "q"), [([0.5, 0.3, 0.2], [0.5, 0.3, 0.2]), ([0.6, 0.3, 0.1], [0.2, 0.3, 0.5])]
)
@pytest.mark.parametrize("n", [4, 24])
def test_the_adjustment_takes_most_of_the_bias_away(p: list[float], q: list[float], n: int) -> None:
    rng = np.random.default_rng(1)
    mine, theirs = rng.multinomial(n, p, size=2_000), rng.multinomial(60, q, size=2_000)
    chance = np.array([by_chance(*both) for both in zip(mine, theirs, strict=True)])
    true = float(divergence(np.array(p), np.array(q)))
    plain = divergence(mine / n, theirs / 60)
    assert abs(adjusted(plain, chance).mean() - true) < 0.4 * abs(plain.mean() - true)


def test_a_model_that_answers_as_people_do_is_not_called_far_away_for_want_of_answers() -> None:
    rng = np.random.default_rng(5)
    shares = rng.dirichlet(np.ones(5), size=30)
    people = [[float(x) for x in rng.multinomial(50, row)] for row in shares]
    model = np.array([rng.multinomial(4, row) for row in shares], dtype=float)
    one = distances(model, [group("all", people)], Resampling(200, 0)).groups[0]
    assert one.uncorrected > 0.4
    assert one.low == 0.0
    assert one.value < one.uncorrected / 2


def test_one_item_alone_says_nearly_nothing_of_others() -> None:
    one = distances(np.array([[9.0, 1]]), [group("g", [[1.0, 9]])], Resampling(50, 0)).groups[0]
    assert one.high - one.low > 0.85
    nothing = distances(np.array([[1.0, 0]]), [group("g", [[0.0, 1]])], Resampling(50, 0))
    assert nothing.groups[0].n_items == 0


def test_draws_of_one_distribution_are_rarely_called_different() -> None:
    rng = np.random.default_rng(2)
    p = rng.dirichlet(np.ones(5), size=12)
    called = 0
    for seed in range(100):
        model = np.array([rng.multinomial(12, row) for row in p], dtype=float)
        them = np.array([rng.multinomial(50, row) for row in p], dtype=float).tolist()
        found = distances(model, [group("all", them)], Resampling(99, seed))
        called += found.groups[0].p <= 0.05
    assert called <= 11  # 5 expected; 11 or more have a chance of 0.01


def test_two_groups_that_cannot_be_told_apart_leave_no_closest() -> None:
    rng = np.random.default_rng(3)
    p = rng.dirichlet(np.ones(5), size=12)

    def drawn(n: int) -> list[list[float]]:
        return [[float(x) for x in rng.multinomial(n, row)] for row in p]

    model = np.array(drawn(12))
    groups = [group("a", drawn(40)), group("b", drawn(40))]
    assert distances(model, groups, Resampling(200, 0)).closest is None
    far = [group("a", drawn(40)), group("b", [row[::-1] for row in drawn(40)])]
    assert distances(model, far, Resampling(200, 0)).closest == "a"


def test_items_that_a_side_did_not_answer_are_left_out_and_counted() -> None:
    model = np.array([[3.0, 1], [0, 0], [2, 2]])
    found = distances(model, [group("g", [[3.0, 1], [4, 4], [0, 0]])], Resampling(50, 0))
    assert found.groups[0].n_items == 1
    none = distances(np.zeros((3, 2)), [group("g", [[3.0, 1]] * 3)], Resampling(50, 0))
    assert none.groups[0].n_items == 0
    assert np.isnan(none.groups[0].value)


def test_alpha_is_the_textbook_s() -> None:
    # Two items that are the same: alpha 1; two that are apart: 0.
    same = np.array([[1.0, 1], [2, 2], [3, 3], [4, 4]])
    assert alpha(same) == pytest.approx(1.0)
    apart = np.array([[1.0, 1], [1, -1], [-1, 1], [-1, -1]])
    assert alpha(apart) == pytest.approx(0.0)
