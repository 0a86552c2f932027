"""What the quality checks need of a study's people: four queries, whatever its size."""

from __future__ import annotations

from collections import defaultdict

from django.db.models import Count, Q

from manyvoices.collect import records
from manyvoices.collect.conversations.models import Conversation
from manyvoices.collect.people.models import Participant
from manyvoices.curate.quality import PersonRecords, Talk
from manyvoices.schema import Answer


def people_records(study_id: str) -> list[PersonRecords]:
    """Everybody who did not withdraw, with their answers and what their conversations came to."""
    chosen = Participant.objects.filter(study_id=study_id, withdrawn_at=None)
    answers: dict[str, list[Answer]] = defaultdict(list)
    for answer in records.answers(chosen):
        answers[answer.participant_id].append(answer)
    talks = _talks(study_id)
    return [
        PersonRecords(who, answers[who.participant_id], talks[who.participant_id])
        for who in records.participants(chosen)
    ]


def _talks(study_id: str) -> dict[str, list[Talk]]:
    given = Q(attribute_ratings__value__isnull=False) | Q(attribute_ratings__not_applicable=True)
    mine = Conversation.objects.filter(participant__study_id=study_id)
    turns = dict(mine.values_list("pk").annotate(n=Count("turns")).order_by())
    rows = (
        mine.annotate(n_attributes=Count("attribute_ratings", filter=given))
        .order_by("stage", "number")
        .values_list("pk", "participant_id", "type", "finished_at", "n_attributes", "open_feedback")
    )
    found: dict[str, list[Talk]] = defaultdict(list)
    for key, person, kind, finished_at, n_attributes, feedback in rows:
        done = finished_at is not None
        found[str(person)].append(Talk(kind, turns[key], done, n_attributes, feedback))
    return found
