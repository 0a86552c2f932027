"""What a request says. It is put together when it is sent: whom or what was erased meanwhile is not
in it, and of a text it says what is there at that moment."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.utils.dateparse import parse_datetime

from manyvoices.collect.pseudonyms import reading_names
from manyvoices.collect.trees.models import Message, Task
from manyvoices.collect.webhooks.models import Delivery, Event


def body_of(delivery: Delivery, *, now: datetime) -> bytes:
    """The body, as JSON in UTF-8."""
    return json.dumps(said(delivery, now=now), ensure_ascii=False).encode()


def said(delivery: Delivery, *, now: datetime) -> dict[str, Any]:
    """The same as an object."""
    study = delivery.hook.study
    data = dict(delivery.payload)
    if delivery.participant_id is not None:
        names = reading_names(study, now)
        data["participant"] = names.participant(str(delivery.participant_id))
    if delivery.event == Event.TASK_DONE:
        data |= _counts(delivery)
    if delivery.hook.include_text and delivery.event == Event.MESSAGE_DECIDED:
        data["text"] = _text(data["message"])
    return {
        "id": str(delivery.event_id),
        "event": delivery.event,
        "study": study.pk,
        "at": delivery.created_at.isoformat(),
        "simulated": delivery.simulated,
        "data": data,
    }


def _text(message: str) -> str | None:
    """None where it is deleted or gone."""
    rows = Message.objects.filter(pk=message, deleted=False)
    return rows.values_list("text", flat=True).first()


def _counts(delivery: Delivery) -> dict[str, Any]:
    """Tasks that were finished in a minute, by language and kind; those of rehearsals apart."""
    begin, end = (parse_datetime(delivery.payload[name]) for name in ("from", "to"))
    rows = Task.objects.filter(
        study=delivery.hook.study_id,
        state=Task.State.DONE,
        finished_at__gte=begin,
        finished_at__lt=end,
    )
    found: dict[str, dict[str, dict[str, int]]] = {"tasks": {}, "simulated_tasks": {}}
    groups = ("participant__simulated", "language", "kind")
    for simulated, language, kind, n in (
        rows.order_by(*groups).values_list(*groups).annotate(n=Count("pk"))
    ):
        name = "simulated_tasks" if simulated else "tasks"
        found[name].setdefault(language, {})[kind] = n
    return found
