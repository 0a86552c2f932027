"""One write at a time per participant."""

from __future__ import annotations

from manyvoices.collect.people.models import Participant


def lock_participant(participant: Participant) -> None:
    """Hold the participant's row until the transaction ends.

    On SQLite the transaction itself (BEGIN IMMEDIATE) already holds the one write lock.
    """
    Participant.objects.select_for_update().only("pk").get(pk=participant.pk)
