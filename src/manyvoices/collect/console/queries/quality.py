"""What the quality checks need of a study's people: six queries, whatever its size."""

from __future__ import annotations

from collections import defaultdict

from django.db.models import Count, Q

from manyvoices.collect import records
from manyvoices.collect.conversations.models import Conversation
from manyvoices.collect.people.models import Participant, PlatformSubmission, Recruited
from manyvoices.curate.quality import PersonRecords, Submission, Talk
from manyvoices.design.reconciling import standing
from manyvoices.schema import Answer


def people_records(study_id: str) -> list[PersonRecords]:
    """Everybody who did not withdraw, with their answers and what their conversations came to."""
    chosen = Participant.objects.filter(study_id=study_id, withdrawn_at=None)
    answers: dict[str, list[Answer]] = defaultdict(list)
    for answer in records.answers(chosen):
        answers[answer.participant_id].append(answer)
    talks, submissions = _talks(study_id), _submissions(study_id)
    return [
        PersonRecords(
            who,
            answers[who.participant_id],
            talks[who.participant_id],
            submissions.get(who.participant_id, Submission()),
        )
        for who in records.participants(chosen)
    ]


def _submissions(study_id: str) -> dict[str, Submission]:
    """What the platform told of each person when it was last asked, and their link.

    Of several submissions the one with the most standing counts, the first of equal ones.
    """
    told: dict[str, list[PlatformSubmission]] = defaultdict(list)
    for row in PlatformSubmission.objects.filter(participant__study_id=study_id):
        told[str(row.participant_id)].append(row)
    links = Recruited.objects.filter(participant__study_id=study_id)
    came_by = {str(key): name for key, name in links.values_list("participant", "platform_study")}
    found: dict[str, Submission] = {}
    for person in {**told, **came_by}:
        best = max(told.get(person, ()), key=lambda row: standing(row.status), default=None)
        found[person] = Submission(
            status=None if best is None else best.status,
            entered_code=None if best is None else best.entered_code,
            seconds=None if best is None else best.seconds,
            n_repeats=max(len(told.get(person, ())) - 1, 0),
            platform_study=came_by.get(person),
        )
    return found


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
