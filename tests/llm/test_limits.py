"""A model is called no more often than its study and its endpoint allow."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyvoices.llm import FailureKind, ResponderError
from manyvoices.llm.limits import WINDOW_S, Pace, Start, estimate_tokens


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def take(pace: Pace, clock: Clock, tokens: int) -> float:
    """Let one call through at the earliest moment; return that moment."""
    while (delay := pace.delay_s(tokens)) > 0:
        clock.now += delay
    asyncio.run(pace.wait(expected_tokens=tokens, timeout_s=1.0))
    return clock.now


@given(
    st.lists(st.tuples(st.floats(0, 30), st.integers(1, 90)), min_size=1, max_size=30),
    st.integers(1, 4),
    st.integers(100, 300),
)
def test_no_minute_holds_more_requests_or_tokens_than_allowed(
    calls: list[tuple[float, int]], requests: int, tokens: int
) -> None:
    clock = Clock()
    pace = Pace(requests_per_minute=requests, tokens_per_minute=tokens, clock=clock)
    starts: list[Start] = []
    for pause, size in calls:
        clock.now += pause
        starts.append(Start(take(pace, clock, size), size))
    for first in starts:
        minute = [s for s in starts if first.at <= s.at < first.at + WINDOW_S - 1e-6]
        assert len(minute) <= requests
        assert sum(s.tokens for s in minute) <= tokens


def test_a_call_larger_than_the_limit_goes_alone_and_not_never() -> None:
    clock = Clock()
    pace = Pace(tokens_per_minute=10, clock=clock)
    assert take(pace, clock, 50) == 1000.0
    assert take(pace, clock, 1) == 1000.0 + WINDOW_S


def test_what_comes_too_late_is_refused_at_once() -> None:
    clock = Clock()
    pace = Pace(requests_per_minute=1, clock=clock)
    take(pace, clock, 1)
    with pytest.raises(ResponderError) as caught:
        asyncio.run(pace.wait(expected_tokens=1, timeout_s=30))
    assert (caught.value.kind, caught.value.retryable) == (FailureKind.RATE_LIMITED, False)


def test_when_an_endpoint_asks_to_wait_everybody_waits() -> None:
    clock = Clock()
    pace = Pace(clock=clock)
    pace.hold(7)
    assert pace.delay_s(1) == 7
    clock.now += 7
    assert pace.delay_s(1) == 0


def test_a_text_has_at_least_one_token() -> None:
    assert (estimate_tokens(""), estimate_tokens("abcd"), estimate_tokens("abcde")) == (1, 1, 2)
