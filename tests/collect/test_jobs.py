"""Leases: a job is held by one runner at a time, and never lost with the runner."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from manyvoices.collect.jobs import leases
from manyvoices.collect.jobs.models import Job

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def _enqueue(n: int = 1) -> list[Job]:
    return [leases.enqueue(kind="k", key=str(i), lease_s=30, now=NOW) for i in range(n)]


def test_the_same_job_is_queued_once() -> None:
    _enqueue(), _enqueue()
    assert Job.objects.count() == 1


def test_a_claimed_job_is_not_given_to_a_second_runner() -> None:
    _enqueue(3)
    first = leases.claim(owner="a:1:x", limit=2, now=NOW)
    second = leases.claim(owner="b:1:x", limit=9, now=NOW)
    assert [j.key for j in first] == ["0", "1"]
    assert [j.key for j in second] == ["2"]


def test_a_job_whose_lease_ran_out_is_given_to_the_next_runner_and_lost_to_the_first() -> None:
    _enqueue()
    (first,) = leases.claim(owner="a:1:x", limit=1, now=NOW)
    later = NOW + timedelta(seconds=31)
    (second,) = leases.claim(owner="b:1:x", limit=1, now=later)
    assert second.attempts == 2
    with pytest.raises(leases.LeaseLost), transaction.atomic():
        leases.settle(job=first, now=later)
    leases.settle(job=second, now=later)
    assert Job.objects.get().state == Job.State.DONE


def test_a_cancelled_job_cannot_be_settled() -> None:
    _enqueue()
    (job,) = leases.claim(owner="a:1:x", limit=1, now=NOW)
    leases.cancel(kind="k", keys=["0"], now=NOW)
    with pytest.raises(leases.LeaseLost), transaction.atomic():
        leases.settle(job=job, now=NOW)


def test_jobs_of_a_killed_runner_on_this_host_are_due_again_at_once() -> None:
    _enqueue(3)
    leases.claim(owner="here:11:x", limit=1, now=NOW)
    leases.claim(owner="here:22:x", limit=1, now=NOW)
    leases.claim(owner="there:11:x", limit=1, now=NOW)
    freed = leases.free_dead_owners(host="here", is_alive=lambda pid: pid == 22, now=NOW)
    assert freed == 1
    assert [j.key for j in leases.claim(owner="here:33:y", limit=9, now=NOW)] == ["0"]


def test_a_runner_that_claims_its_own_late_job_stores_only_the_second_outcome(db: None) -> None:
    leases.enqueue(kind="k", key="a", lease_s=10, now=NOW)
    (first,) = leases.claim(owner="here:1:x", limit=1, now=NOW)
    (second,) = leases.claim(owner="here:1:x", limit=1, now=NOW + timedelta(seconds=11))
    with pytest.raises(leases.LeaseLost):
        leases.settle(job=first, now=NOW)
    leases.settle(job=second, now=NOW)


def test_a_renewed_lease_counts_from_the_begin_of_the_work(db: None) -> None:
    leases.enqueue(kind="k", key="a", lease_s=10, now=NOW)
    (job,) = leases.claim(owner="here:1:x", limit=1, now=NOW)
    leases.renew(job=job, now=NOW + timedelta(seconds=8))
    assert leases.claim(owner="there:2:y", limit=1, now=NOW + timedelta(seconds=15)) == []
    (taken,) = leases.claim(owner="there:2:y", limit=1, now=NOW + timedelta(seconds=19))
    with pytest.raises(leases.LeaseLost):
        leases.renew(job=job, now=NOW + timedelta(seconds=20))
    leases.settle(job=taken, now=NOW)
