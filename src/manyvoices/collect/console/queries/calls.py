"""What was asked of models and what came of it: answers, failures, latency, ratings, tokens.

Conversations and comparisons both ask models, each in a table of its own; here a call is a call,
and a model has one row whoever asked it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate, chain
from typing import Any

from django.db.models import (
    Avg,
    Case,
    CharField,
    Count,
    F,
    IntegerField,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce

from manyvoices.collect.comparisons.calls import side_calls_of
from manyvoices.collect.conversations.models import Utterance

ANSWERED = "answered"
WAITING = "waiting"

LATENCY_STEP_MS = 10
RECENT = timedelta(hours=1)
"""How far back a model's answers are looked at to see whether it answers at all."""


def calls_of(study_id: str) -> QuerySet[Any]:
    """`Utterance` rows: every call for a conversation, repeated attempts included; `simulated` says
    of whom."""
    return Utterance.objects.filter(
        turn__conversation__participant__study_id=study_id,
        turn__conversation__participant__withdrawn_at=None,
    ).annotate(simulated=F("turn__conversation__participant__simulated"))


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
    """Count every call once, in one scan of each table: they are the largest, and reading them
    costs most.

    As many rows come back as there are different scores, whatever the size of the study.
    `least`: fewer calls in the last hour say nothing about a responder.
    """
    of_opening = Case(When(turn__index=0, then=F("score")), output_field=IntegerField())
    in_talks = calls_of(study_id).annotate(rated=of_opening)
    beside = side_calls_of(study_id).annotate(rated=Value(None, output_field=IntegerField()))
    found = Counts({}, {}, {}, {})
    lately: Counter[tuple[str, bool]] = Counter()
    for group in chain(_groups(in_talks, now), _groups(beside, now)):
        whose = (group.simulated, group.responder)
        place = (*whose, group.outcome)
        read, written = found.tokens.get(whose, (0, 0))
        found.tokens[whose] = (read + group.prompt, written + group.completion)
        found.outcomes[place] = found.outcomes.get(place, 0) + group.n
        lately[group.responder, group.outcome == ANSWERED] += group.lately
        if group.rated is not None:
            spread = found.scores.setdefault(whose, {})
            spread[group.rated] = spread.get(group.rated, 0) + group.n
    silent = {name: n for (name, answered), n in lately.items() if not answered and n >= least}
    found.silent.update({n: silent[n] for n in sorted(silent) if not lately[n, True]})
    return found


@dataclass(frozen=True, slots=True)
class _Group:
    """Calls that are alike in all that is counted."""

    simulated: bool
    responder: str
    outcome: str
    rated: int | None
    n: int
    lately: int
    prompt: int
    completion: int


def _groups(calls: QuerySet[Any], now: datetime) -> Iterator[_Group]:
    outcome = Case(
        When(failure__isnull=False, then=F("failure")),
        When(settled_at__isnull=False, then=Value(ANSWERED)),
        default=Value(WAITING),
        output_field=CharField(),
    )
    rows = (
        calls.annotate(outcome=outcome)
        .order_by()
        .values_list("simulated", "responder", "outcome", "rated")
        .annotate(
            n=Count("pk"),
            lately=Count("pk", filter=Q(settled_at__gte=now - RECENT)),
            prompt=Coalesce(Sum("prompt_tokens"), 0),
            completion=Coalesce(Sum("completion_tokens"), 0),
        )
    )
    return (_Group(*row) for row in rows)


def median_latency_ms(study_id: str) -> dict[tuple[bool, str], float]:
    """(simulated, responder) -> median time to an answer in milliseconds, of calls with one.

    To within `LATENCY_STEP_MS`, as it is shown: counting equal steps costs half of sorting every
    call, and the median is the mean of those in the middle step.
    """
    spread: dict[tuple[bool, str], dict[int, tuple[int, float]]] = {}
    for calls in (calls_of(study_id), side_calls_of(study_id)):
        for simulated, responder, step, n, mean in _latencies(calls):
            steps = spread.setdefault((simulated, responder), {})
            before, its_mean = steps.get(step, (0, 0.0))
            steps[step] = (before + n, (before * its_mean + n * mean) / (before + n))
    return {key: _median([steps[at] for at in sorted(steps)]) for key, steps in spread.items()}


def _latencies(calls: QuerySet[Any]) -> Iterator[tuple[bool, str, int, int, float]]:
    answered = calls.filter(failure=None, settled_at__isnull=False, latency_ms__isnull=False)
    step = Cast(F("latency_ms") / float(LATENCY_STEP_MS), IntegerField())
    rows = answered.annotate(step=step).order_by().values_list("simulated", "responder", "step")
    return iter(rows.annotate(n=Count("pk"), mean=Avg("latency_ms")))


def _median(counted: list[tuple[int, float]]) -> float:
    """The median of values that are counted in ascending order; of two in the middle, the mean."""
    ends = list(accumulate(n for n, _mean in counted))
    low, high = (ends[-1] - 1) // 2, ends[-1] // 2
    return (counted[bisect_right(ends, low)][1] + counted[bisect_right(ends, high)][1]) / 2
