"""How often a model may be called: a study's own limits, and what the endpoint asks for.

One `Pace` belongs to one model in one event loop. It looks at the last sixty seconds, so that no
minute, wherever it begins, holds more than the limit.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from manyvoices.llm.port import ChatRequest, FailureKind, ResponderError

WINDOW_S = 60.0


@dataclass(slots=True, eq=False)
class Start:
    """One call that was let through."""

    at: float
    tokens: int
    """Expected at first, counted once the answer is there."""


class Pace:
    """Lets calls through at no more than so many requests and tokens per minute."""

    def __init__(
        self,
        *,
        requests_per_minute: int | None = None,
        tokens_per_minute: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._requests = requests_per_minute
        self._tokens = tokens_per_minute
        self._clock = clock
        self._starts: deque[Start] = deque()
        self._not_before = 0.0

    def hold(self, seconds: float) -> None:
        """Let nobody through for so long: the endpoint has asked for it."""
        self._not_before = max(self._not_before, self._clock() + seconds)

    async def wait(self, *, expected_tokens: int, timeout_s: float) -> Start:
        """Wait for a place in the last minute; raises RATE_LIMITED where none comes in time."""
        end = self._clock() + timeout_s
        while (delay := self.delay_s(expected_tokens)) > 0:
            if self._clock() + delay >= end:
                message = f"the next call is allowed in {delay:.1f} s, after its time limit"
                raise ResponderError(FailureKind.RATE_LIMITED, message, retryable=False)
            await asyncio.sleep(delay)
        start = Start(at=self._clock(), tokens=expected_tokens)
        self._starts.append(start)
        return start

    def delay_s(self, expected_tokens: int) -> float:
        """Seconds until such a call is allowed; 0 where it is allowed now."""
        now = self._clock()
        while self._starts and self._starts[0].at <= now - WINDOW_S:
            self._starts.popleft()
        return max(
            self._not_before - now, self._room_for_one(now), self._room(now, expected_tokens)
        )

    def _room_for_one(self, now: float) -> float:
        if self._requests is None or len(self._starts) < self._requests:
            return 0.0
        return self._starts[len(self._starts) - self._requests].at + WINDOW_S - now

    def _room(self, now: float, expected: int) -> float:
        if self._tokens is None:
            return 0.0
        # A single call above the limit is let through alone: it could never go otherwise.
        over = sum(start.tokens for start in self._starts) + expected - self._tokens
        for start in self._starts:
            if over <= 0:
                return 0.0
            over -= start.tokens
            if over <= 0:
                return start.at + WINDOW_S - now
        return self._starts[-1].at + WINDOW_S - now if self._starts else 0.0


def estimate_tokens(text: str) -> int:
    """Tokens of a text where nobody counted them: one for every four bytes, at least one."""
    return max(1, -(-len(text.encode("utf-8", "replace")) // 4))


def expected_tokens(request: ChatRequest, *, answer: int) -> int:
    """What a request may use: its messages, and an answer of `answer` tokens."""
    return sum(estimate_tokens(m.content) + 4 for m in request.messages) + answer
