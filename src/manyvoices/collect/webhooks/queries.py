"""Reads of the pages and the interface for programs."""

from __future__ import annotations

from manyvoices.collect.people.models import Participant
from manyvoices.collect.webhooks.models import Delivery, Webhook

SHOWN = 100


def deliveries_of(hook: Webhook) -> list[Delivery]:
    """The last requests to an address, the latest first."""
    return list(Delivery.objects.filter(hook=hook).order_by("-pk")[:SHOWN])


def told_of(participant: Participant) -> list[dict[str, object]]:
    """What other programs were told of somebody, for themselves."""
    rows = Delivery.objects.filter(participant=participant).select_related("hook").order_by("pk")
    return [
        {"event": row.event, "at": row.created_at, "state": row.state, "to": row.hook.host}
        for row in rows
    ]
