"""What a page that waits asks for every second."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F

from manyvoices.collect.comparisons.models import Exchange, SideAnswer
from manyvoices.collect.conversations.queries import SLOW_S
from manyvoices.collect.people.models import Participant


def nothing_new(
    participant: Participant, stage: int, number: int, *, have: str, now: datetime
) -> bool:
    """Whether a waiting page that knows of `have` settled sides is up to date: one query, no row
    read. False also where the wait has become long, or is over."""
    waiting = Exchange.objects.filter(
        comparison__participant=participant,
        comparison__stage=stage,
        comparison__number=number,
        comparison__verdict=None,
        deadline_at__gt=now,
        created_at__gt=now - timedelta(seconds=SLOW_S),
    )
    current = SideAnswer.objects.filter(exchange__in=waiting, attempt=F("exchange__attempt"))
    rows = list(current.order_by().values_list("exchange_id", "settled_at"))
    newest = max((exchange for exchange, _at in rows), default=None)
    settled = [at is not None for exchange, at in rows if exchange == newest]
    return not all(settled) and str(sum(settled)) == have
