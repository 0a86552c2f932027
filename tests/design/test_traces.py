"""What is read of a slider's trace, and that nothing posted there can do harm."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyvoices.design.traces import read_trace
from manyvoices.schema import SliderTrace

GOOD = {"start": 40, "first_touch_ms": 1234, "n_changes": 2, "input_kind": "touch"}


def test_a_posted_trace_is_read() -> None:
    posted = {"score-a-trace": [json.dumps(GOOD)]}
    assert read_trace(posted, "score-a") == SliderTrace(
        start=40, first_touch_ms=1234, n_changes=2, input_kind="touch"
    )


def test_a_slider_left_alone_has_no_trace() -> None:
    assert read_trace({}, "score-a") is None
    assert read_trace({"score-a-trace": [""]}, "score-a") is None


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "null", '"mouse"', '{"input_kind":"foot"}', "{" * 199, '{"input_kind":["mouse"]}'],
)
def test_what_makes_no_sense_is_dropped(text: str) -> None:
    assert read_trace({"x-trace": [text]}, "x") is None


def test_numbers_that_cannot_be_are_unknown_rather_than_stored() -> None:
    told = {"start": True, "first_touch_ms": -5, "n_changes": 10**30, "input_kind": "mouse"}
    trace = read_trace({"x-trace": [json.dumps(told)]}, "x")
    assert trace == SliderTrace(start=None, first_touch_ms=None, n_changes=0, input_kind="mouse")


@given(st.text())
def test_no_text_can_break_the_reading(text: str) -> None:
    trace = read_trace({"x-trace": [text]}, "x")
    assert trace is None or trace.n_changes >= 0
