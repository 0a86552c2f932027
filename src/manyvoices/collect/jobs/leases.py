"""Who works on what, and for how long: the only place that changes a job's state.

A job is claimed by writing an owner and an expiry into its row. PostgreSQL hands different rows to
claimants that ask at the same moment (``FOR UPDATE SKIP LOCKED``); SQLite lets one writer in at a
time (``BEGIN IMMEDIATE``), which comes to the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from manyvoices.collect.jobs.models import Job

WORTH_RENEWING = timedelta(seconds=1)
"""Less than this is covered by what a lease allows for on top of the work."""


class LeaseLost(Exception):
    """Another runner has taken the job over; what this one did for it must not be stored."""


def enqueue(*, kind: str, key: str, lease_s: float, now: datetime) -> Job:
    """Add a job unless it is there already."""
    job, _ = Job.objects.get_or_create(
        kind=kind,
        key=key,
        defaults={"lease_s": lease_s, "not_before": now, "created_at": now},
    )
    return job


def enqueue_all(
    *,
    kind: str,
    keys: Iterable[str],
    lease_s: float,
    now: datetime,
    due: datetime | None = None,
) -> None:
    """Add a job for each key that has none yet, in one statement; `due`: not before, if not now."""
    jobs = (
        Job(kind=kind, key=key, lease_s=lease_s, not_before=due or now, created_at=now)
        for key in keys
    )
    Job.objects.bulk_create(jobs, ignore_conflicts=True)


def claim(
    *, owner: str, limit: int, now: datetime, kinds: Collection[str] | None = None
) -> list[Job]:
    """Lease up to `limit` jobs that are due, or whose lease has run out, oldest first; of `kinds`
    only, where they are named."""
    due = Q(state=Job.State.QUEUED, not_before__lte=now)
    abandoned = Q(state=Job.State.LEASED, leased_until__lt=now)
    rows = Job.objects.filter(due | abandoned).order_by("id")
    if kinds is not None:
        rows = rows.filter(kind__in=kinds)
    if not rows.exists():
        # A runner asks ten times a second: it must not take SQLite's write lock each time.
        return []
    with transaction.atomic():
        if connection.features.has_select_for_update_skip_locked:
            rows = rows.select_for_update(skip_locked=True)
        jobs = list(rows[:limit])
        for job in jobs:
            job.state = Job.State.LEASED
            job.owner = owner
            job.leased_until = now + timedelta(seconds=job.lease_s)
            job.attempts += 1
        _store_claim(jobs)
    return jobs


def _store_claim(jobs: list[Job]) -> None:
    """One statement for all jobs of one length, of which a study has two or three."""
    for until in {job.leased_until for job in jobs}:
        alike = [job for job in jobs if job.leased_until == until]
        Job.objects.filter(pk__in=[job.pk for job in alike]).update(
            state=Job.State.LEASED,
            owner=alike[0].owner,
            leased_until=until,
            attempts=F("attempts") + 1,
        )


def settle(*, job: Job, now: datetime, error: str = "") -> None:
    """Mark a job as over. Call inside the transaction that stores its result.

    Raises `LeaseLost`, which rolls that transaction back, where another runner owns the job now.
    """
    state = Job.State.FAILED if error else Job.State.DONE
    updated = _held(job).update(state=state, finished_at=now, error=error[:2000], leased_until=None)
    if not updated:
        raise LeaseLost(f"{job} is no longer held by {job.owner}")


def put_off(*, job: Job, until: datetime, error: str = "") -> None:
    """Give a claimed job back, to be done later. Raises `LeaseLost` as `settle` does."""
    updated = _held(job).update(
        state=Job.State.QUEUED, not_before=until, owner="", error=error[:2000], leased_until=None
    )
    if not updated:
        raise LeaseLost(f"{job} is no longer held by {job.owner}")


def settle_all(*, jobs: Iterable[Job], now: datetime) -> set[int]:
    """`settle` for jobs that are done; the keys of those that were still held, all others are not
    touched. Call inside the transaction that stores their results."""
    claimed = {job.pk: (job.owner, job.attempts) for job in jobs}
    rows = Job.objects.select_for_update().filter(pk__in=claimed, state=Job.State.LEASED)
    held = {
        pk
        for pk, owner, attempts in rows.order_by("pk").values_list("pk", "owner", "attempts")
        if claimed[pk] == (owner, attempts)
    }
    Job.objects.filter(pk__in=held).update(
        state=Job.State.DONE, finished_at=now, error="", leased_until=None
    )
    return held


def renew(*, job: Job, now: datetime) -> None:
    """Let the lease of a claimed job count from now, where the work begins late.

    Between a claim and the begin of the work there may be a queue, which must not count: the job
    would be taken over, and its model asked twice. Raises `LeaseLost` as `settle` does.
    """
    if is_fresh(job=job, now=now):
        return
    until = now + timedelta(seconds=job.lease_s)
    if not _held(job).update(leased_until=until):
        raise LeaseLost(f"{job} is no longer held by {job.owner}")
    job.leased_until = until


def is_fresh(*, job: Job, now: datetime) -> bool:
    """Whether a claimed job's lease counts from now already, near enough."""
    until = now + timedelta(seconds=job.lease_s)
    return job.leased_until is not None and until - job.leased_until < WORTH_RENEWING


def _held(job: Job) -> QuerySet[Job]:
    """The job's row as it was claimed: a runner that claims its own late job begins it anew."""
    return Job.objects.filter(
        pk=job.pk, owner=job.owner, attempts=job.attempts, state=Job.State.LEASED
    )


def cancel(*, kind: str, keys: list[str], now: datetime) -> None:
    """Take jobs back whose result nobody waits for any more."""
    Job.objects.filter(
        kind=kind, key__in=keys, state__in=[Job.State.QUEUED, Job.State.LEASED]
    ).update(state=Job.State.FAILED, finished_at=now, error="cancelled", leased_until=None)


def free_dead_owners(*, host: str, is_alive: Callable[[int], bool], now: datetime) -> int:
    """Make jobs due at once whose runner on this `host` was killed; return how many.

    Owners are named ``host:pid:nonce``. Without this a restart would wait for the leases to expire.
    """
    freed = 0
    for job in Job.objects.filter(state=Job.State.LEASED, owner__startswith=f"{host}:"):
        pid = int(job.owner.split(":")[1])
        if not is_alive(pid):
            freed += Job.objects.filter(pk=job.pk, owner=job.owner, state=Job.State.LEASED).update(
                state=Job.State.QUEUED, not_before=now, owner="", leased_until=None
            )
    return freed
