"""What the database holds of a try: what is to be sent, and what came of it.

An address that fails is left alone for a while, twice as long each time, with everything that waits
for it; so a receiver that is down for an hour misses nothing and is not run over when it is back.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from manyvoices.collect.jobs import leases
from manyvoices.collect.jobs.models import Job
from manyvoices.collect.webhooks import operations, signing
from manyvoices.collect.webhooks.models import Delivery, Webhook
from manyvoices.collect.webhooks.payloads import body_of

TRIES = 10
"""Of one request."""
OFF_AFTER = 20
"""Tries in a row that failed, whatever they were about; tries side by side count once."""
FIRST_WAIT_S = 30.0
LONGEST_WAIT_S = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class Request:
    """Everything that is needed to send, read in one transaction."""

    delivery: int
    hook: uuid.UUID
    url: str
    secret: str
    event: str
    event_id: str
    body: bytes
    began: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it."""

    status: int | None
    problem: str = ""
    """Empty: it arrived. Else ``timeout``, ``redirect``, ``status``, ``private``, or ``connection``
    with the name of a fault."""


def wait_s(n_failures: int, chance: float) -> float:
    """Seconds until the next try: doubled with each failure, and up to a half less or more, so that
    those that failed together do not come back together. `chance`: 0 to 1."""
    longest = min(FIRST_WAIT_S * 2.0 ** min(max(n_failures, 1) - 1, 30), LONGEST_WAIT_S)
    return longest * (0.5 + chance)


def prepare(*, job: Job, now: datetime) -> Request | None:
    """What is to be sent for a claimed job. None: nothing is, or not yet; then the job is settled
    or put off already."""
    rows = Delivery.objects.select_related("hook__study").filter(pk=int(job.key))
    delivery = rows.first()
    if delivery is None or delivery.state != Delivery.State.WAITING or not delivery.hook.is_active:
        # Whom it was about withdrew, or its webhook is gone.
        leases.settle(job=job, now=now)
        if delivery is not None and delivery.state == Delivery.State.WAITING:
            rows.update(state=Delivery.State.FAILED, next_try_at=None)
        return None
    hook = delivery.hook
    if hook.wait_until is not None and hook.wait_until > now:
        leases.put_off(job=job, until=hook.wait_until)
        rows.update(next_try_at=hook.wait_until)
        return None
    leases.renew(job=job, now=now)
    return Request(
        delivery=delivery.pk,
        hook=hook.pk,
        url=hook.url,
        secret=signing.secret_of(hook),
        event=delivery.event,
        event_id=str(delivery.event_id),
        body=body_of(delivery, now=now),
        began=now,
    )


def leave_for_later(*, job: Job, request: Request, until: datetime) -> None:
    """Give a request back that nothing was tried with: its address has its hands full."""
    leases.put_off(job=job, until=until)
    Delivery.objects.filter(pk=request.delivery).update(next_try_at=until)


@transaction.atomic
def settle(*, job: Job, request: Request, answer: Answer, now: datetime, chance: float) -> None:
    """Store what came of a try: it is done, or to be tried again, or given up.

    The webhook's row is held first, as where an owner changes it.
    """
    hooks = Webhook.objects.select_for_update(of=("self",), no_key=True).select_related("study")
    hook = hooks.filter(deliveries=request.delivery).first()
    delivery = Delivery.objects.filter(pk=request.delivery).first()
    if hook is None or delivery is None or delivery.state != Delivery.State.WAITING:
        leases.settle(job=job, now=now)  # Erased or dropped while it was on its way.
        return
    delivery.attempts += 1
    delivery.tried_at, delivery.status = now, answer.status
    delivery.problem = answer.problem[:300]
    if not answer.problem:
        _arrived(hook, delivery, job, now)
    else:
        _failed(hook, delivery, job, request, now, chance)


def _arrived(hook: Webhook, delivery: Delivery, job: Job, now: datetime) -> None:
    leases.settle(job=job, now=now)
    delivery.state, delivery.next_try_at = Delivery.State.SENT, None
    delivery.save()
    if hook.failures or hook.wait_until is not None:
        hook.failures, hook.failed_at, hook.wait_until = 0, None, None
        hook.save(update_fields=["failures", "failed_at", "wait_until"])


def _failed(
    hook: Webhook, delivery: Delivery, job: Job, request: Request, now: datetime, chance: float
) -> None:
    if hook.failed_at is None or request.began > hook.failed_at:
        hook.failures += 1
        hook.failed_at = now
        hook.wait_until = now + timedelta(seconds=wait_s(hook.failures, chance))
    if hook.failures >= OFF_AFTER and hook.is_active:
        # The study's row before the request's, as where somebody withdraws.
        operations.hold_study(hook.study)
        leases.settle(job=job, now=now, error=delivery.problem)
        delivery.state, delivery.next_try_at = Delivery.State.FAILED, None
        delivery.save()
        operations.switch_off_failing(hook, because=delivery.problem, now=now)
        return
    hook.save(update_fields=["failures", "failed_at", "wait_until"])
    if delivery.attempts >= TRIES:
        leases.settle(job=job, now=now, error=delivery.problem)
        delivery.state, delivery.next_try_at = Delivery.State.FAILED, None
    else:
        own = now + timedelta(seconds=wait_s(delivery.attempts, chance))
        delivery.next_try_at = max(own, hook.wait_until or own)
        leases.put_off(job=job, until=delivery.next_try_at, error=delivery.problem)
    delivery.save()
