"""Writes that share a transaction do not share their faults."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import pytest
from django.db import DatabaseError

from manyvoices.collect.conversations import answering, budget, calling, operations, storing
from manyvoices.collect.conversations.models import Spending, Turn
from manyvoices.collect.jobs import leases
from manyvoices.collect.jobs.models import Job
from manyvoices.collect.jobs.together import store_together
from manyvoices.collect.people.models import Participant
from manyvoices.llm import FailureKind, Reply, ResponderError

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def _write(key: str, fault: Exception | None = None) -> str:
    leases.enqueue(kind="k", key=key, lease_s=1, now=NOW)
    if fault is not None:
        raise fault
    return key


def test_one_that_fails_leaves_nothing_and_the_others_are_stored() -> None:
    works = [partial(_write, "a"), partial(_write, "b", ValueError("no")), partial(_write, "c")]
    outcomes = store_together(works)
    assert [outcome.value for outcome in outcomes] == ["a", None, "c"]
    assert isinstance(outcomes[1].error, ValueError)
    assert set(Job.objects.values_list("key", flat=True)) == {"a", "c"}


def test_what_the_database_refused_is_tried_once_more_alone() -> None:
    faults: list[Exception | None] = [DatabaseError("held crosswise"), None]
    works = [partial(_write, "a"), lambda: _write("b", faults.pop(0))]
    assert [outcome.error for outcome in store_together(works)] == [None, None]
    assert set(Job.objects.values_list("key", flat=True)) == {"a", "b"}


@pytest.fixture
def begun(participant: Participant) -> tuple[Turn, list[Job]]:
    conversation = operations.start_conversation(
        participant=participant, stage=2, number=1, type_name="unguided", now=NOW
    )
    turn = operations.send_prompt(conversation=conversation, index=0, text="Hello", now=NOW)
    return turn, leases.claim(owner="here:1:x", limit=9, now=NOW)


def _ending(job: Job, outcome: Reply | ResponderError) -> storing.Ending:
    call = answering.begin_call(job=job, now=NOW)
    usage = budget.Usage(1, 10, 5)
    evidence = calling.Evidence({"seed": 1}, (), usage)
    return storing.Ending(job, outcome, 1.0, NOW, call, evidence)


def test_answers_failures_and_a_lost_lease_that_end_together(
    begun: tuple[Turn, list[Job]],
) -> None:
    turn, jobs = begun
    failure = ResponderError(FailureKind.REFUSED_CREDENTIALS, "no", retryable=False)
    kinds: list[Reply | ResponderError] = [Reply(f"{n}", "stop", 1, 1, "v", 1.0) for n in range(4)]
    kinds[1] = failure
    endings = [_ending(job, kind) for job, kind in zip(jobs, kinds, strict=True)]
    Job.objects.filter(pk=jobs[2].pk).update(owner="there:2:y")
    outcomes = storing.store_outcomes(endings)
    assert [type(o.error) for o in outcomes] == [
        type(None),
        type(None),
        leases.LeaseLost,
        type(None),
    ]
    by_key = {str(u.pk): u for u in turn.utterances.all()}
    stored = [by_key[job.key] for job in jobs]
    assert [u.text for u in stored] == ["0", None, None, "3"]
    assert [u.failure for u in stored] == [None, "refused_credentials", None, None]
    assert Spending.objects.get().n_calls == 3


def test_where_they_cannot_be_stored_at_once_each_is_stored_alone(
    begun: tuple[Turn, list[Job]], monkeypatch: pytest.MonkeyPatch
) -> None:
    turn, jobs = begun
    endings = [_ending(job, Reply("Here.", "stop", 1, 1, "v", 1.0)) for job in jobs]

    def broken(_participant: Participant, ending: storing.Ending) -> None:
        if ending.job.pk == jobs[0].pk:
            raise ZeroDivisionError("a bug")

    monkeypatch.setattr(storing, "_record", broken)
    outcomes = storing.store_outcomes(endings)
    assert isinstance(outcomes[0].error, ZeroDivisionError)
    assert turn.utterances.filter(text="Here.").count() == 3
