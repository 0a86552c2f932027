"""One answer of one model, whatever page waits for it: the tries, the evidence, the columns.

Conversations and comparisons both ask models; what they ask and what becomes of it is theirs.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from manyvoices.collect.conversations import budget
from manyvoices.collect.people.models import Participant
from manyvoices.design import ResponderSpec
from manyvoices.design.dialogue import cut_words
from manyvoices.design.responders import ModelType
from manyvoices.design.stage_parts import AnswerLimits
from manyvoices.llm import (
    ChatMessage,
    ChatRequest,
    FailureKind,
    Reply,
    Responder,
    ResponderError,
)
from manyvoices.llm.limits import estimate_tokens, expected_tokens
from manyvoices.schema.errors import MissingExtraError

RETRY_PAUSE_S = 1.0
OUTCOME_FIELDS = (
    "settled_at",
    "request",
    "tries",
    "latency_ms",
    "failure",
    "text",
    "n_words_cut",
    "finish_reason",
    "prompt_tokens",
    "completion_tokens",
    "model_version",
)
"""What an outcome writes; the participant's own columns are not among them."""
# What may have been used although no answer came: the endpoint had read the request at least.
_BILLED = frozenset(
    {FailureKind.TIMEOUT, FailureKind.EMPTY, FailureKind.MALFORMED, FailureKind.TOO_LARGE}
)


@dataclass(frozen=True, slots=True)
class Call:
    """Everything one call needs, read once from the database."""

    study_digest: str
    responder: ResponderSpec
    request: ChatRequest
    timeout_s: float
    max_words: int | None = None


@dataclass(frozen=True, slots=True)
class Try:
    """One call for an answer."""

    failure: FailureKind | None
    ms: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of the calls for one answer, whatever came of them."""

    parameters: dict[str, Any]
    tries: tuple[Try, ...]
    usage: budget.Usage


class Answer(Protocol):
    """A row that holds one answer, or why there is none: columns as `OUTCOME_FIELDS` names them."""

    settled_at: Any
    request: Any
    tries: Any
    latency_ms: Any
    failure: Any
    text: Any
    n_words_cut: Any
    finish_reason: Any
    prompt_tokens: Any
    completion_tokens: Any
    model_version: Any


class Caller:
    """Asks models, and keeps one responder per model of a study version."""

    def __init__(self, build: Callable[[ResponderSpec], Responder]) -> None:
        self._build = build
        self._responders: dict[tuple[str, str], Responder] = {}

    async def ask(self, call: Call) -> tuple[Reply | ResponderError, Evidence]:
        """One answer within the time limit; passing faults are tried again while tries and time
        remain, and not before the endpoint's own time to wait is over."""
        try:
            responder = self._responder(call)
        except (ResponderError, MissingExtraError) as error:
            return _as_failure(error), Evidence({}, (), budget.Usage(0, 0, 0))
        tries: list[Try] = []
        end = time.monotonic() + call.timeout_s
        while True:
            outcome = await _try(responder, call, end, tries)
            if isinstance(outcome, Reply) or not outcome.retryable:
                break
            pause = max(RETRY_PAUSE_S, outcome.retry_after_s or 0.0)
            if len(tries) >= call.responder.tries or time.monotonic() + pause >= end:
                break
            await asyncio.sleep(pause)
        parameters = responder.parameters(call.request)
        return outcome, Evidence(parameters, tuple(tries), _usage(call, outcome, tries))

    async def aclose(self) -> None:
        for responder in self._responders.values():
            await responder.aclose()

    def _responder(self, call: Call) -> Responder:
        key = (call.study_digest, call.responder.id)
        if key not in self._responders:
            self._responders[key] = self._build(call.responder)
        return self._responders[key]


async def _try(
    responder: Responder, call: Call, end: float, tries: list[Try]
) -> Reply | ResponderError:
    started = time.monotonic()
    outcome: Reply | ResponderError
    try:
        outcome = await responder.respond(call.request, timeout_s=max(end - started, 0.05))
    except ResponderError as error:
        outcome = error
    ms = round((time.monotonic() - started) * 1000, 1)
    tries.append(Try(outcome.kind if isinstance(outcome, ResponderError) else None, ms))
    return outcome


def _as_failure(error: ResponderError | MissingExtraError) -> ResponderError:
    if isinstance(error, ResponderError):
        return error
    return ResponderError(FailureKind.MISCONFIGURED, str(error), retryable=False)


def _usage(call: Call, outcome: Reply | ResponderError, tries: list[Try]) -> budget.Usage:
    """Tokens as counted, and as estimated where the endpoint counted none: a budget that guesses
    low would be passed."""
    prompt = expected_tokens(call.request, answer=0)
    billed = sum(one.failure in _BILLED for one in tries)
    prompt_tokens, completion_tokens = billed * prompt, billed * (call.request.max_tokens or 0)
    if isinstance(outcome, Reply):
        own = outcome.completion_tokens
        prompt_tokens += prompt if outcome.prompt_tokens is None else outcome.prompt_tokens
        completion_tokens += estimate_tokens(outcome.text) if own is None else own
    return budget.Usage(len(tries), prompt_tokens, completion_tokens)


def opening_words(
    spec: ResponderSpec, system_by_type: Mapping[ModelType, str]
) -> list[ChatMessage]:
    """What a model is told before anything was said: its own instruction, else its type's."""
    system = system_by_type.get(spec.type) if spec.system is None else spec.system
    return [ChatMessage(role="system", content=system)] if system else []


def chat_request(
    messages: Sequence[ChatMessage], spec: ResponderSpec, limits: AnswerLimits, *, seed: int
) -> ChatRequest:
    """The request for one answer. `seed`: 63 bits, from `derive_seed`."""
    return ChatRequest(
        messages=tuple(messages),
        temperature=spec.temperature,
        top_p=spec.top_p,
        max_tokens=min(
            (n for n in (spec.max_tokens, limits.max_tokens) if n is not None), default=None
        ),
        # 31 bits: what every OpenAI-compatible server accepts as a seed.
        seed=seed >> 32,
        extra=spec.extra,
    )


def fill(
    answer: Answer,
    outcome: Reply | ResponderError,
    *,
    waited_ms: float,
    now: datetime,
    max_words: int | None,
    evidence: Evidence | None,
) -> None:
    """Put into the row what came of its call."""
    answer.settled_at = now
    if evidence is not None:
        answer.request = evidence.parameters
        answer.tries = [
            {"failure": one.failure and str(one.failure.value), "ms": one.ms}
            for one in evidence.tries
        ]
    if isinstance(outcome, ResponderError):
        answer.latency_ms = waited_ms
        answer.failure = str(outcome.kind.value)
    else:
        _take_reply(answer, outcome, max_words=max_words)


def _take_reply(answer: Answer, reply: Reply, *, max_words: int | None) -> None:
    answer.latency_ms = reply.latency_ms
    answer.text = reply.text
    if max_words is not None:
        answer.text, answer.n_words_cut = cut_words(reply.text, max_words)
    answer.finish_reason = _fit(reply.finish_reason, 60)
    answer.prompt_tokens = reply.prompt_tokens
    answer.completion_tokens = reply.completion_tokens
    answer.model_version = _fit(reply.model_version, 200)


def _fit(text: str | None, most: int) -> str | None:
    """What an endpoint says of itself, cut to its column: PostgreSQL would refuse the row."""
    return text[:most] if text is not None else None


def record_usage(participant: Participant, call: Call | None, evidence: Evidence | None) -> None:
    """Add what the calls for one answer used. Call with the participant's row locked."""
    if call is not None and evidence is not None and evidence.usage.n_calls:
        budget.record(participant=participant, responder=call.responder, usage=evidence.usage)
