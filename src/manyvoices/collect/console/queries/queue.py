"""The jobs of this server, and whether its runner keeps up with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Min, Q
from django.db.models.functions import Coalesce

from manyvoices.collect.jobs.models import Job


@dataclass(frozen=True, slots=True)
class Queue:
    """The jobs of this server, all studies together."""

    due: int
    """Queued, and nothing stands in their way but a free runner."""
    later: int
    """Queued for a later moment."""
    leased: int
    """A runner is at work on them."""
    abandoned: int
    """Leased by a runner that has not come back in time."""
    oldest_due: datetime | None
    broken: int
    """Ended by a fault of the server itself; what a model could not do is not in here."""
    last_done: datetime | None


def queue(*, now: datetime) -> Queue:
    """What the runner has before it: one query for what is open, one for what is over."""
    waits, held = Q(state=Job.State.QUEUED), Q(state=Job.State.LEASED)
    due, abandoned = waits & Q(not_before__lte=now), held & Q(leased_until__lt=now)
    cancelled = Q(error="cancelled")
    found = Job.objects.aggregate(
        due=Count("pk", filter=due),
        later=Count("pk", filter=waits & Q(not_before__gt=now)),
        leased=Count("pk", filter=held & ~abandoned),
        abandoned=Count("pk", filter=abandoned),
        oldest_due=Min(
            Coalesce("leased_until", "not_before"),
            filter=due | abandoned,
        ),
        broken=Count("pk", filter=Q(state=Job.State.FAILED) & ~cancelled),
        last_done=Max("finished_at", filter=Q(state=Job.State.DONE)),
    )
    return Queue(**found)
