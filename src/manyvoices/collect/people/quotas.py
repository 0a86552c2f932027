"""Quota cells as rows: counted and reserved under the lock of their rows.

Every admission locks the cells that count the person, in the order of their keys, before it counts
the places, so that two people cannot both see the last one. On SQLite the transaction itself
(BEGIN IMMEDIATE) is that lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Count, Q
from django.db.models.functions import Coalesce

from manyvoices.collect.people.models import Participant, QuotaCell, Reservation
from manyvoices.collect.studies.models import Study
from manyvoices.design.protocol import Recruitment
from manyvoices.design.quotas import Cell, CellState, Traits, cells_of, matches


def sync_cells(*, study: Study, recruitment: Recruitment) -> None:
    """Give the study the cells of its current version. Places that are held stay held."""
    from manyvoices.collect.console import audit

    cells = cells_of(recruitment)
    before = {row.key: row for row in study.quota_cells.all()}
    for cell in cells:
        row = before.get(cell.key)
        if row is not None and row.is_active and rule_of(row) == cell:
            continue
        numbers = {"limit": cell.limit, "target": cell.target}
        QuotaCell.objects.update_or_create(
            study=study,
            key=cell.key,
            defaults={
                "where": {name: list(values) for name, values in cell.where.items()},
                "is_active": True,
                **numbers,
            },
        )
        if before:
            audit.record("server", "quota", study.pk, cell.key, numbers)
    gone = study.quota_cells.exclude(key__in=[cell.key for cell in cells]).filter(is_active=True)
    for row in gone:
        audit.record("server", "quota removed", study.pk, row.key)
    gone.update(is_active=False)


def rule_of(row: QuotaCell) -> Cell:
    """A row as the rule sees it."""
    where = {name: tuple(values) for name, values in row.where.items()}
    return Cell(row.key, where, row.limit, row.target)


def cell_states(study_id: str, *, simulated: bool = False) -> list[CellState]:
    """Every cell in use with its counts of people (or of bots), without a lock: to look at."""
    rows = QuotaCell.objects.filter(study_id=study_id, is_active=True)
    return _states(rows, simulated=simulated)


def open_cells(participant: Participant, facts: Traits) -> list[CellState]:
    """The cells that count this person and in which they hold no place, locked until the end."""
    candidates = [
        row.pk
        for row in QuotaCell.objects.filter(study_id=participant.study_id, is_active=True).exclude(
            reservations__participant=participant
        )
        if matches(rule_of(row), facts)
    ]
    if not candidates:
        return []
    # The lock and the count are two statements: a count made by the locking statement itself
    # would be of the moment before it waited.
    locked = list(QuotaCell.objects.filter(pk__in=candidates).order_by("pk").select_for_update())
    rows = QuotaCell.objects.filter(pk__in=[row.pk for row in locked])
    return _states(rows, simulated=participant.simulated)


def _states(rows: Iterable[QuotaCell], *, simulated: bool) -> list[CellState]:
    """Bots and people never count in each other's places."""
    rows = list(rows)
    reservations = Reservation.objects.filter(
        cell__in=[row.pk for row in rows], participant__simulated=simulated
    )
    counts = {
        cell: (active, complete)
        for cell, active, complete in reservations.values("cell")
        .annotate(
            active=Count("pk", filter=Q(participant__completed_at=None)),
            complete=Count("pk", filter=Q(participant__completed_at__isnull=False)),
        )
        .values_list("cell", "active", "complete")
    }
    return [CellState(rule_of(row), *counts.get(row.pk, (0, 0))) for row in rows]


def hold(participant: Participant, keys: Sequence[str], now: datetime) -> None:
    """Reserve places; the caller holds the locks of the cells."""
    if not keys:
        return
    rows = QuotaCell.objects.filter(study_id=participant.study_id, key__in=keys)
    Reservation.objects.bulk_create(
        Reservation(cell=row, participant=participant, reserved_at=now) for row in rows
    )


def release_places(participant: Participant) -> int:
    """Give back whatever `participant` holds; how many places those were."""
    n_places, _ = Reservation.objects.filter(participant=participant).delete()
    return n_places


@transaction.atomic
def release_late(*, study: Study, minutes: int | None, now: datetime) -> int:
    """Give back the places of people who began longer than `minutes` ago and are not finished.

    Returns how many people that were. Whoever is sending something at this moment is passed over
    (their row is locked): they are found the next time, if they are late then.
    """
    if minutes is None:
        return 0
    late = Participant.objects.filter(
        study=study,
        completed_at=None,
        withdrawn_at=None,
        left_because="",
    ).annotate(began=Coalesce("clock_from", "consented_at"))
    late = late.filter(began__lt=now - timedelta(minutes=minutes))
    if connection.features.has_select_for_update_skip_locked:
        late = late.select_for_update(skip_locked=True)
    people = list(late.values_list("pk", flat=True))
    if people:
        Reservation.objects.filter(participant__in=people).delete()
        Participant.objects.filter(pk__in=people).update(
            left_because=Participant.Left.TIMEOUT, left_at=now, waiting_since=None
        )
    return len(people)
