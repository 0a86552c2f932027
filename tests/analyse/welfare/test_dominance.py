"""Stochastic dominance: the relation, its measures, and the tests of Barrett and Donald."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from manyvoices.analyse.many_tests import holm
from manyvoices.analyse.welfare.dominance import draws_test, gaps, sorted_relation

draws = st.lists(st.integers(0, 4), min_size=6, max_size=6)


def lottery(chosen: list[int]) -> np.ndarray:
    return np.bincount(chosen, minlength=5) / len(chosen)


@given(draws, draws, st.permutations([1.0, 2.0, 2.0, 5.0, 9.0]))
def test_sorted_draws_dominate_exactly_where_no_level_is_worse(first, second, worth) -> None:
    value = np.array(worth)
    gap = gaps(value, lottery(first), lottery(second))
    a, b = value[first], value[second]
    assert sorted_relation(a, b) == (gap.fall == 0)
    assert sorted_relation(b, a) == (gap.rise == 0)


@given(draws, draws)
def test_gain_less_loss_is_the_difference_of_means(first, second) -> None:
    value = np.array([3.0, 1.0, 4.0, 1.5, 9.0])
    gap = gaps(value, lottery(first), lottery(second))
    assert gap.gain - gap.loss == pytest.approx(value[first].mean() - value[second].mean())
    back = gaps(value, lottery(second), lottery(first))
    assert (back.gain, back.rise) == (pytest.approx(gap.loss), pytest.approx(gap.fall))


def test_the_largest_differences_are_those_of_kolmogorov_and_smirnov() -> None:
    rng = np.random.default_rng(0)
    value = rng.normal(size=5)
    first, second = rng.integers(0, 5, 400), rng.integers(0, 4, 400)
    gap = gaps(value, lottery(first.tolist()), lottery(second.tolist()))
    assert gap.rise == pytest.approx(
        stats.ks_2samp(value[first], value[second], alternative="less").statistic
    )
    assert gap.fall == pytest.approx(
        stats.ks_2samp(value[first], value[second], alternative="greater").statistic
    )


def test_many_comparisons_at_once_are_each_on_its_own() -> None:
    rng = np.random.default_rng(1)
    worth, first, second = rng.normal(size=(4, 3, 7)), rng.dirichlet(np.ones(7), 3), np.ones(7) / 7
    worth[0, 0, 2] = np.nan
    together = gaps(worth, first, second)
    for place in np.ndindex(4, 3):
        alone = gaps(worth[place], first[place[1]], second)
        assert together.gain[place] == pytest.approx(float(alone.gain))
        assert together.fall[place] == pytest.approx(float(alone.fall))


def test_the_measure_of_violation_runs_from_dominating_to_dominated() -> None:
    value = np.array([1.0, 2.0, 3.0])
    low, high, middle = np.array([1, 0, 0.0]), np.array([0, 0, 1.0]), np.array([0.5, 0, 0.5])
    assert gaps(value, high, low).violation == 0
    assert gaps(value, low, high).violation == 1
    assert gaps(value, middle, np.array([0, 1.0, 0])).violation == pytest.approx(0.5)
    assert np.isnan(gaps(value, low, low).violation)


def test_lists_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="2 and 3"):
        sorted_relation(np.zeros(2), np.zeros(3))


def test_p_values_are_those_of_scipy_in_large_samples() -> None:
    rng = np.random.default_rng(2)
    first, second = rng.normal(0.05, 1, 20_000), rng.normal(0, 1, 30_000)
    less = stats.ks_2samp(first, second, alternative="less", method="asymp")
    test = draws_test(less.statistic, 0.0, 20_000, 30_000)
    assert np.log(test.p_better) == pytest.approx(np.log(less.pvalue), abs=0.15)
    assert test.p_worse == 1.0


def test_equal_distributions_are_told_apart_no_more_often_than_said() -> None:
    rng = np.random.default_rng(3)
    value, shares = np.arange(12.0), np.ones(12) / 12
    found = []
    for _ in range(1500):
        a, b = rng.multinomial(300, shares, 2) / 300
        gap = gaps(value, a, b)
        found.append(draws_test(float(gap.rise), float(gap.fall), 300, 300).p_better)
    # Conservative, because welfare takes few values; and not so much that nothing is found.
    assert 0.01 < np.mean(np.array(found) < 0.05) < 0.06


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holms_correction_steps_down_as_he_defined_it(p: list[float]) -> None:
    ordered, n = sorted(p), len(p)
    steps = [min(1.0, (n - place) * value) for place, value in enumerate(ordered)]
    wanted = [max(s for s, q in zip(steps, ordered, strict=True) if q <= value) for value in p]
    assert holm(np.array(p)) == pytest.approx(wanted)


def test_what_was_not_tested_is_not_corrected_for() -> None:
    found = holm(np.array([0.01, np.nan, 0.04]))
    assert found[[0, 2]] == pytest.approx([0.02, 0.04])
    assert np.isnan(found[1])
