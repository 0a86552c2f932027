"""The rows of this server beside what the platform tells; and acting on it, if asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db import transaction

from manyvoices.collect.people import admission
from manyvoices.collect.people.arrival import INVITED
from manyvoices.collect.people.models import Participant, PlatformSubmission
from manyvoices.design.reconciling import Finding, Local, Submission, reconcile

Left = Participant.Left
LEAVING = {"timed_out": Left.TIMEOUT, "returned": Left.RETURN}


def local_people(study_id: str) -> Iterator[Local]:
    """Everybody who came from a platform and has not withdrawn. Bots are nobody's money."""
    rows = (
        Participant.objects.filter(study_id=study_id, withdrawn_at=None, simulated=False)
        .exclude(external_id=None)
        .exclude(external_id__startswith=INVITED)
        .order_by("pk")
        .values_list("external_id", "pk", "completed_at", "left_because")
    )
    for external_id, key, completed_at, left in rows.iterator():
        yield Local(str(external_id), str(key), completed_at is not None, left)


def report(study_id: str, submissions: Iterable[Submission]) -> list[Finding]:
    """Everybody of whom the two tell different things."""
    return reconcile(submissions, local_people(study_id))


@transaction.atomic
def keep(study_id: str, submissions: Iterable[Submission], now: datetime) -> int:
    """Store what the platform says of the people who are here, for the quality checks; how many.

    What it said before of the same submission is replaced.
    """
    here = {local.person: local.participant_id for local in local_people(study_id)}
    rows = [
        PlatformSubmission(
            participant_id=here[submission.person],
            submission_id=submission.submission_id[:100],
            status=submission.status[:40],
            entered_code=None if submission.code is None else submission.code[:100],
            seconds=submission.seconds,
            started_at=submission.started_at[:40],
            read_at=now,
        )
        for submission in submissions
        if submission.person in here
    ]
    PlatformSubmission.objects.bulk_create(
        rows,
        update_conflicts=True,
        update_fields=["status", "entered_code", "seconds", "started_at", "read_at"],
        unique_fields=["participant", "submission_id"],
        batch_size=500,
    )
    return len(rows)


def n_withdrawn(study_id: str) -> int:
    """People who erased everything, so that nothing here can be matched with the platform."""
    gone = Participant.objects.filter(study_id=study_id, simulated=False)
    return gone.exclude(withdrawn_at=None).count()


def release_places(findings: Iterable[Finding], now: datetime) -> int:
    """Give free the places of those who returned or timed out on the platform; how many."""
    n_left = 0
    for finding in findings:
        if finding.kind in LEAVING and finding.participant_id is not None:
            person = Participant.objects.get(pk=finding.participant_id)
            because = LEAVING[finding.kind]
            n_left += admission.leave(participant=person, because=because, now=now)
    return n_left
