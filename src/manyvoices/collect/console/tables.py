"""Every table of a study as CSV, row by row, so that a large study needs no memory.

Which rows belong to a study is found by following foreign keys to it. Rows of people who withdrew
and drafts that nobody sent are in no table. Columns that lead to a person outside the study are
only there for whoever may see identities.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Field, ForeignKey, Model, QuerySet

from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study

APPS = ("studies", "people", "surveys", "conversations", "comparisons")
LEFT_OUT = {"draft", "study", "drawturn"}
"""What nobody has sent is nobody's data; a study is one row, and its page says it; a lock is no
data."""
IDENTITY_TABLES = {"recruited", "invitation"}
IDENTITY_COLUMNS = {
    "external_id", "person", "platform_session", "platform_study", "resume_key", "submission_id",
    "token",
}  # fmt: skip
_RISKY = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Table:
    """One table of the database, as far as it is about a study."""

    name: str
    model: type[Model]
    to_study: str
    """The look-up that leads from a row to its study."""
    to_person: str | None
    """The look-up that leads from a row to its participant; None where there is none."""

    @property
    def is_about_identities(self) -> bool:
        """Whether every row says who somebody is outside the study."""
        return self.name in IDENTITY_TABLES

    def columns(self, *, identities: bool) -> list[str]:
        """The columns, in the table's order."""
        fields = (field for field in self.model._meta.concrete_fields)
        return [f.attname for f in fields if identities or not _identifies(f)]

    def rows(self, study_id: str) -> QuerySet[Any]:
        """The study's rows, by primary key."""
        found = self.model._default_manager.filter(**{self.to_study: study_id})
        if self.to_person is not None:
            inside = f"{self.to_person}__withdrawn_at" if self.to_person else "withdrawn_at"
            found = found.filter(**{inside: None})
        return found.order_by("pk")


def _identifies(field: Field[Any, Any]) -> bool:
    return field.attname in IDENTITY_COLUMNS


def tables() -> list[Table]:
    """Every table that holds something of a study."""
    found = []
    for app in APPS:
        for model in apps.get_app_config(app).get_models():
            name = model._meta.model_name or ""
            path = _path(model, Study)
            if name not in LEFT_OUT and path:
                person = "" if model is Participant else _path(model, Participant)
                found.append(Table(name, model, path, person))
    return found


def _path(model: type[Model], target: type[Model], *, depth: int = 5) -> str | None:
    """The shortest look-up of foreign keys from `model` to `target`; None where there is none."""
    level: list[tuple[str, type[Model]]] = [("", model)]
    for _step in range(depth):
        following = []
        for path, at in level:
            for field in at._meta.concrete_fields:
                if isinstance(field, ForeignKey) and isinstance(field.related_model, type):
                    to = f"{path}__{field.name}" if path else field.name
                    if field.related_model is target:
                        return to
                    following.append((to, field.related_model))
        level = following
    return None


def lines(table: Table, study_id: str, *, identities: bool) -> Iterator[str]:
    """The table as lines of CSV, the header first."""
    names = table.columns(identities=identities)
    writer = csv.writer(_Echo(), lineterminator="\r\n")
    yield writer.writerow(names)
    for row in table.rows(study_id).values_list(*names).iterator(chunk_size=500):
        yield writer.writerow([cell(value) for value in row])


class _Echo:
    """What csv writes to is what the browser is sent."""

    def write(self, text: str) -> str:
        return text


def cell(value: object) -> object:
    """A value as a spreadsheet may safely open it.

    A text that a spreadsheet would take for a formula gets an apostrophe before it: models and
    people can write anything.
    """
    if value is None:
        return ""
    if isinstance(value, dict | list):
        return cell(json.dumps(value, ensure_ascii=False, sort_keys=True))
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(_RISKY):
        return f"'{value}"
    return value
