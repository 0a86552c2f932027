"""Storing that something happened, for every address that wants to know, with a job to send it.

Called in the transaction of the event: both are stored or neither. A study whose webhooks want
nothing of the kind says so itself (`Study.announces`), so it costs no statement there.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from manyvoices.collect.jobs import leases
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study
from manyvoices.collect.webhooks.models import Delivery, Event, Webhook

KIND = "webhook"
"""Of the jobs."""
LEASE_S = 60.0


def emit(
    study: Study,
    event: Event,
    payload: Mapping[str, Any],
    *,
    now: datetime,
    participant: Participant | uuid.UUID | None = None,
    simulated: bool = False,
) -> list[Delivery]:
    """Store an event for whoever wants it.

    Args:
        payload: Ids, states and counts. No text, no name, nobody's id.
        participant: Whom it is about; told by pseudonym.
    """
    if event.value not in study.announces:
        return []
    return store(
        wanting(study, event), event, payload, now=now, participant=participant, simulated=simulated
    )


def wanting(study: Study, event: Event) -> list[Webhook]:
    """Webhooks in force that are told of an event."""
    rows = Webhook.objects.filter(study=study, is_active=True, deleted_at=None)
    return [hook for hook in rows.only("pk", "events") if event.value in hook.events]


def store(
    hooks: Iterable[Webhook],
    event: Event,
    payload: Mapping[str, Any],
    *,
    now: datetime,
    participant: Participant | uuid.UUID | None = None,
    simulated: bool = False,
) -> list[Delivery]:
    """One row and one job for each webhook."""
    event_id = uuid.uuid4()
    person = participant.pk if isinstance(participant, Participant) else participant
    rows = Delivery.objects.bulk_create(
        Delivery(
            hook=hook,
            event=event,
            event_id=event_id,
            payload=dict(payload),
            participant_id=person,
            simulated=simulated,
            created_at=now,
            next_try_at=now,
        )
        for hook in hooks
    )
    enqueue(rows, now=now, due=now)
    return rows


def emit_once(
    study: Study,
    event: Event,
    payload: Mapping[str, Any],
    *,
    once: str,
    now: datetime,
    due: datetime,
) -> None:
    """Store an event that several transactions may tell of, to be sent when `due`; the first one
    stores it."""
    if event.value not in study.announces:
        return
    rows = []
    for hook in wanting(study, event):
        values = {
            "event": event,
            "event_id": uuid.uuid5(hook.pk, once),
            "payload": dict(payload),
            "created_at": now,
            "next_try_at": due,
        }
        # Looked for first: nearly always it is there, and nothing is to be written.
        known = Delivery.objects.filter(hook=hook, once=once)
        if not known.exists():
            row, created = Delivery.objects.get_or_create(hook=hook, once=once, defaults=values)
            rows += [row] if created else []
    enqueue(rows, now=now, due=due)


def enqueue(rows: Iterable[Delivery], *, now: datetime, due: datetime) -> None:
    """A job for each."""
    keys = [str(row.pk) for row in rows]
    if keys:
        leases.enqueue_all(kind=KIND, keys=keys, lease_s=LEASE_S, now=now, due=due)
