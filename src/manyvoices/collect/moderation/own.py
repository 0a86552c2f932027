"""What this room holds of somebody, for themselves. All of it goes with the person's row.

Names of moderators and words of others who reported something are not in it. Neither is a limit
that is kept from the person while it is in force, nor what became of texts that it keeps apart: the
file would be the place to look it up.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from manyvoices.collect.moderation.models import Decision, Kind
from manyvoices.collect.people.models import Participant


def own_data(participant: Participant) -> dict[str, Any]:
    """Their reports and appeals, what was decided about their texts, and their limits."""
    said = participant.moderation_signals.order_by("at", "pk")
    words = ("case__message_id", "reason", "at")
    decided = Decision.objects.filter(case__message__author=participant).exclude(by="")
    decided = decided.filter(case__message__held=None).order_by("at", "pk")
    limits = participant.restrictions.filter(Q(is_shadow=False) | Q(lifted_at__isnull=False))
    how = ("kind", "is_shadow", "per_day", "reason", "at", "until", "lifted_at", "lift_reason")
    about = ("case__message_id", "action", "reason", "at", "undone_at", "undo_reason")
    return {
        "reports": [_named(row) for row in said.filter(kind=Kind.REPORT).values(*words)],
        "appeals": [_named(row) for row in said.filter(kind=Kind.APPEAL).values(*words)],
        "decisions": [_named(row) for row in decided.values(*about)],
        "restrictions": list(limits.order_by("at", "pk").values(*how)),
    }


def _named(row: dict[str, Any]) -> dict[str, Any]:
    return {name.removeprefix("case__"): value for name, value in row.items()}
