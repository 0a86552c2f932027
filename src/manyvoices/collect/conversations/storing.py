"""Storing what came of a call for a conversation: answer or failure, its job's end, its use."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from manyvoices.collect.conversations import asking
from manyvoices.collect.conversations.calling import (
    OUTCOME_FIELDS,
    Call,
    Evidence,
    fill,
    record_usage,
)
from manyvoices.collect.conversations.models import Utterance
from manyvoices.collect.jobs import leases
from manyvoices.collect.jobs.models import Job
from manyvoices.collect.jobs.together import Outcome, store_together
from manyvoices.collect.people.locks import lock_participant, lock_participants
from manyvoices.collect.people.models import Participant
from manyvoices.llm import Reply, ResponderError

log = logging.getLogger(__name__)


def places() -> QuerySet[Utterance]:
    """Places of turns with everything above them but the study's whole text."""
    return Utterance.objects.select_related("turn__conversation__participant__version").defer(
        "turn__conversation__participant__version__content"
    )


@dataclass(frozen=True, slots=True)
class Ending:
    """What came of one job."""

    job: Job
    outcome: Reply | ResponderError
    waited_ms: float
    now: datetime
    call: Call | None
    evidence: Evidence | None

    def store(self) -> None:
        store_outcome(
            job=self.job,
            outcome=self.outcome,
            waited_ms=self.waited_ms,
            now=self.now,
            call=self.call,
            evidence=self.evidence,
        )


def store_outcomes(endings: Sequence[Ending]) -> list[Outcome]:
    """`store_outcome` for several at once: answers with a few statements in one transaction, what
    went wrong one by one. Where one of them cannot be stored, each is stored by itself."""
    answers = [e for e in endings if isinstance(e.outcome, Reply)]
    if len(answers) < 2:
        return store_together([ending.store for ending in endings])
    try:
        by_key = _store_answers(answers)
    except Exception:
        log.exception("%d answers could not be stored at once; trying one by one", len(answers))
        return store_together([ending.store for ending in endings])
    rest = [e for e in endings if e.job.key not in by_key]
    by_key |= zip((e.job.key for e in rest), store_together([e.store for e in rest]), strict=True)
    return [by_key[ending.job.key] for ending in endings]


@transaction.atomic
def _store_answers(endings: Sequence[Ending]) -> dict[str, Outcome]:
    """Job key -> what became of it, for those that are dealt with; the rest is for `Ending.store`.

    A lease that is held shows that the turn was neither rated nor given up: both cancel its jobs,
    under the participant's lock.
    """
    utterances = {str(u.pk): u for u in places().filter(pk__in=[e.job.key for e in endings])}
    people = {u.turn.conversation.participant_id for u in utterances.values()}
    here = lock_participants(people)
    there = [
        e
        for e in endings
        if e.job.key in utterances
        and utterances[e.job.key].turn.conversation.participant_id in here
    ]
    held = leases.settle_all(jobs=[e.job for e in there], now=max(e.now for e in endings))
    stored = [e for e in there if e.job.pk in held]
    for ending in stored:
        _fill(utterances[ending.job.key], ending)
    Utterance.objects.bulk_create(
        [utterances[ending.job.key] for ending in stored],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=OUTCOME_FIELDS,
    )
    for ending in stored:
        _record(utterances[ending.job.key].turn.conversation.participant, ending)
    lost = leases.LeaseLost("another runner has taken the job over")
    return {e.job.key: Outcome(error=None if e.job.pk in held else lost) for e in there}


def _fill(utterance: Utterance, ending: Ending) -> None:
    fill(
        utterance,
        ending.outcome,
        waited_ms=ending.waited_ms,
        now=ending.now,
        max_words=ending.call.max_words if ending.call else None,
        evidence=ending.evidence,
    )


def _record(participant: Participant, ending: Ending) -> None:
    record_usage(participant, ending.call, ending.evidence)


@transaction.atomic
def store_outcome(
    *,
    job: Job,
    outcome: Reply | ResponderError,
    waited_ms: float,
    now: datetime,
    call: Call | None = None,
    evidence: Evidence | None = None,
) -> None:
    """Store an answer, or why there is none, together with the end of its job and what it used.

    Where the study replaces models that fail, a further one is asked in the same transaction.
    """
    participant = Participant.objects.only("study_id").get(
        conversations__turns__utterances__pk=job.key
    )
    # The participant may be sending ratings without this answer at this very moment.
    lock_participant(participant)
    leases.settle(job=job, now=now)
    utterance = places().get(pk=job.key)
    ending = Ending(job, outcome, waited_ms, now, call, evidence)
    _fill(utterance, ending)
    utterance.save(update_fields=OUTCOME_FIELDS)
    _record(participant, ending)
    if isinstance(outcome, ResponderError):
        asking.replace_failed(utterance, now=now)
