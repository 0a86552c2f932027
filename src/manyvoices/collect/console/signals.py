"""What is changed in Django's administration is a privileged act like any other."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.db.models.signals import post_save
from django.dispatch import receiver

from manyvoices.collect.console import audit

WORDS = {ADDITION: "admin added", CHANGE: "admin changed", DELETION: "admin deleted"}


@receiver(post_save, sender=LogEntry)
def note_change(instance: LogEntry, created: bool, **_signal: Any) -> None:
    """Copy an entry of the administration's own log, in the same transaction."""
    if not created:
        return
    kind = (
        f"{instance.content_type.app_label}.{instance.content_type.model}"
        if (instance.content_type)
        else ""
    )
    audit.record(
        instance.user.get_username(),
        WORDS.get(instance.action_flag, "admin"),
        instance.object_id or "" if kind == "studies.study" else "",
        f"{kind} {instance.object_id}",
        now=instance.action_time,
    )
