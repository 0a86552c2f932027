"""The page of one study: the funnel of each version, people and simulated people, the queue."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from manyvoices.collect.console.charts import Columns, columns
from manyvoices.collect.console.contexts import Funnel, FunnelRow, Group, Share, StudyPage, TypeRow
from manyvoices.collect.console.filters import Done, Filter, query_string
from manyvoices.collect.console.numbers import number
from manyvoices.collect.console.presenting.checks import checks, queue_view
from manyvoices.collect.console.presenting.places import amounts, exit_rows, quota_rows
from manyvoices.collect.console.presenting.responders import responder_rows
from manyvoices.collect.console.presenting.sheets import SHEETS
from manyvoices.collect.console.presenting.words import (
    StudyStep,
    duration,
    steps,
    type_label,
)
from manyvoices.collect.console.queries.progress import Heads, Reached
from manyvoices.collect.console.queries.study import SPARK_DAYS, StudyFacts
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.design import Study
from manyvoices.design.comparisons.stage import ComparisonsStage


def study_page(facts: StudyFacts, *, invitation_url: str, sees_people: bool = True) -> StudyPage:
    """Everything on the page of one study.

    `sees_people`: numbers lead to the people and conversations behind them; where the reader may
    not open those, they lead nowhere.
    """
    kinds = [False, True] if facts.has_simulated else [False]
    links = _Links(facts.study.pk, opens=sees_people)
    spec = facts.versions[0].spec if facts.versions else None
    return StudyPage(
        id=facts.study.pk,
        title=facts.study.title,
        is_open=facts.study.is_open,
        invitation_url=invitation_url,
        checks=checks(facts),
        groups=[_group(facts, links, simulated=simulated) for simulated in kinds],
        funnels=funnels(facts, links),
        queue=queue_view(facts.queue, now=facts.now),
        last_activity=facts.last_activity,
        counted_at=facts.now,
        first_day=facts.first_day,
        quotas=quota_rows(facts.places.cells, spec),
        amounts=amounts(facts.places.money),
        exits=exit_rows(facts.places.left),
        sheets=[(name, reverse("console:sheet", args=[facts.study.pk, name])) for name in SHEETS],
        has_conversations=spec is None or bool(facts.types) or any(spec.conversation_stages()),
        has_models=bool(facts.outcomes) or spec is None or _asks_models(spec),
    )


class _Links:
    """Addresses of lists, narrowed; empty where the reader may not open them."""

    def __init__(self, study_id: str, *, opens: bool) -> None:
        self._study_id, self._opens = study_id, opens

    def to(self, page: str, chosen: Filter) -> str:
        """The list `page` narrowed to `chosen`."""
        if not self._opens:
            return ""
        return reverse(f"console:{page}", args=[self._study_id]) + query_string(chosen)


def _asks_models(spec: Study) -> bool:
    """Whether models answer while people wait; of stored outputs none is asked for anything."""
    compared = (stage for stage in spec.stages if isinstance(stage, ComparisonsStage))
    return any(spec.conversation_stages()) or any(s.source != "outputs" for s in compared)


def funnels(facts: StudyFacts, links: _Links | None = None) -> list[Funnel]:
    """One for each version that anybody takes part under; the current one always."""
    links = links or _Links(facts.study.pk, opens=True)
    used = {version for version, _simulated in facts.heads}
    return [
        _funnel(facts, links, version, is_current=position == 0)
        for position, version in enumerate(facts.versions)
        if position == 0 or version.pk in used
    ]


def _funnel(facts: StudyFacts, links: _Links, version: StudyVersion, *, is_current: bool) -> Funnel:
    people, simulated = (facts.heads.get((version.pk, kind), Heads()) for kind in (False, True))
    row = _RowMaker(links, version.number, people.consented, simulated.consented)
    rows = [row.make(_("Consented"), people.consented, simulated.consented, status="staying")]
    rows += [_step_row(facts, version.pk, step, row) for step in steps(version.spec)]
    rows.append(row.make(_("Complete"), people.complete, simulated.complete, status="complete"))
    rows = [
        replace(row, lost=max(before.people.n - row.people.n, 0))
        for before, row in zip([rows[0], *rows], rows, strict=False)
    ]
    return Funnel(
        version=version.number,
        is_current=is_current,
        since=version.created_at,
        rows=rows,
        has_simulated=bool(simulated.consented),
    )


class _RowMaker:
    """Makes the rows of one funnel: the same denominators, links to the same version's people."""

    def __init__(self, links: _Links, version: int, people: int, simulated: int) -> None:
        self._links = links
        self._version = version
        self._of = {False: people, True: simulated}

    def make(
        self,
        label: str,
        people: int,
        simulated: int,
        *,
        status: str = "",
        done: Done | None = None,
        underway: int = 0,
        time: str = "",
    ) -> FunnelRow:
        shares = {}
        for kind, n in ((False, people), (True, simulated)):
            chosen = Filter(simulated=kind, version=self._version, status=status, done=done)
            shares[kind] = Share(n, self._of[kind], self._links.to("people", chosen))
        return FunnelRow(label, shares[False], shares[True], underway, time)


def _step_row(facts: StudyFacts, version: int, step: StudyStep, row: _RowMaker) -> FunnelRow:
    place = (step.done.stage, step.done.number)
    time = duration(facts.step_durations.get((version, False, step.done.kind, *place)))
    if step.done.kind == "survey":
        people, simulated = (facts.survey_pages.get((version, k, *place), 0) for k in (False, True))
        return row.make(step.label, people, simulated, done=step.done, time=time)
    mine, bots = (facts.conversations.get((version, k, *place), Reached()) for k in (False, True))
    return row.make(
        step.label,
        mine.finished,
        bots.finished,
        done=step.done,
        underway=mine.begun - mine.finished,
        time=time,
    )


def _group(facts: StudyFacts, links: _Links, *, simulated: bool) -> Group:
    heads = facts.total(simulated=simulated)

    def share(n: int, of: int, status: str) -> Share:
        return Share(n, of, links.to("people", Filter(simulated=simulated, status=status)))

    per_day = {day: n for (kind, day), n in facts.completions.items() if kind is simulated}
    return Group(
        simulated=simulated,
        consented=share(heads.consented, heads.consented, "staying"),
        complete=share(heads.complete, heads.consented, "complete"),
        active=share(facts.active.get(simulated, 0), heads.consented, "now"),
        withdrawn=share(heads.withdrawn, heads.consented + heads.withdrawn, "withdrew"),
        duration=duration(facts.durations.get(simulated)),
        spark=spark(per_day, first_day=facts.first_day.date()),
        types=_types(facts, links, simulated=simulated),
        responders=responder_rows(facts, simulated=simulated),
    )


def _types(facts: StudyFacts, links: _Links, *, simulated: bool) -> list[TypeRow]:
    spec = facts.versions[0].spec if facts.versions else None
    return [
        TypeRow(
            label=type_label(spec, name),
            finished=Share(
                reached.finished,
                reached.begun,
                links.to(
                    "conversations", Filter(simulated=simulated, type=name, status="complete")
                ),
            ),
            rated=_rated(facts.turns.get((simulated, name), (0, 0))),
        )
        for (kind, name), reached in sorted(facts.types.items())
        if kind is simulated
    ]


def _rated(turns: tuple[int, int]) -> Share:
    n, rated = turns
    return Share(rated, n)


def spark(per_day: dict[date, int], *, first_day: date) -> Columns:
    """Completions per day as columns, with a sentence for those who do not see them."""
    days = [first_day + timedelta(days=offset) for offset in range(SPARK_DAYS)]
    counts = [per_day.get(day, 0) for day in days]
    total = sum(counts)
    label = ngettext(
        "%(total)s person came to the end in the last %(days)d days, at most %(peak)s on one day.",
        "%(total)s people came to the end in the last %(days)d days, at most %(peak)s on one day.",
        total,
    ) % {"total": number(total), "days": SPARK_DAYS, "peak": number(max(counts))}
    return columns(counts, label=label)
