"""What the runner does with one place in a turn."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections

from manyvoices.collect.conversations import answering, calling, operations
from manyvoices.collect.conversations.models import Turn, Utterance
from manyvoices.collect.jobs import leases
from manyvoices.collect.jobs.models import Job
from manyvoices.collect.jobs.runner import Database, Runner
from manyvoices.collect.people.models import Participant
from manyvoices.design import ResponderSpec
from manyvoices.llm import ChatRequest, FailureKind, Reply, ResponderError

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class Failing:
    """A fake responder, for faults that a real model does not produce on demand."""

    def __init__(self, *outcomes: Reply | ResponderError | Exception) -> None:
        self.id = "fake"
        self.asked: list[ChatRequest] = []
        self._outcomes = list(outcomes)

    async def respond(self, request: ChatRequest, *, timeout_s: float) -> Reply:
        self.asked.append(request)
        outcome = self._outcomes.pop(0) if len(self._outcomes) > 1 else self._outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def parameters(self, request: ChatRequest) -> dict[str, Any]:
        return {"seed": request.seed}

    async def aclose(self) -> None:
        return None


@pytest.fixture
def turn(participant: Participant) -> Turn:
    conversation = operations.start_conversation(
        participant=participant, stage=2, number=1, type_name="unguided", now=NOW
    )
    return operations.send_prompt(conversation=conversation, index=0, text="Hello", now=NOW)


def work(handler: answering.AnswerHandler, *, n_jobs: int = 4) -> None:
    """Let a real runner work until it has dealt with `n_jobs` jobs."""
    dealt_with = asyncio.Semaphore(0)

    async def counted(job: Job, db: Database) -> None:
        try:
            await handler(job, db)
        finally:
            dealt_with.release()

    async def run() -> None:
        stop = asyncio.Event()
        runner = Runner({"utterance": counted}, owner="here:1:x", clock=lambda: NOW, poll_s=0.01)
        task = asyncio.create_task(runner.run(stop))
        for _ in range(n_jobs):
            await asyncio.wait_for(dealt_with.acquire(), timeout=300)
        stop.set()
        await task

    asyncio.run(run())
    connections.close_all()


def test_every_responder_answers_and_the_evidence_of_the_call_is_stored(turn: Turn) -> None:
    work(answering.AnswerHandler(clock=lambda: NOW))
    utterances = list(turn.utterances.all())
    assert len({u.text for u in utterances}) == 4
    for utterance in utterances:
        assert utterance.text
        assert utterance.failure is None
        assert utterance.settled_at == NOW
        assert utterance.latency_ms is not None
        assert utterance.completion_tokens
        assert utterance.model_version


def test_a_passing_fault_is_tried_again_and_leaves_no_failure(
    turn: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "RETRY_PAUSE_S", 0.01)
    busy = ResponderError(FailureKind.RATE_LIMITED, "slow down", retryable=True)
    fakes: list[Failing] = []

    def build(_spec: ResponderSpec) -> Failing:
        fakes.append(Failing(busy, Reply("Here.", "stop", 1, 1, "v1", 12.5)))
        return fakes[-1]

    work(answering.AnswerHandler(clock=lambda: NOW, build=build))
    assert set(turn.utterances.values_list("text", "failure", "latency_ms")) == {
        ("Here.", None, 12.5)
    }
    assert {len(fake.asked) for fake in fakes} == {2}


def test_a_lasting_fault_is_stored_as_a_missing_answer_of_its_kind(turn: Turn) -> None:
    refused = ResponderError(FailureKind.REFUSED_CREDENTIALS, "no", retryable=False)
    work(answering.AnswerHandler(clock=lambda: NOW, build=lambda _spec: Failing(refused)))
    assert set(turn.utterances.values_list("text", "failure", "score")) == {
        (None, "refused_credentials", None)
    }


def test_a_fault_of_our_own_in_one_job_stops_neither_the_runner_nor_the_other_jobs(
    turn: Turn,
) -> None:
    first = turn.utterances.get(position=0).responder

    def build(spec: ResponderSpec) -> Failing:
        bug = ZeroDivisionError("a bug")
        return Failing(bug if spec.id == first else Reply("Here.", "stop", 1, 1, "v", 1.0))

    work(answering.AnswerHandler(clock=lambda: NOW, build=build))
    assert turn.utterances.filter(text="Here.").count() == 3
    assert "a bug" in Job.objects.get(state=Job.State.FAILED).error


def test_a_model_is_asked_with_what_was_kept_of_the_conversation_so_far(turn: Turn) -> None:
    work(answering.AnswerHandler(clock=lambda: NOW))
    conversation = turn.conversation
    scores = {str(position): 10 * position for position in range(4)}
    operations.rate_turn(conversation=conversation, index=0, scores=scores, now=NOW)
    operations.send_prompt(conversation=conversation, index=1, text="And then?", now=NOW)
    fake = Failing(Reply("Second.", "stop", 1, 1, "v", 1.0))
    work(answering.AnswerHandler(clock=lambda: NOW, build=lambda _spec: fake), n_jobs=2)
    kept = Utterance.objects.get(turn=turn, chosen=True).text
    said = [(m.role, m.content) for m in fake.asked[0].messages]
    assert said == [("user", "Hello"), ("assistant", kept), ("user", "And then?")]
    assert len({request.seed for request in fake.asked}) == 2


def test_the_time_limit_counts_from_the_call_and_not_from_the_queue(turn: Turn) -> None:
    much_later = NOW + timedelta(minutes=10)
    (job, *_rest) = leases.claim(owner="here:1:x", limit=1, now=much_later)
    assert answering.begin_call(job=job, now=much_later) is not None
    turn.refresh_from_db()
    assert turn.deadline_at == much_later + timedelta(seconds=60)


def test_nobody_is_asked_for_a_turn_that_is_over(turn: Turn) -> None:
    (job, *_rest) = leases.claim(owner="here:1:x", limit=1, now=NOW)
    turn.rated_at = NOW
    turn.save()
    assert answering.begin_call(job=job, now=NOW) is None
    job.refresh_from_db()
    assert job.state == Job.State.DONE


def test_an_answer_whose_lease_was_lost_is_not_stored(turn: Turn) -> None:
    (job, *_rest) = leases.claim(owner="here:1:x", limit=1, now=NOW)
    leases.claim(owner="there:2:y", limit=9, now=NOW + timedelta(hours=1))
    reply = Reply("Too late.", "stop", 1, 1, "v", 1.0)
    with pytest.raises(leases.LeaseLost):
        answering.store_outcome(job=job, outcome=reply, waited_ms=1.0, now=NOW)
    assert Utterance.objects.get(pk=job.key).text is None
