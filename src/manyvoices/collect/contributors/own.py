"""What this room holds of somebody, for themselves. All of it goes with the person's row."""

from __future__ import annotations

from typing import Any

from manyvoices.collect.contributors.models import Contributor
from manyvoices.collect.people.models import Participant


def own_data(participant: Participant) -> dict[str, Any]:
    """The languages in which they want tasks, and their tries at quizzes."""
    wants = Contributor.objects.filter(participant=participant)
    tries = participant.quiz_tries.order_by("tried_at", "pk")
    return {
        "languages": wants.values("languages", "changed_at").first(),
        "quiz_tries": list(tries.values("quiz", "number", "answers", "passed", "tried_at")),
    }
