"""What the runner does for one side of a comparison: ask its model, store what came of it.

A side that gives nothing is a failure on record and never a vote. Of the sides none is shown before
all have answered, so `Comparison.shown_at` is stored with the last answer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Prefetch, QuerySet

from manyvoices.collect.comparisons import operations, queries, sides
from manyvoices.collect.comparisons.models import OTHER_LANGUAGE, Exchange, SideAnswer
from manyvoices.collect.conversations.beginning import (
    Beginning,
    Plan,
    begin_all,
    begun,
    given_up,
    nobody_waits,
)
from manyvoices.collect.conversations.calling import (
    OUTCOME_FIELDS,
    Call,
    Caller,
    Evidence,
    chat_request,
    fill,
    opening_words,
    record_usage,
)
from manyvoices.collect.jobs import leases
from manyvoices.collect.jobs.models import Job
from manyvoices.collect.jobs.runner import Database
from manyvoices.collect.jobs.together import Outcome, store_together
from manyvoices.collect.people.locks import lock_participant
from manyvoices.collect.people.models import Participant
from manyvoices.curate.language_match import same_language
from manyvoices.design import ResponderSpec
from manyvoices.design.comparisons.stage import ComparisonsStage
from manyvoices.design.dialogue import derive_seed
from manyvoices.llm import (
    ChatMessage,
    ChatRequest,
    Reply,
    Responder,
    ResponderError,
    build_responder,
)


@dataclass(frozen=True, slots=True)
class SideCall:
    """What one side is asked."""

    call: Call
    wanted_language: str | None = None
    """Of the answer (BCP 47); None = nobody looks at it."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What came of one job."""

    job: Job
    outcome: Reply | ResponderError
    waited_ms: float
    now: datetime
    call: Call | None = None
    evidence: Evidence | None = None
    language: str | None = None
    """Label of the answer, where it was looked at."""
    is_other_language: bool = False


class SideAnswerHandler:
    """Handler of jobs of kind ``side_answer``. Keeps one responder per model of a study version."""

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        build: Callable[[ResponderSpec], Responder] = build_responder,
    ) -> None:
        self._clock = clock
        self._caller = Caller(build)

    async def __call__(self, job: Job, db: Database) -> None:
        side: SideCall | None = await db.together(begin_calls, Beginning(job, self._clock()))
        if side is None:
            return
        started = time.monotonic()
        outcome, evidence = await self._caller.ask(side.call)
        waited_ms = (time.monotonic() - started) * 1000
        ending = Ending(job, outcome, waited_ms, self._clock(), side.call, evidence)
        # The first look loads a model of languages: no other answer has to wait for that.
        ending = await asyncio.to_thread(look_at_language, ending, side.wanted_language)
        await db.together(store_outcomes, ending)

    async def aclose(self) -> None:
        await self._caller.aclose()


def look_at_language(ending: Ending, wanted: str | None) -> Ending:
    """`ending` with the language of its answer, and whether it is another than `wanted`."""
    if wanted is None or not isinstance(ending.outcome, Reply):
        return ending
    label, passes = same_language(ending.outcome.text, wanted)
    return replace(ending, language=label, is_other_language=not passes)


def begin_call(*, job: Job, now: datetime) -> SideCall | None:
    """`begin_calls` for one job; raises what is wrong with it."""
    side: SideCall | None = begun(begin_calls([Beginning(job, now)]))
    return side


_Earlier = dict[object, list[Exchange]]
"""Comparison -> its exchanges so far, their answers loaded."""


def begin_calls(beginnings: Sequence[Beginning]) -> list[Outcome]:
    """Read what to ask, and count each time limit from now; None where nobody waits any more."""
    rows = _rows().filter(pk__in=[beginning.job.key for beginning in beginnings])
    answers = {str(answer.pk): answer for answer in rows}
    plan = partial(_plan, _earlier(answers.values()))
    return begin_all(beginnings, answers, plan)


def _plan(earlier: _Earlier, answer: SideAnswer, beginning: Beginning) -> Plan:
    exchange, comparison = answer.exchange, answer.exchange.comparison
    job, now = beginning.job, beginning.now
    if answer.is_settled or comparison.is_over or answer.attempt != exchange.attempt:
        return nobody_waits(beginning)
    if often := given_up(job):
        return Plan(Outcome(), partial(store_outcome, Ending(job, often, 0.0, now)))
    rule = queries.stage_spec(comparison.participant, comparison.stage)
    side = _side_call(answer, earlier.get(comparison.pk, []), rule)
    answer_by = now + timedelta(seconds=rule.timeout_s)
    is_late = exchange.deadline_at is None or exchange.deadline_at < answer_by
    if not is_late and leases.is_fresh(job=job, now=now):
        return Plan(Outcome(value=side))
    return Plan(Outcome(value=side), partial(_put_off, job, answer, answer_by, now))


def _put_off(job: Job, answer: SideAnswer, answer_by: datetime, now: datetime) -> None:
    """Let the lease and the time limit count from now: a queue or a restart before this moment is
    not the model's doing, nor the reader's loss."""
    leases.renew(job=job, now=now)
    late = Exchange.objects.filter(pk=answer.exchange_id, deadline_at__lt=answer_by)
    late.update(deadline_at=answer_by)
    SideAnswer.objects.filter(pk=answer.pk).update(answer_by=answer_by)


def _rows() -> QuerySet[SideAnswer]:
    return SideAnswer.objects.select_related("exchange__comparison__participant__version").defer(
        "exchange__comparison__participant__version__content"
    )


def _earlier(answers: Iterable[SideAnswer]) -> _Earlier:
    """Two statements where anybody talks on, none where nobody does."""
    going_on = {a.exchange.comparison_id for a in answers if a.exchange.index}
    found: _Earlier = {}
    if going_on:
        loaded = Prefetch("answers", SideAnswer.objects.order_by("position"))
        for exchange in Exchange.objects.filter(comparison__in=going_on).prefetch_related(loaded):
            found.setdefault(exchange.comparison_id, []).append(exchange)
    return found


def _side_call(
    answer: SideAnswer, exchanges: Sequence[Exchange], rule: ComparisonsStage
) -> SideCall:
    comparison = answer.exchange.comparison
    version = comparison.participant.version
    spec = version.spec.responder(comparison.models[answer.position])
    earlier = sorted((e for e in exchanges if e.index < answer.exchange.index), key=_by_index)
    call = Call(
        study_digest=version.digest,
        responder=spec,
        request=_request(answer, spec, rule, earlier),
        timeout_s=rule.timeout_s,
        max_words=rule.answers.max_words,
    )
    return SideCall(call, _wanted_language(answer.exchange, rule))


def _by_index(exchange: Exchange) -> int:
    return exchange.index


def _request(
    answer: SideAnswer, spec: ResponderSpec, rule: ComparisonsStage, earlier: Sequence[Exchange]
) -> ChatRequest:
    """The side's own history: no side is told what another said."""
    comparison = answer.exchange.comparison
    messages = opening_words(spec, rule.system_by_type)
    item = queries.prompt_item(comparison, rule)
    for place, text in enumerate(item.earlier if item else ()):
        messages.append(ChatMessage(role="assistant" if place % 2 else "user", content=text))
    for exchange in earlier:
        messages.append(ChatMessage(role="user", content=exchange.prompt))
        own = next((a for a in queries.shown(exchange) if a.position == answer.position), None)
        messages.append(ChatMessage(role="assistant", content=(own and own.text) or ""))
    messages.append(ChatMessage(role="user", content=answer.exchange.prompt))
    seed = derive_seed(
        comparison.seed, "sample", answer.exchange.index, answer.attempt, answer.position
    )
    return chat_request(messages, spec, rule.answers, seed=seed)


def _wanted_language(exchange: Exchange, rule: ComparisonsStage) -> str | None:
    """The prompt's, as the prompt set says; in an arena as far as the message shows it: people
    write in other languages than the page's."""
    if not rule.same_language:
        return None
    if rule.source != "arena":
        return exchange.comparison.language
    return sides.language_shown(exchange.prompt)


def store_outcomes(endings: Sequence[Ending]) -> list[Outcome]:
    """`store_outcome` for several in one transaction; what one raises undoes its own writes."""
    return store_together([partial(store_outcome, ending) for ending in endings])


@transaction.atomic
def store_outcome(ending: Ending) -> None:
    """Store an answer, or why there is none, together with the end of its job and what it used.

    What follows for the comparison is in `operations.after_settling`.
    """
    job, now = ending.job, ending.now
    participant = Participant.objects.only("study_id").get(
        comparisons__exchanges__answers__pk=job.key
    )
    # The participant may be leaving the comparison out at this very moment.
    lock_participant(participant)
    leases.settle(job=job, now=now)
    answer = _rows().get(pk=job.key)
    fill(
        answer,
        ending.outcome,
        waited_ms=ending.waited_ms,
        now=now,
        max_words=ending.call.max_words if ending.call else None,
        evidence=ending.evidence,
    )
    answer.language = ending.language
    if ending.is_other_language:
        answer.failure = OTHER_LANGUAGE
    answer.save(update_fields=[*OUTCOME_FIELDS, "language"])
    record_usage(participant, ending.call, ending.evidence)
    exchange = answer.exchange
    rule = queries.stage_spec(exchange.comparison.participant, exchange.comparison.stage)
    operations.after_settling(exchange.comparison, exchange, rule, now=now)
