"""Krippendorff's alpha against his own example, the plain definition, and MT-bench."""

from __future__ import annotations

import math
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.real_data import needs_real_data, real

from manyvoices.aggregate import Battles, Units, Verdicts, krippendorff_alpha

# Krippendorff (2011), page 8: four observers, twelve units, gaps.
OBSERVERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]
UNITS = list(zip(*OBSERVERS, strict=True))

ROWS = st.lists(
    st.lists(st.one_of(st.none(), st.integers(1, 4)), min_size=3, max_size=3),
    min_size=1,
    max_size=8,
)


@pytest.mark.parametrize(
    ("level", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_the_authors_example_comes_out_as_published(level: str, published: float) -> None:
    result = krippendorff_alpha(UNITS, level)
    assert round(result.value, 3) == published
    assert (result.n_units, result.n_ratings, result.n_left_out) == (11, 40, 1)
    assert result.low < result.value < result.high


def plain(rows: list[list[int | None]], level: str) -> float:
    """The definition, pair by pair."""
    units = [[v for v in row if v is not None] for row in rows]
    units = [unit for unit in units if len(unit) >= 2]
    pooled = [value for unit in units for value in unit]
    count = {value: pooled.count(value) for value in set(pooled)}

    def gap(a: int, b: int) -> float:
        if level == "nominal":
            return float(a != b)
        if level == "interval":
            return float((a - b) ** 2)
        low, high = sorted((a, b))
        return (sum(count.get(g, 0) for g in range(low, high + 1)) - (count[a] + count[b]) / 2) ** 2

    observed = sum(
        sum(gap(a, b) for a, b in permutations(unit, 2)) / (len(unit) - 1) for unit in units
    )
    expected = sum(gap(a, b) for a, b in permutations(pooled, 2)) / max(len(pooled) - 1, 1)
    return 1 - observed / expected if expected else math.nan


@given(ROWS, st.sampled_from(["nominal", "ordinal", "interval"]))
def test_it_is_the_plain_definition(rows: list[list[int | None]], level: str) -> None:
    result = krippendorff_alpha(rows, level, n_resamples=2)
    expected = plain(rows, level)
    assert result.value == pytest.approx(expected, nan_ok=True, abs=1e-12)
    assert bool(result.why_undefined) == math.isnan(expected)


@given(ROWS, st.randoms(use_true_random=False))
def test_who_rated_and_in_which_order_does_not_matter(rows, random) -> None:
    one = krippendorff_alpha(rows, "ordinal", n_resamples=0).value
    shuffled = [random.sample(row, len(row)) for row in random.sample(rows, len(rows))]
    two = krippendorff_alpha(shuffled, "ordinal", n_resamples=0).value
    assert one == pytest.approx(two, nan_ok=True)


@given(ROWS)
@example([[None, None, 2], [None, None, 4], [None, 1, 1], [None, 1, 1], [None, 1, 1]])
def test_an_interval_scale_may_be_moved_and_stretched(rows: list[list[int | None]]) -> None:
    moved = [[None if v is None else 100.0 - 7 * v for v in row] for row in rows]
    one = krippendorff_alpha(rows, "interval", n_resamples=0).value
    assert krippendorff_alpha(moved, "interval", n_resamples=0).value == pytest.approx(
        one, nan_ok=True, abs=1e-9
    )


def test_every_resample_is_alpha_of_the_units_drawn() -> None:
    rows = [list(row) for row in UNITS[:11]]
    for level in ("nominal", "ordinal", "interval"):
        whole = krippendorff_alpha(rows, level, n_resamples=400, seed=5)
        again = krippendorff_alpha(rows, level, n_resamples=400, seed=5)
        assert (whole.low, whole.high) == (again.low, again.high)
        rng = np.random.default_rng(9)
        drawn = [plain([rows[code] for code in rng.integers(0, 11, 11)], level) for _ in range(400)]
        low, high = np.nanquantile(drawn, [0.025, 0.975])
        assert whole.low == pytest.approx(low, abs=0.15)
        assert whole.high == pytest.approx(high, abs=0.1)


def test_what_cannot_be_told_is_said_and_is_no_error() -> None:
    constant = krippendorff_alpha([[1, 1], [1, 1]])
    assert math.isnan(constant.value)
    assert "every rating is the same" in constant.why_undefined
    single = krippendorff_alpha([[1], [2, None], []])
    assert "no unit has two ratings" in single.why_undefined
    assert single.n_left_out == 3
    assert "no unit" in krippendorff_alpha([]).why_undefined


def test_one_unit_and_full_agreement_have_no_interval_of_no_width() -> None:
    one = krippendorff_alpha([["a", "b"]])
    assert (one.value, one.why_no_interval) == (0.0, "one unit alone says nothing about others")
    full = krippendorff_alpha([["a", "a"], ["b", "b"], ["a", "a"]])
    assert full.value == 1.0
    assert full.why_no_interval == "nobody disagreed, so resampled units show no spread"
    for found in (one, full):
        assert np.isnan([found.low, found.high]).all()
    some = krippendorff_alpha([["a", "a"], ["b", "b"], ["a", "b"]])
    assert some.low < some.value < some.high
    assert not some.why_no_interval


def test_words_are_ordered_where_their_order_is_given() -> None:
    rows = [["bad", "fair"], ["good", "good"], ["fair", "good"], ["bad", "bad"]]
    numbers = [[1, 2], [3, 3], [2, 3], [1, 1]]
    ordered = krippendorff_alpha(rows, "ordinal", order=["bad", "fair", "good"])
    assert ordered.value == krippendorff_alpha(numbers, "ordinal").value
    with pytest.raises(ValueError, match="order="):
        krippendorff_alpha(rows, "ordinal")
    with pytest.raises(ValueError, match="needs numbers"):
        krippendorff_alpha(rows, "interval")
    with pytest.raises(ValueError, match="'good'"):
        krippendorff_alpha(rows, "ordinal", order=["bad", "fair"])


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (([[1, 2]], "ratio"), "nominal, ordinal, interval"),
        (([[1, "a"], [2, 2]], "nominal"), "several kinds"),
        ((np.array([1, 2]), "nominal"), "a row for each unit"),
    ],
)
def test_values_that_cannot_be_read_are_refused(arguments: tuple[Any, str], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        krippendorff_alpha(*arguments)
    with pytest.raises(ValueError, match="confidence"):
        krippendorff_alpha(UNITS, confidence=1.0)


def test_two_columns_say_the_same_as_a_table() -> None:
    pairs = [(u, v) for u, row in enumerate(UNITS) for v in row]
    units = Units.from_columns([f"u{u}" for u, _ in pairs], [v for _, v in pairs])
    assert krippendorff_alpha(units).value == krippendorff_alpha(UNITS).value
    with pytest.raises(ValueError, match="one for each"):
        Units.from_columns([1], [])


@needs_real_data
def test_the_alpha_of_mt_benchs_judges_is_the_published_one() -> None:
    battles = Battles.from_arena(
        real("battles/mt_bench_human.jsonl"), groups=("question_id", "turn")
    )
    verdicts = Verdicts.from_battles(battles, ("question_id", "turn"))
    result = krippendorff_alpha(verdicts.of.values())
    assert len(verdicts) == 1814
    assert round(result.value, 4) == 0.4855
    assert (result.n_units, result.n_ratings) == (961, 2502)
