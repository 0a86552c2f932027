"""The list of studies: each at a glance."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse

from manyvoices.collect.console.contexts import Share, StudiesPage, StudyLine
from manyvoices.collect.console.presenting.study import spark
from manyvoices.collect.console.queries import progress
from manyvoices.collect.console.queries.study import Overview, spark_start
from manyvoices.collect.studies.models import Study


def studies_page(overview: Overview) -> StudiesPage:
    """All studies of this server; people and simulated people counted apart."""
    lines = [_line(study, overview, now=overview.now) for study in overview.studies]
    return StudiesPage(lines, counted_at=overview.now)


def _line(study: Study, overview: Overview, *, now: datetime) -> StudyLine:
    key = study.pk
    people, simulated = (
        sum(
            (n for (s, _v, sim), n in overview.heads.items() if s == key and sim is kind),
            start=progress.Heads(),
        )
        for kind in (False, True)
    )
    per_day = {d: n for (s, sim, d), n in overview.completions.items() if s == key and not sim}
    return StudyLine(
        id=key,
        title=study.title,
        url=reverse("console:study", args=[key]),
        is_open=study.is_open,
        has_version=key in overview.current_versions,
        complete=Share(people.complete, people.consented),
        active=overview.active.get((key, False), 0),
        simulated_complete=Share(simulated.complete, simulated.consented),
        last_activity=overview.last_activity.get(key),
        spark=spark(per_day, first_day=spark_start(now).date()),
    )
