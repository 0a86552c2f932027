"""Numbers as a reader meets them."""

from __future__ import annotations

import datetime as dt

import pytest

from manyvoices.analyse.overview import Count
from manyvoices.report import formats


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (12345.4, 0, "12,345"),
        (-0.424, 2, "−0.42"),
        (-0.001, 2, "0.00"),
        (float("nan"), 1, "–"),
        (1234567.0, 0, "1,234,567"),
    ],
)
def test_numbers_have_separators_and_real_minus_signs(value: float, digits: int, text: str) -> None:
    assert formats.number(value, digits) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0%"),
        (0.004, "0.4%"),
        (0.099, "9.9%"),
        (0.0996, "10%"),
        (0.123, "12%"),
        (0.997, "99.7%"),
        (0.9999, "99.9%"),
        (1.0, "100%"),
        (None, "–"),
    ],
)
def test_shares_never_round_something_to_all(value: float | None, text: str) -> None:
    assert formats.share(value) == text


def test_counts_name_their_denominator_even_if_it_is_nothing() -> None:
    assert formats.out_of(Count(12, 400)) == "12 of 400 (3.0%)"
    assert formats.out_of(Count(0, 0)) == "0 of 0"


def test_intervals_with_negative_ends_are_joined_by_a_word() -> None:
    assert formats.interval(0.1, 0.25, 2) == "0.10–0.25"
    assert formats.interval(-0.5, 0.25, 1) == "−0.5 to 0.2"
    assert formats.interval(float("nan"), 1.0) == "–"


def test_lists_and_days_read_as_sentences() -> None:
    assert formats.listed(["a"]) == "a"
    assert formats.listed(["a", "b", "c"]) == "a, b and c"
    assert formats.days(dt.date(2026, 3, 2), dt.date(2026, 4, 9)) == "2 March 2026 to 9 April 2026"
    assert formats.days(dt.date(2026, 3, 2), dt.date(2026, 3, 2)) == "2 March 2026"
    assert formats.statement("... was safe") == formats.statement("…was safe") == "was safe"
