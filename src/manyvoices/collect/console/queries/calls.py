"""What was asked of models and what came of it: answers, failures, latency, ratings, the queue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case, CharField, Count, F, Max, Min, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from manyvoices.collect.console.queries.medians import medians
from manyvoices.collect.conversations.models import Utterance
from manyvoices.collect.jobs.models import Job

ANSWERED = "answered"
WAITING = "waiting"

RECENT = timedelta(hours=1)
"""How far back a model's answers are looked at to see whether it answers at all."""


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


def calls_of(study_id: str) -> QuerySet[Utterance]:
    """Every call of the study, repeated attempts included."""
    return Utterance.objects.filter(
        turn__conversation__participant__study_id=study_id,
        turn__conversation__participant__withdrawn_at=None,
    )


def outcomes(study_id: str) -> dict[tuple[bool, str, str], int]:
    """(simulated, responder, `ANSWERED` | `WAITING` | failure kind) -> number of calls."""
    rows = (
        calls_of(study_id)
        .annotate(
            outcome=Case(
                When(failure__isnull=False, then=F("failure")),
                When(settled_at__isnull=False, then=Value(ANSWERED)),
                default=Value(WAITING),
                output_field=CharField(),
            )
        )
        .values_list("turn__conversation__participant__simulated", "responder", "outcome")
        .annotate(n=Count("pk"))
        .order_by()
    )
    return {(simulated, responder, outcome): n for simulated, responder, outcome, n in rows}


def median_latency_ms(study_id: str) -> dict[tuple[bool, str], float]:
    """(simulated, responder) -> median time to an answer in milliseconds, of calls with one."""
    answered = calls_of(study_id).filter(failure=None, settled_at__isnull=False)
    by = ["turn__conversation__participant__simulated", "responder"]
    return {
        (sim, name): value for (sim, name), value in medians(answered, "latency_ms", by=by).items()
    }


def opening_scores(study_id: str) -> dict[tuple[bool, str], dict[int, int]]:
    """(simulated, responder) -> score -> how often it was given to an opening's answer.

    As many rows come back as there are different scores, whatever the size of the study.
    """
    rows = (
        calls_of(study_id)
        .filter(turn__index=0, score__isnull=False)
        .values_list("turn__conversation__participant__simulated", "responder", "score")
        .annotate(n=Count("pk"))
        .order_by("score")
    )
    spread: dict[tuple[bool, str], dict[int, int]] = {}
    for simulated, responder, score, n in rows:
        spread.setdefault((simulated, responder), {})[score] = n
    return spread


def silent_responders(study_id: str, *, now: datetime, least: int = 3) -> dict[str, int]:
    """Responder -> calls in the last hour, for those that were called and never answered."""
    rows = (
        calls_of(study_id)
        .filter(settled_at__gte=now - RECENT)
        .values_list("responder")
        .annotate(n=Count("pk"), answered=Count("pk", filter=Q(failure=None)))
        .filter(n__gte=least, answered=0)
        .order_by("responder")
    )
    return {responder: n for responder, n, _answered in rows}


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
