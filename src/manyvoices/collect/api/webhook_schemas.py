"""What programs send and are given about webhooks."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import Field

from manyvoices.collect.api.trees_schemas import Words

EventName = Literal[
    "tree.state_changed",
    "message.decided",
    "message.deleted",
    "task.done",
    "export.finished",
    "participant.completed",
    "moderation.decided",
]
Url = Annotated[Words, Field(max_length=2000)]
Events = Annotated[list[EventName], Field(max_length=20)]


class NewWebhook(Schema):
    """An address that is to be told of events."""

    url: Url
    events: Events
    include_text: bool = False
    """Whether requests about a decided message say what is written in it."""


class WebhookChange(Schema):
    """What is left out stays as it is."""

    url: Url | None = None
    events: Events | None = None
    include_text: bool | None = None
    is_active: bool | None = None


class WebhookOut(Schema):
    id: uuid.UUID
    url: str
    events: list[str]
    include_text: bool
    is_active: bool
    off_because: str
    """Why the server switched it off; empty where it did not."""
    failures: int
    """Tries in a row that failed."""
    created_at: datetime
    created_by: str


class WebhookMade(WebhookOut):
    secret: str
    """Shown only now."""


class Secret(Schema):
    secret: str
    """Shown only now; the one before signs nothing any more."""


class DeliveryOut(Schema):
    """One event for one address."""

    id: int
    event: str
    event_id: uuid.UUID
    state: Literal["waiting", "sent", "failed"]
    created_at: datetime
    attempts: int
    tried_at: datetime | None
    next_try_at: datetime | None
    status: int | None
    """HTTP status of the last answer; null where there was none."""
    problem: str
    payload: dict[str, Any]
    """What is stored of it; the request adds what it reads when it is sent."""
