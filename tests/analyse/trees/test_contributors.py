"""Inequality among contributors, against plain formulas and at its ends."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.synthetic.trees import Forest
from hypothesis import given
from hypothesis import strategies as st

from manyvoices.analyse import Resampling
from manyvoices.analyse.trees import flatten, gini, lorenz
from manyvoices.analyse.trees.contributors import activity, contributors_of, inequality
from manyvoices.schema.grown import GrownTree

counts = st.lists(st.integers(0, 50), min_size=1, max_size=40).filter(any)


@given(counts)
def test_gini_is_half_the_mean_difference_over_the_mean(given_: list[int]) -> None:
    x = np.array(given_)
    expected = np.abs(x[:, None] - x[None, :]).mean() / (2 * x.mean())
    assert gini(x) == pytest.approx(expected, abs=1e-12)


@given(st.integers(1, 50), st.integers(1, 9))
def test_gini_is_nothing_for_equals_and_n_less_one_over_n_for_one(n: int, k: int) -> None:
    assert gini(np.full(n, k)) == pytest.approx(0, abs=1e-12)
    assert gini(np.array([0] * (n - 1) + [k])) == pytest.approx((n - 1) / n)


@given(counts)
def test_gini_is_twice_the_area_above_the_lorenz_curve(given_: list[int]) -> None:
    x, y = zip(*lorenz(np.array(given_)), strict=True)
    assert gini(np.array(given_)) == pytest.approx(1 - 2 * np.trapezoid(y, x), abs=1e-9)


@given(counts)
def test_a_lorenz_curve_goes_from_end_to_end_below_the_diagonal(given_: list[int]) -> None:
    points = lorenz(np.array(given_))
    assert points[0] == (0, 0)
    assert points[-1] == pytest.approx((1, 1))
    assert all(y <= x + 1e-9 for x, y in points)


def test_a_lorenz_curve_of_many_keeps_a_hundred_points() -> None:
    assert len(lorenz(np.arange(1, 5000))) == 101


def test_the_interval_of_gini_is_that_of_a_plain_bootstrap() -> None:
    rng = np.random.default_rng(0)
    x = rng.geometric(0.1, size=300)
    found = inequality("messages", x, Resampling(2000))
    draws = [gini(rng.choice(x, 300)) for _ in range(2000)]
    assert (found.low, found.high) == pytest.approx(np.quantile(draws, [0.025, 0.975]), abs=0.01)
    assert found.low < found.gini < found.high


def test_the_busiest_are_counted_in_whole_people() -> None:
    found = inequality("messages", np.array([1] * 9 + [91]), Resampling(0))
    assert found.top == (0.91, 0.91, 0.91)
    assert np.isnan(inequality("messages", np.array([1, 2]), Resampling(9)).low)


def test_activity_is_a_plain_recount() -> None:
    trees = list(Forest(seed=1, n_people=40, native=True).trees(300))
    columns = flatten(trees)
    done = activity(columns)
    for i, person in enumerate(columns.people):
        assert done["reviewer"][i] == sum(
            r.participant_id == person for t in trees if isinstance(t, GrownTree) for r in t.reviews
        )
        assert done["ranker"][i] == sum(
            r.participant_id == person
            for t in trees
            if isinstance(t, GrownTree)
            for r in t.rankings
        )
    found = contributors_of(columns, Resampling(10))
    assert found is not None
    assert sum(n for _, n in found.overlap) == found.n_people
    assert found.activities[0].n_items == (done["prompter"] + done["assistant"]).sum() == 300
    assert sum(row.n_messages for row in found.languages) == 300
