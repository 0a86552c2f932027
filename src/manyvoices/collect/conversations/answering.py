"""What the runner does for one place in a turn: ask its responder, store what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from django.db.models import Prefetch

from manyvoices.collect.conversations import queries
from manyvoices.collect.conversations.beginning import (
    Beginning,
    Plan,
    begin_all,
    begun,
    given_up,
    nobody_waits,
)
from manyvoices.collect.conversations.calling import (
    Call,
    Caller,
    Evidence,
    chat_request,
    opening_words,
)
from manyvoices.collect.conversations.models import Turn, Utterance
from manyvoices.collect.conversations.storing import Ending, places, store_outcome, store_outcomes
from manyvoices.collect.conversations.time_limits import TimeLimit
from manyvoices.collect.jobs import leases
from manyvoices.collect.jobs.models import Job
from manyvoices.collect.jobs.runner import Database
from manyvoices.collect.jobs.together import Outcome
from manyvoices.design import ConversationsStage, ResponderSpec
from manyvoices.design.dialogue import derive_seed
from manyvoices.llm import (
    ChatMessage,
    ChatRequest,
    Reply,
    Responder,
    ResponderError,
    build_responder,
)


class AnswerHandler:
    """Handler of jobs of kind ``utterance``. Keeps one responder per model of a study version."""

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        build: Callable[[ResponderSpec], Responder] = build_responder,
    ) -> None:
        self._clock = clock
        self._caller = Caller(build)

    async def __call__(self, job: Job, db: Database) -> None:
        call = await db.together(begin_calls, Beginning(job, self._clock()))
        if call is None:
            return
        started = time.monotonic()
        outcome, evidence = await self._ask(call)
        waited_ms = (time.monotonic() - started) * 1000
        ending = Ending(job, outcome, waited_ms, self._clock(), call, evidence)
        await db.together(store_outcomes, ending)

    async def aclose(self) -> None:
        await self._caller.aclose()

    async def _ask(self, call: Call) -> tuple[Reply | ResponderError, Evidence]:
        return await self._caller.ask(call)


def begin_call(*, job: Job, now: datetime) -> Call | None:
    """`begin_calls` for one job; raises what is wrong with it."""
    call: Call | None = begun(begin_calls([Beginning(job, now)]))
    return call


def begin_calls(beginnings: Sequence[Beginning]) -> list[Outcome]:
    """Read what to ask, and count each time limit from now; None where nobody waits any more."""
    jobs = [beginning.job for beginning in beginnings]
    return begin_all(beginnings, _with_their_conversations(jobs), _plan)


def _plan(utterance: Utterance, beginning: Beginning) -> Plan:
    turn, job, now = utterance.turn, beginning.job, beginning.now
    if utterance.is_settled or turn.rated_at is not None or utterance.attempt != turn.attempt:
        return nobody_waits(beginning)
    if often := given_up(job):
        store = partial(store_outcome, job=job, outcome=often, waited_ms=0.0, now=now)
        return Plan(Outcome(), store)
    rule = queries.stage_spec(turn.conversation.participant, turn.conversation.stage)
    limit = TimeLimit(utterance, rule, now)
    call = _call(utterance, rule, timeout_s=limit.seconds())
    if not limit.is_news and leases.is_fresh(job=job, now=now):
        return Plan(Outcome(value=call))
    return Plan(Outcome(value=call), partial(_put_off, job, limit))


def _put_off(job: Job, limit: TimeLimit) -> None:
    """Let the lease and the time limit count from now."""
    leases.renew(job=job, now=limit.now)
    limit.store()


def _with_their_conversations(jobs: Sequence[Job]) -> dict[str, Utterance]:
    """Job key -> its place, with everything above it but the study's whole text, and with the turns
    before it and the answers that were kept of them."""
    keys = [job.key for job in jobs]
    found = {str(u.pk): u for u in places().filter(pk__in=keys)}
    conversations = {u.turn.conversation_id for u in found.values() if u.turn.index}
    if conversations:
        kept = Prefetch("utterances", Utterance.objects.filter(chosen=True))
        turns = Turn.objects.filter(conversation__in=conversations).prefetch_related(kept)
        by_conversation: dict[object, list[Turn]] = {}
        for turn in turns:
            by_conversation.setdefault(turn.conversation_id, []).append(turn)
        for utterance in found.values():
            own = by_conversation.get(utterance.turn.conversation_id, [])
            utterance.earlier_turns = own[: utterance.turn.index]  # type: ignore[attr-defined]
    return found


def _call(utterance: Utterance, rule: ConversationsStage, *, timeout_s: float) -> Call:
    version = utterance.turn.conversation.participant.version
    spec = version.spec.responder(utterance.responder)
    return Call(
        study_digest=version.digest,
        responder=spec,
        request=_request(utterance, spec, rule),
        timeout_s=timeout_s,
        max_words=rule.answers.max_words,
    )


def _request(utterance: Utterance, spec: ResponderSpec, rule: ConversationsStage) -> ChatRequest:
    turn = utterance.turn
    messages = opening_words(spec, rule.system_by_type)
    for earlier in getattr(utterance, "earlier_turns", ()):
        best = queries.best_answer(earlier)
        if best is None:
            # Every answer was bad: nothing was kept of that turn, so nothing is shown of it.
            continue
        messages.append(ChatMessage(role="user", content=earlier.prompt))
        messages.append(ChatMessage(role="assistant", content=best.text or ""))
    messages.append(ChatMessage(role="user", content=turn.prompt))
    seed = derive_seed(turn.seed, "sample", utterance.attempt, utterance.position)
    return chat_request(messages, spec, rule.answers, seed=seed)
