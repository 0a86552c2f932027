"""Charts show what was counted, and nothing leaves their frame."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyvoices.collect.console.charts import bins, columns, quantile

scores = st.lists(st.integers(1, 100), min_size=1, max_size=60)


@given(scores, st.floats(0, 1))
def test_quantiles_are_numpys(values: list[int], q: float) -> None:
    assert quantile(Counter(values), q) == pytest.approx(float(np.quantile(values, q)))


def test_nothing_has_no_quantile() -> None:
    with pytest.raises(ValueError, match="nothing was counted"):
        quantile({}, 0.5)


@given(scores, st.integers(1, 40))
def test_every_score_falls_into_one_part(values: list[int], n: int) -> None:
    counts = bins(Counter(values), low=1, high=100, n=n)
    assert sum(counts) == len(values)
    assert len(counts) == n


def test_the_ends_of_a_scale_fall_into_the_first_and_the_last_part() -> None:
    assert bins({1: 2, 100: 3}, low=1, high=100, n=20) == [2, *[0] * 18, 3]


def test_scores_off_the_scale_are_kept_at_its_ends() -> None:
    assert bins({-5: 1, 300: 1}, low=1, high=100, n=2) == [1, 1]


@given(st.lists(st.integers(0, 10_000), max_size=60))
def test_columns_stay_inside_their_frame(counts: list[int]) -> None:
    chart = columns(counts, label="counts", width=180, height=36)
    assert len(chart.columns) == sum(count > 0 for count in counts)
    for column in chart.columns:
        assert 0 <= column.x <= column.x + column.width <= 180.01
        assert 0 <= column.y <= column.y + column.height <= 36.01
        assert column.height >= 2


def test_the_tallest_column_is_as_high_as_the_chart() -> None:
    chart = columns([1, 4, 0, 2], label="counts", height=40)
    assert max(column.height for column in chart.columns) == 40
    assert chart.peak == 4
