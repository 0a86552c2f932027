"""The runner's part: forget what is old."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from manyvoices.collect.jobs.models import Job
from manyvoices.collect.jobs.runner import Database
from manyvoices.collect.webhooks.emitting import KIND
from manyvoices.collect.webhooks.models import Delivery, Webhook

log = logging.getLogger(__name__)
KEPT = timedelta(days=30)
"""Rows of requests, and of webhooks that were deleted."""
PURGE_EVERY_S = 3600.0
CHUNK = 500


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
