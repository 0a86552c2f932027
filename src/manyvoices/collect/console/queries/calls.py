"""What was asked of models and what came of it: answers, failures, latency, ratings, the queue."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from django.db.models import (
    Avg,
    Case,
    CharField,
    Count,
    F,
    IntegerField,
    Max,
    Min,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce

from manyvoices.collect.conversations.models import Utterance
from manyvoices.collect.jobs.models import Job

ANSWERED = "answered"
WAITING = "waiting"

LATENCY_STEP_MS = 10
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


@dataclass(frozen=True, slots=True)
class Counts:
    """What a study's calls came to."""

    outcomes: dict[tuple[bool, str, str], int]
    """(simulated, responder, `ANSWERED` | `WAITING` | failure kind) -> number of calls."""
    scores: dict[tuple[bool, str], dict[int, int]]
    """(simulated, responder) -> score -> how often it was given to an opening's answer."""
    silent: dict[str, int]
    """Responder -> calls settled in the last hour, for those that were called and never answered.
    """
    tokens: dict[tuple[bool, str], tuple[int, int]]
    """(simulated, responder) -> tokens read and written, by the provider's own count."""


def counts(study_id: str, *, now: datetime, least: int = 3) -> Counts:
    """Count every call once, in one scan: it is the largest table, and reading it costs most.

    As many rows come back as there are different scores, whatever the size of the study.
    `least`: fewer calls in the last hour say nothing about a responder.
    """
    outcome = Case(
        When(failure__isnull=False, then=F("failure")),
        When(settled_at__isnull=False, then=Value(ANSWERED)),
        default=Value(WAITING),
        output_field=CharField(),
    )
    of_opening = Case(When(turn__index=0, then=F("score")), output_field=IntegerField())
    rows = (
        calls_of(study_id)
        .annotate(outcome=outcome, of_opening=of_opening)
        .values_list(
            "turn__conversation__participant__simulated", "responder", "outcome", "of_opening"
        )
        .annotate(
            n=Count("pk"),
            lately=Count("pk", filter=Q(settled_at__gte=now - RECENT)),
            prompt=Coalesce(Sum("prompt_tokens"), 0),
            completion=Coalesce(Sum("completion_tokens"), 0),
        )
        .order_by()
    )
    found = Counts({}, {}, {}, {})
    lately: Counter[tuple[str, bool]] = Counter()
    for simulated, responder, ending, score, n, recent, prompt, completion in rows:
        place = (simulated, responder, ending)
        read, written = found.tokens.get((simulated, responder), (0, 0))
        found.tokens[simulated, responder] = (read + prompt, written + completion)
        found.outcomes[place] = found.outcomes.get(place, 0) + n
        lately[responder, ending == ANSWERED] += recent
        if score is not None:
            spread = found.scores.setdefault((simulated, responder), {})
            spread[score] = spread.get(score, 0) + n
    silent = {name: n for (name, answered), n in lately.items() if not answered and n >= least}
    found.silent.update({n: silent[n] for n in sorted(silent) if not lately[n, True]})
    return found


def median_latency_ms(study_id: str) -> dict[tuple[bool, str], float]:
    """(simulated, responder) -> median time to an answer in milliseconds, of calls with one.

    To within `LATENCY_STEP_MS`, as it is shown: counting equal steps costs half of sorting every
    call, and the median is the mean of those in the middle step.
    """
    rows = (
        calls_of(study_id)
        .filter(failure=None, settled_at__isnull=False, latency_ms__isnull=False)
        .annotate(step=Cast(F("latency_ms") / float(LATENCY_STEP_MS), IntegerField()))
        .values_list("turn__conversation__participant__simulated", "responder", "step")
        .annotate(n=Count("pk"), mean=Avg("latency_ms"))
        .order_by("step")
    )
    spread: dict[tuple[bool, str], list[tuple[int, float]]] = {}
    for simulated, responder, _step, n, mean in rows:
        spread.setdefault((simulated, responder), []).append((n, mean))
    return {key: _median(counted) for key, counted in spread.items()}


def _median(counted: list[tuple[int, float]]) -> float:
    """The median of values that are counted in ascending order; of two in the middle, the mean."""
    ends = list(accumulate(n for n, _mean in counted))
    low, high = (ends[-1] - 1) // 2, ends[-1] // 2
    return (counted[bisect_right(ends, low)][1] + counted[bisect_right(ends, high)][1]) / 2


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
