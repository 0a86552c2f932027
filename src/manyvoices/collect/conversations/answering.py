"""What the runner does for one place in a turn: ask its responder, store what came of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Prefetch, QuerySet

from manyvoices.collect.conversations import operations, queries
from manyvoices.collect.conversations.calling import (
    MAX_LEASES,
    OUTCOME_FIELDS,
    Call,
    Caller,
    Evidence,
    chat_request,
    fill,
    opening_words,
    record_usage,
)
from manyvoices.collect.conversations.models import Turn, Utterance
from manyvoices.collect.jobs import leases
from manyvoices.collect.jobs.models import Job
from manyvoices.collect.jobs.runner import Database
from manyvoices.collect.jobs.together import Outcome, store_together
from manyvoices.collect.people.locks import lock_participant, lock_participants
from manyvoices.collect.people.models import Participant
from manyvoices.design import ConversationsStage, ResponderSpec
from manyvoices.design.dialogue import derive_seed
from manyvoices.llm import (
    ChatMessage,
    ChatRequest,
    FailureKind,
    Reply,
    Responder,
    ResponderError,
    build_responder,
)

log = logging.getLogger(__name__)


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


@dataclass(frozen=True, slots=True)
class Beginning:
    """A job whose work begins, and when."""

    job: Job
    now: datetime


def begin_call(*, job: Job, now: datetime) -> Call | None:
    """`begin_calls` for one job; raises what is wrong with it."""
    (outcome,) = begin_calls([Beginning(job, now)])
    if outcome.error is not None:
        raise outcome.error
    call: Call | None = outcome.value
    return call


def begin_calls(beginnings: Sequence[Beginning]) -> list[Outcome]:
    """Read what to ask, and count each time limit from now; None where nobody waits any more.

    A few statements, however many jobs begin together. Most calls need no write; where they do,
    since the runner is late, the writes share a transaction.
    """
    utterances = _with_their_conversations([beginning.job for beginning in beginnings])
    plans = [_guarded_plan(b, utterances.get(b.job.key)) for b in beginnings]
    late = [plan for plan in plans if plan.write is not None]
    stored = iter(store_together([plan.write for plan in late if plan.write is not None]))
    return [_begun(plan, next(stored) if plan.write else plan.outcome) for plan in plans]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the begin of one job comes to, and what has to be written before."""

    outcome: Outcome
    write: Callable[[], object] | None = None


def _begun(plan: _Plan, stored: Outcome) -> Outcome:
    return stored if stored.error is not None else plan.outcome


def _guarded_plan(beginning: Beginning, utterance: Utterance | None) -> _Plan:
    try:
        if utterance is None:
            raise Utterance.DoesNotExist(f"{beginning.job} is about no place that is stored")
        return _plan(utterance, beginning.job, now=beginning.now)
    except Exception as error:
        return _Plan(Outcome(error=error))


def _plan(utterance: Utterance, job: Job, *, now: datetime) -> _Plan:
    turn = utterance.turn
    if utterance.is_settled or turn.rated_at is not None or utterance.attempt != turn.attempt:
        return _Plan(Outcome(), partial(leases.settle, job=job, now=now))
    if job.attempts > MAX_LEASES:
        often = ResponderError(FailureKind.ABANDONED, "stopped too often", retryable=False)
        store = partial(store_outcome, job=job, outcome=often, waited_ms=0.0, now=now)
        return _Plan(Outcome(), store)
    version = turn.conversation.participant.version
    rule = queries.stage_spec(turn.conversation.participant, turn.conversation.stage)
    spec = version.spec.responder(utterance.responder)
    limit = _Limit(utterance, rule, now)
    call = Call(
        study_digest=version.digest,
        responder=spec,
        request=_request(utterance, spec, rule),
        timeout_s=limit.seconds(),
        max_words=rule.answers.max_words,
    )
    if not limit.is_news and leases.is_fresh(job=job, now=now):
        return _Plan(Outcome(value=call))
    return _Plan(Outcome(value=call), partial(_put_off, job, limit))


def _put_off(job: Job, limit: _Limit) -> None:
    """Let the lease and the time limit count from now."""
    leases.renew(job=job, now=limit.now)
    limit.store()


class _Limit:
    """The time limit of one call. The first model of a place sets the place's limit from now on: a
    queue or a restart before this moment is not the responder's doing, nor the reader's loss. A
    replacement has what is left of it."""

    def __init__(self, utterance: Utterance, rule: ConversationsStage, now: datetime) -> None:
        self.utterance, self.rule, self.now = utterance, rule, now
        self._is_first = utterance.replacement == 0
        if self._is_first:
            limit = timedelta(seconds=queries.time_limit_s(rule, utterance.turn.index))
            utterance.answer_by = now + limit
        assert utterance.answer_by is not None, "a replacement is stored with its place's limit"
        self.answer_by = utterance.answer_by

    @property
    def is_news(self) -> bool:
        """Whether `store` would write: most calls need neither of its statements."""
        return self._is_first and (
            self.rule.failures == "replace" or self.utterance.turn.deadline_at < self.answer_by
        )

    def store(self) -> None:
        if self._is_first and self.rule.failures == "replace":
            Utterance.objects.filter(pk=self.utterance.pk).update(answer_by=self.answer_by)
        if self._is_first:
            late = Turn.objects.filter(pk=self.utterance.turn_id, deadline_at__lt=self.answer_by)
            late.update(deadline_at=self.answer_by)

    def seconds(self) -> float:
        """How long this call may take."""
        left_s = (self.answer_by - self.now).total_seconds()
        patience_s = self.rule.opening.replace_after_s
        if patience_s is not None and queries.may_replace(self.utterance, self.rule, now=self.now):
            return min(left_s, patience_s)
        return left_s


def _with_their_conversations(jobs: Sequence[Job]) -> dict[str, Utterance]:
    """Job key -> its place, with everything above it but the study's whole text, and with the turns
    before it and the answers that were kept of them."""
    keys = [job.key for job in jobs]
    found = {str(u.pk): u for u in _places().filter(pk__in=keys)}
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


def _places() -> QuerySet[Utterance]:
    return Utterance.objects.select_related("turn__conversation__participant__version").defer(
        "turn__conversation__participant__version__content"
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


@dataclass(frozen=True, slots=True)
class Ending:
    """What came of one job."""

    job: Job
    outcome: Reply | ResponderError
    waited_ms: float
    now: datetime
    call: Call | None
    evidence: Evidence | None

    def store(self) -> None:
        store_outcome(
            job=self.job,
            outcome=self.outcome,
            waited_ms=self.waited_ms,
            now=self.now,
            call=self.call,
            evidence=self.evidence,
        )


def store_outcomes(endings: Sequence[Ending]) -> list[Outcome]:
    """`store_outcome` for several at once: answers with a few statements in one transaction, what
    went wrong one by one. Where one of them cannot be stored, each is stored by itself."""
    answers = [e for e in endings if isinstance(e.outcome, Reply)]
    if len(answers) < 2:
        return store_together([ending.store for ending in endings])
    try:
        by_key = _store_answers(answers)
    except Exception:
        log.exception("%d answers could not be stored at once; trying one by one", len(answers))
        return store_together([ending.store for ending in endings])
    rest = [e for e in endings if e.job.key not in by_key]
    by_key |= zip((e.job.key for e in rest), store_together([e.store for e in rest]), strict=True)
    return [by_key[ending.job.key] for ending in endings]


@transaction.atomic
def _store_answers(endings: Sequence[Ending]) -> dict[str, Outcome]:
    """Job key -> what became of it, for those that are dealt with; the rest is for `Ending.store`.

    A lease that is held shows that the turn was neither rated nor given up: both cancel its jobs,
    under the participant's lock.
    """
    utterances = {str(u.pk): u for u in _places().filter(pk__in=[e.job.key for e in endings])}
    people = {u.turn.conversation.participant_id for u in utterances.values()}
    here = lock_participants(people)
    there = [
        e
        for e in endings
        if e.job.key in utterances
        and utterances[e.job.key].turn.conversation.participant_id in here
    ]
    held = leases.settle_all(jobs=[e.job for e in there], now=max(e.now for e in endings))
    stored = [e for e in there if e.job.pk in held]
    for ending in stored:
        _fill(utterances[ending.job.key], ending)
    Utterance.objects.bulk_create(
        [utterances[ending.job.key] for ending in stored],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=OUTCOME_FIELDS,
    )
    for ending in stored:
        _record(utterances[ending.job.key].turn.conversation.participant, ending)
    lost = leases.LeaseLost("another runner has taken the job over")
    return {e.job.key: Outcome(error=None if e.job.pk in held else lost) for e in there}


def _fill(utterance: Utterance, ending: Ending) -> None:
    fill(
        utterance,
        ending.outcome,
        waited_ms=ending.waited_ms,
        now=ending.now,
        max_words=ending.call.max_words if ending.call else None,
        evidence=ending.evidence,
    )


def _record(participant: Participant, ending: Ending) -> None:
    record_usage(participant, ending.call, ending.evidence)


@transaction.atomic
def store_outcome(
    *,
    job: Job,
    outcome: Reply | ResponderError,
    waited_ms: float,
    now: datetime,
    call: Call | None = None,
    evidence: Evidence | None = None,
) -> None:
    """Store an answer, or why there is none, together with the end of its job and what it used.

    Where the study replaces models that fail, a further one is asked in the same transaction.
    """
    participant = Participant.objects.only("study_id").get(
        conversations__turns__utterances__pk=job.key
    )
    # The participant may be sending ratings without this answer at this very moment.
    lock_participant(participant)
    leases.settle(job=job, now=now)
    utterance = _places().get(pk=job.key)
    ending = Ending(job, outcome, waited_ms, now, call, evidence)
    _fill(utterance, ending)
    utterance.save(update_fields=OUTCOME_FIELDS)
    _record(participant, ending)
    if isinstance(outcome, ResponderError):
        operations.replace_failed(utterance, now=now)
