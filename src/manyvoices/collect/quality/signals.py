"""Every text that is stored or changed gets its signature; an erased one loses it at once."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models.signals import post_save

from manyvoices.collect.trees import erasure, writing
from manyvoices.collect.trees.models import Message


def connect() -> None:
    """Called once, when the server starts."""
    post_save.connect(_stored, sender=Message, dispatch_uid="quality-text-stored")
    erasure.texts_erased.connect(_erased, dispatch_uid="quality-text-erased")


def _stored(
    instance: Message, created: bool, update_fields: frozenset[str] | None, raw: bool, **_: Any
) -> None:
    if not raw and (created or (update_fields and "text" in update_fields)):
        writing.look_at(instance)


def _erased(messages: list[uuid.UUID], **_: Any) -> None:
    from manyvoices.collect.quality.models import TextBand

    TextBand.objects.filter(message__in=messages).delete()
