"""Who withdrew after a release was published, by the names that each release has for them."""

from __future__ import annotations

from collections.abc import Sequence

from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import ReleasedParticipant, Study
from manyvoices.schema.releases import WithdrawnFrom


def names_withdrawn(study: Study) -> list[WithdrawnFrom]:
    """Earlier releases, oldest first, with everybody in them who has withdrawn since.

    Names are sorted within each release: in the order of the rows one could tell which name of
    one release is which of another.
    """
    gone = Participant.objects.filter(study=study).exclude(withdrawn_at=None)
    rows = (
        ReleasedParticipant.objects.filter(
            release__study=study, participant_id__in=gone.values("pk")
        )
        .order_by("release__created_at", "release")
        .values_list("release__release_id", "name", "participant_id")
    )
    found: dict[str, list[str]] = {}
    for release_id, name, participant_id in rows:
        found.setdefault(release_id, []).append(name or str(participant_id))
    return [
        WithdrawnFrom(release_id=release_id, participants=sorted(names))
        for release_id, names in found.items()
    ]


def withdrawal_notes(withdrawals: Sequence[WithdrawnFrom]) -> list[str]:
    """The same for people to read: one line for each name, with the releases that have it."""
    releases: dict[str, list[str]] = {}
    for gone in withdrawals:
        for name in gone.participants:
            releases.setdefault(name, []).append(gone.release_id)
    return [
        f"{name} withdrew after {', '.join(ids)}: please leave them out there too"
        for name, ids in sorted(releases.items())
    ]
