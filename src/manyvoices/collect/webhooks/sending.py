"""The runner's part: send what is due, try again later what failed, forget what is old.

A request is sent at least once, and normally once: only a runner that is killed between an answer
and its storing sends it again, under the same event id. The order of requests is not promised.

An address that fails is left alone for a while, twice as long each time, with everything that waits
for it; so a receiver that is down for an hour misses nothing and is not run over when it is back.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import aiohttp
from django.db import transaction

import manyvoices
from manyvoices.collect.jobs import leases
from manyvoices.collect.jobs.models import Job
from manyvoices.collect.jobs.runner import Database
from manyvoices.collect.webhooks import addresses, operations, signing
from manyvoices.collect.webhooks.emitting import KIND
from manyvoices.collect.webhooks.models import Delivery, Webhook
from manyvoices.collect.webhooks.payloads import body_of

log = logging.getLogger(__name__)
TIMEOUT_S = 10.0
TRIES = 10
"""Of one request."""
OFF_AFTER = 20
"""Tries in a row that failed, whatever they were about; tries side by side count once."""
FIRST_WAIT_S = 30.0
LONGEST_WAIT_S = 6 * 3600.0
KEPT = timedelta(days=30)
"""Rows of requests, and of webhooks that were deleted."""
PURGE_EVERY_S = 3600.0
CHUNK = 500
MADE_BY = f"manyvoices/{manyvoices.__version__}"


@dataclass(frozen=True, slots=True)
class Request:
    """Everything that is needed to send, read in one transaction."""

    delivery: int
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


class DeliveryHandler:
    """Does jobs of the kind ``webhook``."""

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        rng: random.Random,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._clock = clock
        self._rng = rng
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None

    async def __call__(self, job: Job, db: Database) -> None:
        request = await db.store(prepare, job=job, now=self._clock())
        if request is None:
            return
        answer = await self._send(request)
        await db.store(
            settle,
            job=job,
            request=request,
            answer=answer,
            now=self._clock(),
            chance=self._rng.random(),
        )

    async def _send(self, request: Request) -> Answer:
        at = int(self._clock().timestamp())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": MADE_BY,
            "X-Manyvoices-Event": request.event,
            "X-Manyvoices-Event-Id": request.event_id,
            signing.HEADER: signing.sign(request.secret, request.body, at=at),
        }
        try:
            async with self._open().post(
                request.url, data=request.body, headers=headers, allow_redirects=False
            ) as response:
                return _judged(response.status)
        except TimeoutError:
            return Answer(None, "timeout")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Answer(None, _words(error))

    def _open(self) -> aiohttp.ClientSession:
        """One session for all; nothing of an answer is read but its status, no cookie is kept, and
        every connection goes through `addresses.guarded_socket`."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    socket_factory=addresses.guarded_socket, use_dns_cache=False, limit=0
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=self._timeout,
                auto_decompress=False,
            )
        return self._session

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()


def _judged(status: int) -> Answer:
    if 200 <= status < 300:
        return Answer(status)
    if 300 <= status < 400:
        return Answer(status, "redirect")
    return Answer(status, "status")


def _words(error: Exception) -> str:
    """What went wrong, as `words.problem_words` knows it, without the address, which may hold a
    secret."""
    if isinstance(error, aiohttp.ClientConnectorError):
        inner: BaseException = error.os_error
        if isinstance(inner, addresses.PrivateAddress):
            return "private"
        return f"connection {type(inner).__name__}"
    return f"connection {type(error).__name__}"


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
        url=hook.url,
        secret=signing.secret_of(hook),
        event=delivery.event,
        event_id=str(delivery.event_id),
        body=body_of(delivery, now=now),
        began=now,
    )


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


def purge(*, now: datetime) -> int:
    """Delete old rows with their jobs; return how many requests were forgotten."""
    over = Delivery.objects.filter(created_at__lt=now - KEPT)
    n_gone = 0
    while keys := list(over.order_by("pk").values_list("pk", flat=True)[:CHUNK]):
        with transaction.atomic():
            Job.objects.filter(kind=KIND, key__in=[str(key) for key in keys]).delete()
            Delivery.objects.filter(pk__in=keys).delete()
        n_gone += len(keys)
    Webhook.objects.filter(deleted_at__lt=now - KEPT).delete()
    return n_gone


async def keep_purging(
    stop: asyncio.Event, *, clock: Callable[[], datetime], every_s: float = PURGE_EVERY_S
) -> None:
    """Purge until `stop` is set."""
    db = Database()
    try:
        while not stop.is_set():
            try:
                await db.call(purge, now=clock())
            except Exception:
                log.exception("could not purge; trying again")
            try:
                await asyncio.wait_for(stop.wait(), every_s)
            except TimeoutError:
                continue
    finally:
        await db.aclose()
