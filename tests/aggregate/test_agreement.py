"""Kendall's tau-b against SciPy's, and what it asks of its arguments."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from manyvoices.aggregate import fit_counts, rank_agreement
from manyvoices.aggregate.agreement import taus

SCORES = st.lists(st.integers(0, 5), min_size=2, max_size=12)


@given(st.data())
def test_it_equals_scipys_tau_b_with_ties(data: st.DataObject) -> None:
    x = data.draw(SCORES)
    y = data.draw(st.lists(st.integers(0, 5), min_size=len(x), max_size=len(x)))
    expected = kendalltau(x, y, variant="b").statistic
    assert rank_agreement(x, y) == pytest.approx(expected, nan_ok=True)


def test_many_at_once_are_each_by_itself() -> None:
    rng = np.random.default_rng(0)
    many, one = rng.integers(0, 5, (20, 7)).astype(float), rng.normal(0, 1, 7)
    assert taus(many, one[None]) == pytest.approx([rank_agreement(row, one) for row in many])


def test_ratings_are_matched_by_model_and_not_by_place() -> None:
    wins = np.array([[0.0, 3, 4], [1, 0, 2], [1, 1, 0]])
    first = fit_counts(wins, ["x", "y", "z"])
    turned = fit_counts(wins[::-1, ::-1], ["z", "y", "x"])
    assert rank_agreement(first, turned) == 1.0
    assert rank_agreement(first, {"z": 3.0, "y": 2.0, "x": 1.0}) == -1.0


def test_scores_that_are_all_equal_agree_with_nothing() -> None:
    assert math.isnan(rank_agreement([1, 1, 1], [1, 2, 3]))


@pytest.mark.parametrize(
    ("first", "second", "word"),
    [
        ([1, 2], [1, 2, 3], "one length"),
        ({"x": 1.0, "y": 2.0}, {"x": 1.0, "z": 2.0}, "y, z"),
        ({"x": 1.0, "y": 2.0}, [1, 2], "names"),
        ([1], [1], "two models"),
    ],
)
def test_rankings_of_different_things_are_refused(first, second, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        rank_agreement(first, second)
