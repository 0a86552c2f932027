"""One write at a time per participant."""

from __future__ import annotations

from manyvoices.collect.people.errors import StaleSubmission
from manyvoices.collect.people.models import Participant


def lock_participant(participant: Participant) -> None:
    """Hold the participant's row until the transaction ends.

    Raises `StaleSubmission` where everything of theirs was erased meanwhile: a form in another
    window must not write to a tombstone.

    On SQLite the transaction itself (BEGIN IMMEDIATE) already holds the one write lock.
    """
    row = Participant.objects.select_for_update(no_key=True).only("withdrawn_at").get(pk=participant.pk)
    if row.withdrawn_at is not None:
        raise StaleSubmission("this participant has withdrawn")
