"""Numbers say neither more nor less than they know."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyvoices.collect.console.numbers import number, percent
from manyvoices.collect.console.presenting.words import duration, failure
from manyvoices.llm import FailureKind


@given(st.integers(0, 10_000), st.integers(1, 10_000))
def test_all_is_said_of_all_and_none_of_none(n: int, of: int) -> None:
    n = min(n, of)
    assert (percent(n, of) == "100 %") == (n == of)
    assert (percent(n, of) == "0 %") == (n == 0)


def test_there_is_no_share_of_nothing() -> None:
    assert percent(0, 0) == ""


def test_large_numbers_are_grouped() -> None:
    assert number(68371) == "68,371"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3599, "1 h 0 min"),
        (5400, "1 h 30 min"),
        (3 * 86400, "3 days"),
    ],
)
def test_times_are_as_coarse_as_they_are_long(seconds: int, words: str) -> None:
    assert duration(timedelta(seconds=seconds)) == words


def test_every_kind_of_failure_has_words() -> None:
    assert all(failure(kind.value) != kind.value for kind in FailureKind)
    assert failure("something_new") == "something_new"
