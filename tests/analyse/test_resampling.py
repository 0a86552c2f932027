"""Means with intervals over people."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manyvoices.analyse.resampling import Resampling, cluster_means

ROWS = st.lists(
    st.tuples(st.floats(-100, 100), st.integers(0, 2), st.integers(0, 5)), min_size=1, max_size=40
)


def columns(
    rows: list[tuple[float, int, int]],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    values, groups, clusters = zip(*rows, strict=True)
    return np.array(values), np.array(groups), np.array(clusters)


@settings(max_examples=50, deadline=None)
@given(ROWS)
def test_the_mean_is_the_plain_mean_and_lies_in_the_range_of_the_values(
    rows: list[tuple[float, int, int]],
) -> None:
    values, groups, clusters = columns(rows)
    drawn = Resampling(n_resamples=30)
    means = cluster_means(values, groups, clusters, n_groups=3, resampling=drawn)
    for group in range(3):
        mine = values[groups == group]
        assert means.n[group] == len(mine)
        if not len(mine):
            assert np.isnan(means.mean[group])
            continue
        assert means.mean[group] == pytest.approx(mine.mean(), abs=1e-9)
        if len(np.unique(clusters[groups == group])) < 2:
            # One person's values, however many, once had the interval [mean, mean].
            assert np.isnan([means.low[group], means.high[group]]).all()
            continue
        assert mine.min() - 1e-9 <= means.low[group] <= means.high[group] <= mine.max() + 1e-9


def test_the_interval_widens_when_one_person_gives_the_same_value_many_times() -> None:
    rng = np.random.default_rng(1)
    person = np.repeat(np.arange(50), 10)
    values = np.repeat(rng.normal(50, 10, size=50), 10)
    zeros = np.zeros(500, dtype=np.int64)
    drawn = Resampling(n_resamples=2000)
    by_person = cluster_means(values, zeros, person, n_groups=1, resampling=drawn)
    by_row = cluster_means(values, zeros, np.arange(500), n_groups=1, resampling=drawn)
    width = by_person.high[0] - by_person.low[0]
    assert width / (by_row.high[0] - by_row.low[0]) == pytest.approx(np.sqrt(10), rel=0.15)


def test_the_interval_is_as_wide_as_theory_says_for_independent_people() -> None:
    values = np.random.default_rng(2).normal(0, 1, size=400)
    zeros = np.zeros(400, dtype=np.int64)
    means = cluster_means(
        values, zeros, np.arange(400), n_groups=1, resampling=Resampling(n_resamples=4000)
    )
    assert means.high[0] - means.low[0] == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.08)


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    values, groups, clusters = columns([(float(i % 7), 0, i) for i in range(60)])
    results = [
        cluster_means(values, groups, clusters, n_groups=1, resampling=Resampling(200, seed=seed))
        for seed in (3, 3, 4)
    ]
    assert results[0].low[0] == results[1].low[0]
    assert (results[0].low[0], results[0].high[0]) != (results[2].low[0], results[2].high[0])


def test_no_values_at_all_give_no_means() -> None:
    none = np.array([])
    codes = np.array([], dtype=np.int64)
    means = cluster_means(none, codes, codes, n_groups=2, resampling=Resampling())
    assert np.isnan(means.mean).all()
    assert np.isnan(means.low).all()
