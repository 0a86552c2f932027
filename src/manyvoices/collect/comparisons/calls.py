"""What the sides of comparisons were asked for while people waited, and what came of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, CharField, Count, F, Q, QuerySet, When
from django.db.models.fields.json import KeyTextTransform

from manyvoices.collect.comparisons.models import SideAnswer

MOST_SIDES = 5
"""As `ComparisonsStage.side_by_side` allows."""


@dataclass
class Calls:
    """Answers that one model was asked for."""

    asked: int = 0
    answered: int = 0
    waiting: int = 0
    failures: Counter[str] = field(default_factory=Counter)

    @property
    def missing(self) -> int:
        return self.failures.total()


def side_calls_of(study_id: str) -> QuerySet[Any]:
    """`SideAnswer` rows: every call for a side, repeated attempts included, and no stored output.

    `responder` is the model that stood in the side's place, `simulated` says of whom.
    """
    models = F("exchange__comparison__models")
    stands_at = [
        When(position=place, then=KeyTextTransform(place, models)) for place in range(MOST_SIDES)
    ]
    return (
        SideAnswer.objects.filter(
            exchange__comparison__study_id=study_id,
            exchange__comparison__participant__withdrawn_at=None,
        )
        .exclude(exchange__comparison__source="outputs")
        .annotate(
            responder=Case(*stands_at, output_field=CharField()),
            simulated=F("exchange__comparison__simulated"),
        )
    )


def calls_by_model(study_id: str) -> dict[tuple[bool, str], Calls]:
    """(simulated, model) -> what it was asked for and what came: one statement, of as many rows as
    models and kinds of failure."""
    rows = (
        side_calls_of(study_id)
        .order_by()
        .values_list("simulated", "responder", "failure")
        .annotate(n=Count("pk"), waiting=Count("pk", filter=Q(settled_at=None, failure=None)))
    )
    found: dict[tuple[bool, str], Calls] = {}
    for simulated, model, failure, n, waiting in rows:
        calls = found.setdefault((simulated, model), Calls())
        calls.asked += n
        calls.waiting += waiting
        if failure:
            calls.failures[failure] += n
        else:
            calls.answered += n - waiting
    return dict(sorted(found.items()))
