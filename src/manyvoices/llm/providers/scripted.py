"""Personas as responders: for demos, rehearsals and tests, without a network."""

from __future__ import annotations

import asyncio
import os
import random
import time
from typing import Any

from manyvoices.design.dialogue import derive_seed, generator
from manyvoices.design.responders import ResponderSpec
from manyvoices.llm.personas import PERSONAS, Persona, answer
from manyvoices.llm.port import ChatRequest, FailureKind, Reply, ResponderError

NO_DELAYS = "MANYVOICES_NO_SCRIPTED_DELAYS"
"""Environment variable: "1" lets every persona answer at once, whatever its ``delay_s`` says."""


class ScriptedResponder:
    """One persona. `extra` may hold ``delay_s: [low, high]`` and ``failure_rate: 0..1``.

    Delay and failure are drawn from the same seed as the text, so that a rehearsal repeats itself.
    """

    def __init__(self, spec: ResponderSpec) -> None:
        if spec.persona not in PERSONAS:
            message = f"{spec.id} names the persona {spec.persona}; there are {', '.join(PERSONAS)}"
            raise ResponderError(FailureKind.MISCONFIGURED, message, retryable=False)
        self._spec = spec
        self._persona: Persona = PERSONAS[spec.persona]
        self._places = asyncio.Semaphore(spec.max_concurrency)

    @property
    def id(self) -> str:
        """The model's id in the study."""
        return self._spec.id

    def __repr__(self) -> str:
        return f"ScriptedResponder({self._spec.id!r}, persona={self._persona.name!r})"

    def parameters(self, request: ChatRequest) -> dict[str, Any]:
        """The persona, and what shapes its answer."""
        return {
            "persona": self._persona.name,
            "max_tokens": request.max_tokens or self._spec.max_tokens,
            "seed": request.seed,
            **self._spec.extra,
            **request.extra,
        }

    async def respond(self, request: ChatRequest, *, timeout_s: float) -> Reply:
        """The persona's answer, after its delay; raises TIMEOUT where that is too long."""
        extra = {**self._spec.extra, **request.extra}
        rng = generator(_request_seed(self._persona.name, request))
        delay = _delay_s(extra.get("delay_s", 0), rng)
        if os.environ.get(NO_DELAYS) == "1":  # Drawn all the same: what follows stays as it was.
            delay = 0.0
        started = time.monotonic()
        try:
            async with asyncio.timeout(timeout_s), self._places:
                started = time.monotonic()
                await asyncio.sleep(delay)
        except TimeoutError:
            message = f"{self.id} gave no answer within {timeout_s:g} s"
            raise ResponderError(FailureKind.TIMEOUT, message, retryable=True) from None
        if rng.random() < _rate(extra.get("failure_rate", 0)):
            message = f"{self.id} failed, as its failure_rate asks"
            raise ResponderError(FailureKind.UNREACHABLE, message, retryable=False)
        return self._reply(request, latency_ms=(time.monotonic() - started) * 1000)

    async def aclose(self) -> None:
        """Nothing is held."""

    def _reply(self, request: ChatRequest, *, latency_ms: float) -> Reply:
        limit = request.max_tokens if request.max_tokens is not None else self._spec.max_tokens
        spoken = answer(self._persona, request.messages, seed=request.seed or 0, max_words=limit)
        return Reply(
            text=spoken.text,
            finish_reason=spoken.finish_reason,
            prompt_tokens=spoken.prompt_words,
            completion_tokens=spoken.words,
            model_version=spoken.version,
            latency_ms=latency_ms,
        )


def _request_seed(persona: str, request: ChatRequest) -> int:
    words = [part for m in request.messages for part in (m.role, m.content)]
    return derive_seed("delay", persona, *words, request.seed or 0)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _delay_s(value: Any, rng: random.Random) -> float:
    """Seconds to wait: a number, or drawn between the two of a pair."""
    if _is_number(value):
        return float(value)
    if isinstance(value, list | tuple) and len(value) == 2 and all(map(_is_number, value)):
        return rng.uniform(float(value[0]), float(value[1]))
    message = f"delay_s is {value!r}, not a number of seconds or [low, high]"
    raise ResponderError(FailureKind.MISCONFIGURED, message, retryable=False)


def _rate(value: Any) -> float:
    if _is_number(value) and value <= 1:
        return float(value)
    message = f"failure_rate is {value!r}, not a number from 0 to 1"
    raise ResponderError(FailureKind.MISCONFIGURED, message, retryable=False)
