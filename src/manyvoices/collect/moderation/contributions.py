"""What somebody wrote and what became of it, with the reason, and whether they may appeal.

For the page of one's own contributions; bounded statements, whatever there is.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.urls import reverse

from manyvoices.collect.moderation.models import Decision, Held, Kind, Signal
from manyvoices.collect.people.models import Participant
from manyvoices.collect.trees.models import Message

Outcome = Literal["under_review", "accepted", "rejected", "deleted"]


@dataclass(frozen=True, slots=True)
class Contribution:
    """One message of somebody's own, and what became of it."""

    message: Message
    outcome: Outcome
    reason: str
    """A moderator's words; empty where the reviews decided."""
    label: str
    """The label that weighed most against it; empty where none did."""
    changed_by_moderator: bool
    appealed_at: datetime | None
    appeal_decided: bool
    may_appeal: bool
    appeal_url: str
    """Empty where there is nothing to appeal."""


def contributions(
    participant: Participant, *, start: int = 0, limit: int = 50
) -> list[Contribution]:
    """One's own messages, the latest first. Five statements."""
    rows = Message.objects.filter(author=participant, tree__study=participant.study_id)
    listed = list(rows.select_related("tree").order_by("-created_at", "pk")[start : start + limit])
    return outcomes_of(participant, listed)


def outcomes_of(participant: Participant, messages: Iterable[Message]) -> list[Contribution]:
    """What became of messages that were read already, in their order. Three statements."""
    listed = list(messages)
    keys = [message.pk for message in listed]
    held = set(Held.objects.filter(message__in=keys).values_list("message_id", flat=True))
    made: dict[uuid.UUID, Decision] = {}
    edited: set[uuid.UUID] = set()
    rows = Decision.objects.filter(case__message__in=keys, undone_at=None).exclude(by="")
    for row in rows.select_related("case").order_by("pk"):
        if row.action == "edit":
            edited.add(row.case.message_id)
        made[row.case.message_id] = row
    asked = Signal.objects.filter(kind=Kind.APPEAL, case__message__in=keys)
    appeals = {
        message: (at, decided is not None)
        for message, at, decided in asked.values_list("case__message", "at", "case__decided_at")
    }
    return [
        _contribution(
            participant, m, m.pk in held, made.get(m.pk), appeals.get(m.pk), m.pk in edited
        )
        for m in listed
    ]


def _contribution(
    participant: Participant,
    message: Message,
    is_held: bool,
    decision: Decision | None,
    appeal: tuple[datetime, bool] | None,
    is_edited: bool,
) -> Contribution:
    outcome = _outcome(message, is_held)
    may = outcome in ("rejected", "deleted") and appeal is None and not is_held
    by_label = message.decided_because not in ("", "moderator", "reports")
    return Contribution(
        message=message,
        outcome=outcome,
        reason=decision.reason if decision is not None and not is_held else "",
        label=message.decided_because if outcome == "rejected" and by_label else "",
        changed_by_moderator=is_edited,
        appealed_at=appeal[0] if appeal else None,
        appeal_decided=bool(appeal and appeal[1]),
        may_appeal=may,
        appeal_url=(
            reverse("moderation:appeal", args=[participant.study_id, message.pk]) if may else ""
        ),
    )


def _outcome(message: Message, is_held: bool) -> Outcome:
    if is_held:
        # Kept apart until somebody decides; to its author it is what it would look like anyway.
        return "under_review"
    if message.deleted:
        return "deleted"
    if message.accepted is None:
        return "under_review"
    return "accepted" if message.accepted else "rejected"
