"""Rank correlations: scipy's values, and intervals that hold what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from manyvoices.analyse.trees import spearman

small = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=4, max_size=40)


@given(small)
@settings(deadline=None)
def test_values_are_those_of_scipy_with_ties(pairs: list[tuple[int, int]]) -> None:
    x, y = (np.array(side, dtype=float) for side in zip(*pairs, strict=True))
    found = spearman(x, y, np.arange(len(x)))
    if len(set(x)) < 2 or len(set(y)) < 2:
        assert np.isnan(found.value)
    else:
        assert found.value == pytest.approx(spearmanr(x, y).statistic, abs=1e-12)


def test_a_missing_side_takes_the_row_out() -> None:
    x = np.array([1, 2, np.nan, 4, 3, 7.0])
    y = np.array([2, 1, 5, np.nan, 9, 8.0])
    found = spearman(x, y, np.arange(6))
    assert found.n == 4
    assert found.value == pytest.approx(spearmanr(x[[0, 1, 4, 5]], y[[0, 1, 4, 5]]).statistic)


def test_a_perfect_order_has_no_width_and_too_few_rows_have_no_value() -> None:
    x = np.arange(10.0)
    found = spearman(x, x**3, np.arange(10))
    assert (found.value, found.low, found.high) == (1, 1, 1)
    assert np.isnan(spearman(x[:2], x[:2], np.arange(2)).value)
    assert np.isnan(spearman(x, -x + (x == 3), np.zeros(10, dtype=int)).low)


def clustered(
    rng: np.random.Generator, n_clusters: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ordinal values of about six messages in each cluster, which share an effect."""
    cluster = np.repeat(np.arange(n_clusters), 6)
    shared = rng.normal(size=n_clusters)[cluster]
    x = shared + rng.normal(size=len(cluster))
    y = 0.4 * x + 0.6 * shared + rng.normal(size=len(cluster))
    return np.round(x), np.round(y), cluster


def test_standard_errors_are_those_of_a_bootstrap_of_clusters() -> None:
    rng = np.random.default_rng(4)
    x, y, cluster = clustered(rng, 120)
    found = spearman(x, y, cluster, level=0.95)
    rows = np.arange(len(x)).reshape(120, 6)
    draws = [_again(x, y, rows, rng) for _ in range(600)]
    low, high = np.quantile(draws, [0.025, 0.975])
    assert found.low == pytest.approx(low, abs=0.025)
    assert found.high == pytest.approx(high, abs=0.025)


def _again(x: np.ndarray, y: np.ndarray, rows: np.ndarray, rng: np.random.Generator) -> float:
    drawn = rows[rng.integers(0, len(rows), len(rows))].ravel()
    return float(spearmanr(x[drawn], y[drawn]).statistic)


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(5)
    x, y, _ = clustered(rng, 60_000)
    truth = spearmanr(x, y).statistic
    inside = 0
    for _ in range(300):
        found = spearman(*clustered(rng, 60))
        inside += found.low <= truth <= found.high
    # 95% +- 3 standard errors of a share of 300
    assert 0.91 <= inside / 300 <= 0.99
