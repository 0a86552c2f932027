"""Calls that brought no answer, of conversations and comparisons in one list."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, F, QuerySet, Value

from manyvoices.collect.comparisons.calls import side_calls_of
from manyvoices.collect.console.filters import Filter
from manyvoices.collect.console.queries.calls import calls_of

COLUMNS = (
    "settled_at", "pk", "responder", "failure", "simulated", "attempt", "latency_ms",
    "is_comparison", "within", "message",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Failure:
    """One call without an answer."""

    settled_at: datetime | None
    pk: uuid.UUID
    responder: str
    failure: str
    simulated: bool
    attempt: int
    latency_ms: float | None
    is_comparison: bool
    within: uuid.UUID
    """The conversation, or the comparison."""
    message: int
    """0-based: of the person, to which an answer was asked for."""


def failures(study_id: str, chosen: Filter) -> QuerySet[Any, tuple[Any, ...]]:
    """Those that `chosen` leaves, the latest first, as rows of `COLUMNS`: see `read`."""
    talks = calls_of(study_id).annotate(
        within=F("turn__conversation_id"), message=F("turn__index"), is_comparison=_is(False)
    )
    sides = side_calls_of(study_id).annotate(
        within=F("exchange__comparison_id"), message=F("exchange__index"), is_comparison=_is(True)
    )
    rows = _narrowed(talks, chosen).union(_narrowed(sides, chosen), all=True)
    return rows.order_by("-settled_at", "pk")


def read(rows: Iterable[tuple[Any, ...]]) -> list[Failure]:
    """The rows of one page."""
    return [Failure(*row) for row in rows]


def _is(value: bool) -> Value:
    return Value(value, output_field=BooleanField())


def _narrowed(calls: QuerySet[Any], chosen: Filter) -> QuerySet[Any, tuple[Any, ...]]:
    rows = calls.filter(failure__isnull=False)
    if chosen.simulated is not None:
        rows = rows.filter(simulated=chosen.simulated)
    if chosen.responder:
        rows = rows.filter(responder=chosen.responder)
    if chosen.failure:
        rows = rows.filter(failure=chosen.failure)
    return rows.order_by().values_list(*COLUMNS)
