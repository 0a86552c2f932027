"""What the runner does for one place in a turn: ask its responder, store what came of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from manyvoices.collect.conversations import queries
from manyvoices.collect.conversations.models import Turn, Utterance
from manyvoices.collect.jobs import leases
from manyvoices.collect.jobs.models import Job
from manyvoices.collect.jobs.runner import Database
from manyvoices.collect.people.locks import lock_participant
from manyvoices.collect.people.models import Participant
from manyvoices.design import ResponderSpec
from manyvoices.design.dialogue import derive_seed
from manyvoices.llm import (
    ChatMessage,
    ChatRequest,
    Reply,
    Responder,
    ResponderError,
    build_responder,
)

RETRY_PAUSE_S = 1.0


@dataclass(frozen=True, slots=True)
class Call:
    """Everything one call needs, read once from the database."""

    study_digest: str
    responder: ResponderSpec
    request: ChatRequest
    timeout_s: float


class AnswerHandler:
    """Handler of jobs of kind ``utterance``. Keeps one responder per model of a study version."""

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        build: Callable[[ResponderSpec], Responder] = build_responder,
    ) -> None:
        self._clock = clock
        self._build = build
        self._responders: dict[tuple[str, str], Responder] = {}

    async def __call__(self, job: Job, db: Database) -> None:
        call = await db.call(begin_call, job=job, now=self._clock())
        if call is None:
            return
        started = time.monotonic()
        outcome = await self._ask(call)
        waited_ms = (time.monotonic() - started) * 1000
        await db.call(
            store_outcome, job=job, outcome=outcome, waited_ms=waited_ms, now=self._clock()
        )

    async def aclose(self) -> None:
        for responder in self._responders.values():
            await responder.aclose()

    async def _ask(self, call: Call) -> Reply | ResponderError:
        """One answer within the time limit; passing faults are tried again while time remains."""
        responder = self._responder(call)
        end = time.monotonic() + call.timeout_s
        while True:
            try:
                return await responder.respond(
                    call.request, timeout_s=max(end - time.monotonic(), 0.05)
                )
            except ResponderError as error:
                if not error.retryable or time.monotonic() + RETRY_PAUSE_S >= end:
                    return error
            await asyncio.sleep(RETRY_PAUSE_S)

    def _responder(self, call: Call) -> Responder:
        key = (call.study_digest, call.responder.id)
        if key not in self._responders:
            self._responders[key] = self._build(call.responder)
        return self._responders[key]


def begin_call(*, job: Job, now: datetime) -> Call | None:
    """Read what to ask, and count the time limit from now; None where nobody waits any more.

    No transaction: it mostly reads, and each of its writes stands for itself.
    """
    utterance = (
        Utterance.objects.select_related("turn__conversation__participant__version")
        .defer("turn__conversation__participant__version__content")
        .get(pk=job.key)
    )
    turn = utterance.turn
    if utterance.is_settled or turn.rated_at is not None or utterance.attempt != turn.attempt:
        leases.settle(job=job, now=now)
        return None
    version = turn.conversation.participant.version
    rule = queries.stage_spec(turn.conversation.participant, turn.conversation.stage)
    timeout_s = queries.time_limit_s(rule, turn.index)
    # A queue or a restart before this moment is not the responder's doing, nor the reader's loss.
    latest = now + timedelta(seconds=timeout_s)
    Turn.objects.filter(pk=turn.pk, deadline_at__lt=latest).update(deadline_at=latest)
    spec = version.spec.responder(utterance.responder)
    return Call(
        study_digest=version.digest,
        responder=spec,
        request=_request(utterance, spec),
        timeout_s=timeout_s,
    )


def _request(utterance: Utterance, spec: ResponderSpec) -> ChatRequest:
    turn = utterance.turn
    messages = [ChatMessage(role="system", content=spec.system)] if spec.system else []
    for earlier in queries.turns_with_answers(turn.conversation)[: turn.index]:
        best = queries.best_answer(earlier)
        messages.append(ChatMessage(role="user", content=earlier.prompt))
        messages.append(ChatMessage(role="assistant", content=(best.text if best else "") or ""))
    messages.append(ChatMessage(role="user", content=turn.prompt))
    return ChatRequest(
        messages=tuple(messages),
        temperature=spec.temperature,
        top_p=spec.top_p,
        max_tokens=spec.max_tokens,
        # 31 bits: what every OpenAI-compatible server accepts as a seed.
        seed=derive_seed(turn.seed, "sample", utterance.attempt, utterance.position) >> 32,
        extra=spec.extra,
    )


@transaction.atomic
def store_outcome(
    *, job: Job, outcome: Reply | ResponderError, waited_ms: float, now: datetime
) -> None:
    """Store an answer, or why there is none, together with the end of its job."""
    participant = Participant.objects.get(conversations__turns__utterances__pk=job.key)
    # The participant may be sending ratings without this answer at this very moment.
    lock_participant(participant)
    utterance = Utterance.objects.get(pk=job.key)
    leases.settle(job=job, now=now)
    utterance.settled_at = now
    if isinstance(outcome, ResponderError):
        utterance.latency_ms = waited_ms
        utterance.failure = str(outcome.kind.value)
    else:
        utterance.latency_ms = outcome.latency_ms
        utterance.text = outcome.text
        utterance.finish_reason = outcome.finish_reason
        utterance.prompt_tokens = outcome.prompt_tokens
        utterance.completion_tokens = outcome.completion_tokens
        utterance.model_version = outcome.model_version
    utterance.save()
