"""One write at a time per participant."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

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


def lock_participants(keys: Iterable[UUID]) -> set[UUID]:
    """Hold the rows of several until the transaction ends; those of whom nothing was erased.

    In the order of their keys, so that two who lock several do not wait for each other.
    """
    rows = Participant.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    return {pk for pk, withdrawn in rows.values_list("pk", "withdrawn_at") if withdrawn is None}
