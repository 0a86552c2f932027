"""What the versions of a study's consent allow, as filters on the rows given under each.

Every row carries the version of the text that was agreed to when it was given. A later text gives
nothing free that was given under an earlier one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study
from manyvoices.design import Study as StudySpec

M = TypeVar("M", bound=Model)

WRITTEN = ("text",)
"""Kinds of question whose answers are people's own words."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """Consent versions whose rows may be published, and of those the ones with people's words."""

    refused: frozenset[str]
    """Rows given under these versions stay here."""
    without_text: frozenset[str]
    """Rows given under these stay here where they are people's own words."""

    def people(self, rows: QuerySet[Participant]) -> QuerySet[Participant]:
        """Whoever may be in the release at all, by the consent in force for them."""
        return rows.exclude(consent_version__in=self.refused) if self.refused else rows

    def answers(self, rows: QuerySet[M]) -> QuerySet[M]:
        """Answers that may be published."""
        if self.refused:
            rows = rows.exclude(consent_version__in=self.refused)
        if self.without_text:
            rows = rows.exclude(consent_version__in=self.without_text, kind__in=WRITTEN)
        return rows

    def conversations(self, rows: QuerySet[M]) -> QuerySet[M]:
        """Conversations that may be published: they are people's own words from end to end."""
        closed = self.refused | self.without_text
        return rows.exclude(consent_version__in=closed) if closed else rows

    def notes(self, wanted: QuerySet[Any], chosen: QuerySet[Any]) -> list[str]:
        """What a reader of the release must know about it."""
        notes = []
        if n_refused := wanted.count() - chosen.count():
            notes.append(f"{n_refused} participants are left out: their consent does not allow it")
        if n_silent := chosen.filter(consent_version__in=self.without_text).count():
            notes.append(
                f"{n_silent} participants are in it without conversations and free texts:"
                " their consent does not allow these"
            )
        return notes


def names_of(spec: StudySpec) -> frozenset[str]:
    """What rows given under a version's consent may be marked with: all its languages together,
    or, from before these counted, the first language alone."""
    return frozenset({spec.consent_version, spec.consent.version})


def allowed(study: Study, purposes: frozenset[str] = frozenset()) -> Allowed:
    """What may be published of `study` for all of `purposes`.

    Of a version that is known nowhere nothing is refused: it was there before there were lists.
    """
    refused: set[str] = set()
    without_text: set[str] = set()
    for version in study.versions.defer("content"):
        permissions = version.original.consent.permissions
        if not permissions >= purposes | {"release"}:
            refused.update(names_of(version.original))
        elif "text" not in permissions:
            without_text.update(names_of(version.original))
    return Allowed(frozenset(refused), frozenset(without_text - refused))
