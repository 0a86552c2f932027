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
    # "No key": a row that points to this one can be stored meanwhile, or two people who each hold
    # what the other's row points to would wait for one another.
    rows = Participant.objects.select_for_update(no_key=True).only("withdrawn_at")
    row = rows.get(pk=participant.pk)
    if row.withdrawn_at is not None:
        raise StaleSubmission("this participant has withdrawn")
