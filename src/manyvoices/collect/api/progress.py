"""The counts of the console as records for programs."""

from __future__ import annotations

from manyvoices.collect.api.schemas import Heads, Progress, QueueState, ResponderCount, StepCount
from manyvoices.collect.console.filters import Done
from manyvoices.collect.console.presenting.checks import queue_view
from manyvoices.collect.console.presenting.words import steps
from manyvoices.collect.console.queries import progress as reads
from manyvoices.collect.console.queries.calls import ANSWERED, WAITING
from manyvoices.collect.console.queries.study import StudyFacts
from manyvoices.collect.studies.models import StudyVersion


def progress_of(facts: StudyFacts) -> Progress:
    """Everything that was counted of a study."""
    return Progress(
        study_id=facts.study.pk,
        title=facts.study.title,
        is_open=facts.study.is_open,
        counted_at=facts.now,
        last_activity=facts.last_activity,
        people=_heads(facts, simulated=False),
        simulated=_heads(facts, simulated=True),
        steps=[step for version in facts.versions for step in _steps(facts, version)],
        responders=_responders(facts),
        queue=_queue(facts),
    )


def _heads(facts: StudyFacts, *, simulated: bool) -> Heads:
    heads = facts.total(simulated=simulated)
    return Heads(
        consented=heads.consented,
        active_now=facts.active.get(simulated, 0),
        complete=heads.complete,
        withdrawn=heads.withdrawn,
    )


def _steps(facts: StudyFacts, version: StudyVersion) -> list[StepCount]:
    people, simulated = (
        facts.heads.get((version.pk, kind), reads.Heads()).consented for kind in (False, True)
    )
    return [
        StepCount(
            version=version.number,
            kind=step.done.kind,
            stage=step.done.stage,
            number=step.done.number,
            label=step.label,
            people=_n_done(facts, version.pk, step.done, simulated=False),
            people_of=people,
            simulated=_n_done(facts, version.pk, step.done, simulated=True),
            simulated_of=simulated,
        )
        for step in steps(version.spec)
    ]


def _n_done(facts: StudyFacts, version: int, done: Done, *, simulated: bool) -> int:
    key = (version, simulated, done.stage, done.number)
    if done.kind == "survey":
        return facts.survey_pages.get(key, 0)
    return facts.conversations.get(key, reads.Reached()).finished


def _responders(facts: StudyFacts) -> list[ResponderCount]:
    counts: dict[tuple[bool, str], dict[str, int]] = {}
    for (simulated, responder, outcome), n in sorted(facts.outcomes.items()):
        counts.setdefault((simulated, responder), {})[outcome] = n
    return [_responder(facts, key, outcomes) for key, outcomes in counts.items()]


def _responder(
    facts: StudyFacts, key: tuple[bool, str], outcomes: dict[str, int]
) -> ResponderCount:
    failures = {kind: n for kind, n in outcomes.items() if kind not in (ANSWERED, WAITING)}
    return ResponderCount(
        responder=key[1],
        simulated=key[0],
        asked=sum(outcomes.values()),
        answered=outcomes.get(ANSWERED, 0),
        missing=sum(failures.values()),
        waiting=outcomes.get(WAITING, 0),
        failures=failures,
        median_latency_ms=facts.latency_ms.get(key),
    )


def _queue(facts: StudyFacts) -> QueueState:
    oldest = facts.queue.oldest_due
    return QueueState(
        state=queue_view(facts.queue, now=facts.now).state,
        queued=facts.queue.due,
        leased=facts.queue.leased,
        oldest_waits_s=(facts.now - oldest).total_seconds() if oldest else None,
    )
