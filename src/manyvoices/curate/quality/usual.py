"""How long people take, and which time is unlike the others'."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from manyvoices.curate.quality.records import PersonRecords, Submission, status_of
from manyvoices.schema import Participant

DEVIATIONS = 3.0
"""How far below the others a time must be to be too fast (in robust standard deviations)."""
LEAST_TO_COMPARE = 10
"""With fewer complete people, no time can be said to be unlike the others'."""


@dataclass(frozen=True, slots=True)
class Peers:
    """What is usual in this study, to compare a person with."""

    least_minutes: float | None
    """Below this a time is unlike the others'; None where too few have finished."""
    n_of_pseudonym: Mapping[str, int]
    least_platform_minutes: float | None = None
    """As `least_minutes`, by the platform's clock."""


def peers(people: Sequence[PersonRecords]) -> Peers:
    """What is usual among `people`."""
    minutes = [m for p in people if (m := minutes_of(p.participant)) is not None]
    on_platform = [m for p in people if (m := whole_stay(p.submission)) is not None]
    return Peers(
        least_usual(minutes),
        Counter(p.participant.participant_id for p in people),
        least_usual(on_platform),
    )


def whole_stay(platform: Submission) -> float | None:
    """Minutes by the platform's clock; None where it measured no whole stay: of a returned place
    it tells how long it was held, which says nothing about work."""
    if platform.seconds is None or status_of(platform) in {"returned", "active", "reserved"}:
        return None
    return platform.seconds / 60


def least_usual(minutes: Sequence[float]) -> float | None:
    """The time below which somebody was much faster than the others; None where unknown."""
    logs = [math.log(m) for m in minutes if m > 0]
    if len(logs) < LEAST_TO_COMPARE:
        return None
    middle = statistics.median(logs)
    spread = 1.4826 * statistics.median(abs(value - middle) for value in logs)
    return math.exp(middle - DEVIATIONS * spread) if spread else None


def minutes_of(participant: Participant) -> float | None:
    """From consent to the end; None for whoever is not at the end."""
    if participant.completed_at is None or participant.consented_at is None:
        return None
    return (participant.completed_at - participant.consented_at).total_seconds() / 60
