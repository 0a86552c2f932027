"""What this room holds of somebody, for themselves. All of it goes with the person's row."""

from __future__ import annotations

from typing import Any

from manyvoices.collect.community.models import Profile
from manyvoices.collect.people.models import Participant


def own_data(participant: Participant) -> dict[str, Any]:
    """Their profile, what they were told, their reactions and their points. Messages of others are
    named by their id and not repeated, and whose reactions they got is not said."""
    profile = Profile.objects.filter(participant=participant)
    told = participant.notices.order_by("at", "pk")
    gave = participant.reactions.order_by("at", "pk")
    points = participant.scores.order_by("frame", "language")
    return {
        "profile": profile.values("display_name", "on_boards", "changed_at").first(),
        "notices": list(told.values("kind", "message_id", "words", "at", "read_at")),
        "reactions": list(gave.values("kind", "message_id", "at")),
        "points": list(points.values("frame", "language", "points", "counted_at")),
    }
