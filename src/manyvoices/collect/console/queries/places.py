"""What lets people in and what keeps them out: places, budget, and how people left before the end.

Everything here is of the whole study; simulated people are in no quota of people, but what their
calls used is in what was spent, because it costs the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, F, Sum
from django.db.models.functions import Coalesce

from manyvoices.collect.conversations.budget import Used, expected_at_the_end, per_person
from manyvoices.collect.people.models import Participant
from manyvoices.collect.people.quotas import cell_states
from manyvoices.collect.studies.models import Study
from manyvoices.design.quotas import CellState
from manyvoices.design.responders import Budget

WAITING = "waiting"
"""Beside the reasons of `Participant.Left`: still here, until a place comes free."""


@dataclass(frozen=True, slots=True)
class Money:
    """What the models have used, and what the study may use."""

    n_calls: int
    used: Used
    person: Used
    """What one more person is taken to need."""
    at_the_end: Used
    """Once everybody under way is through."""
    budget: Budget | None
    """None = the study has no limit."""

    @property
    def has_room(self) -> bool:
        """Whether one more person fits in: the rule by which the door is closed."""
        if self.budget is None:
            return True
        tokens = self.at_the_end.tokens + self.person.tokens
        picos = self.at_the_end.picos + self.person.picos
        if self.budget.tokens is not None and tokens > self.budget.tokens:
            return False
        return self.budget.money is None or picos <= self.budget.money * 1e12


@dataclass(frozen=True, slots=True)
class Places:
    """Who may still come in."""

    cells: list[CellState]
    left: dict[str, int]
    """`Participant.Left` value, or `WAITING` -> people now."""
    money: Money | None
    """None where the study has no version yet."""


def places(study: Study, *, has_version: bool) -> Places:
    """Quotas, budget and exits of a study: a fixed number of queries."""
    return Places(
        cells=cell_states(study.pk) if has_version else [],
        left=exits(study.pk),
        money=money(study) if has_version else None,
    )


def money(study: Study) -> Money:
    """What was spent, what is expected, and the limit of the current version."""
    used = study.spendings.aggregate(
        calls=Coalesce(Sum("n_calls"), 0),
        tokens=Coalesce(Sum(F("prompt_tokens") + F("completion_tokens")), 0),
        picos=Coalesce(Sum("picos"), 0),
    )
    return Money(
        n_calls=used["calls"],
        used=Used(used["tokens"], used["picos"]),
        person=per_person(study),
        at_the_end=expected_at_the_end(study),
        budget=study.current.spec.budget,
    )


def exits(study_id: str) -> dict[str, int]:
    """How many people wait for a place, and how many left before the end, by why."""
    here = Participant.objects.filter(
        study_id=study_id, simulated=False, withdrawn_at=None, completed_at=None
    )
    rows = here.exclude(left_because="").values_list("left_because").annotate(n=Count("pk"))
    found = dict(rows.order_by("left_because"))
    waiting = here.filter(waiting_since__isnull=False, left_because="").count()
    return {WAITING: waiting, **found} if waiting else found
