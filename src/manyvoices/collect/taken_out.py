"""Who took data of a study out, what and when: noted, and told to programs that wait for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from manyvoices.collect.console import audit
from manyvoices.collect.studies.models import Study
from manyvoices.collect.webhooks.signals import export_finished


@transaction.atomic
def note_export(
    actor: str,
    action: str,
    study: Study,
    *,
    kind: str,
    n_trees: int | None,
    detail: Mapping[str, object],
    now: datetime,
) -> None:
    """actor: an account's name, or ``server`` for whoever runs commands on it; kind: the format."""
    audit.record(actor, action, study.pk, kind, {**detail, "trees": n_trees}, now)
    export_finished(study, kind=kind, n_trees=n_trees, now=now)
