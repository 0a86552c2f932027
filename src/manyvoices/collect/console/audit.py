"""The audit log: every privileged act, added in the transaction of the act itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from manyvoices.collect.console.models import AuditEntry


def record(
    actor: str,
    action: str,
    study: str,
    target: str = "",
    detail: Mapping[str, object] | None = None,
    now: datetime | None = None,
) -> AuditEntry:
    """Note that `actor` did `action`.

    actor: an account's name, or ``participant`` or ``server`` for acts of theirs
    study: its id; empty for acts on the whole server
    detail: JSON; never a person's name, address or text
    """
    from django.utils import timezone

    return AuditEntry.objects.create(
        at=now or timezone.now(),
        actor=actor[:150],
        action=action[:60],
        study=study,
        target=target[:200],
        detail=dict(detail or {}),
    )
