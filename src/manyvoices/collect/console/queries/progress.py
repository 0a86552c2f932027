"""How far people have come: counts by study, version, and whether they are simulated.

People who withdrew are counted in one place only, as withdrawn: what they did is in no other count.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    When,
)
from django.db.models.functions import TruncDate

from manyvoices.collect.comparisons.models import Comparison, Exchange
from manyvoices.collect.console.queries.medians import SecondsBetween, medians
from manyvoices.collect.conversations.models import Conversation, Turn
from manyvoices.collect.people.models import Draft, Participant
from manyvoices.collect.studies.models import Study, StudyVersion
from manyvoices.collect.surveys.models import SurveyPage

CONVERSATION_TIMES = ("started_at", "ended_at", "attributes_at", "finished_at")
TURN_TIMES = ("created_at", "rated_at")
COMPARISON_TIMES = ("started_at", "judged_at")
EXCHANGE_TIMES = ("created_at",)

ACTIVE_WITHIN = timedelta(minutes=10)
"""Whoever stored something this recently, a draft included, counts as active now."""


@dataclass(frozen=True, slots=True)
class Heads:
    """How many people of one kind came how far. `consented` leaves out whoever withdrew."""

    consented: int = 0
    complete: int = 0
    withdrawn: int = 0

    def __add__(self, other: Heads) -> Heads:
        return Heads(
            self.consented + other.consented,
            self.complete + other.complete,
            self.withdrawn + other.withdrawn,
        )


@dataclass(frozen=True, slots=True)
class Reached:
    """How many began and how many finished one conversation of the study's order."""

    begun: int = 0
    finished: int = 0


def studies() -> list[Study]:
    """Every study on this server."""
    return list(Study.objects.all())


def current_versions() -> dict[str, int]:
    """Study -> number of its current version, for the studies that have one."""
    rows = StudyVersion.objects.order_by().values_list("study_id").annotate(n=Max("number"))
    return dict(rows)


def versions(study_id: str) -> list[StudyVersion]:
    """The study's protocols, the current one first."""
    return list(StudyVersion.objects.filter(study_id=study_id).order_by("-number"))


def heads(study_id: str | None = None) -> dict[tuple[str, int, bool], Heads]:
    """(study, version id, simulated) -> how many came how far; of one study, or of all."""
    rows = (
        _of(Participant.objects.all(), "study", study_id)
        .values_list("study_id", "version_id", "simulated")
        .annotate(
            consented=Count("pk", filter=Q(withdrawn_at=None)),
            complete=Count("pk", filter=Q(withdrawn_at=None, completed_at__isnull=False)),
            withdrawn=Count("pk", filter=Q(withdrawn_at__isnull=False)),
        )
        .order_by()
    )
    return {(study, version, simulated): Heads(*n) for study, version, simulated, *n in rows}


def survey_pages_sent(study_id: str) -> dict[tuple[int, bool, int, int], int]:
    """(version id, simulated, stage, page) -> how many people sent that page."""
    rows = (
        SurveyPage.objects.filter(participant__study_id=study_id, participant__withdrawn_at=None)
        .values_list("participant__version_id", "participant__simulated", "stage", "page")
        .annotate(n=Count("pk"))
        .order_by()
    )
    return {(version, simulated, stage, page): n for version, simulated, stage, page, n in rows}


def conversations_reached(study_id: str) -> dict[tuple[int, bool, int, int], Reached]:
    """(version id, simulated, stage, number) -> how many began and finished that conversation."""
    rows = (
        Conversation.objects.filter(participant__study_id=study_id, participant__withdrawn_at=None)
        .values_list("participant__version_id", "participant__simulated", "stage", "number")
        .annotate(begun=Count("pk"), finished=Count("finished_at"))
        .order_by()
    )
    return {(version, sim, stage, number): Reached(*n) for version, sim, stage, number, *n in rows}


def conversation_types(study_id: str) -> dict[tuple[bool, str], Reached]:
    """(simulated, conversation type) -> how many were begun and finished."""
    rows = (
        Conversation.objects.filter(participant__study_id=study_id, participant__withdrawn_at=None)
        .values_list("participant__simulated", "type")
        .annotate(begun=Count("pk"), finished=Count("finished_at"))
        .order_by()
    )
    return {(simulated, type_name): Reached(*n) for simulated, type_name, *n in rows}


def turns_by_type(study_id: str) -> dict[tuple[bool, str], tuple[int, int]]:
    """(simulated, conversation type) -> (turns, turns that were rated)."""
    rows = (
        Turn.objects.filter(
            conversation__participant__study_id=study_id,
            conversation__participant__withdrawn_at=None,
        )
        .values_list("conversation__participant__simulated", "conversation__type")
        .annotate(n=Count("pk"), rated=Count("rated_at"))
        .order_by()
    )
    return {(simulated, type_name): (n, rated) for simulated, type_name, n, rated in rows}


def active_people(*, now: datetime) -> QuerySet[Participant]:
    """Who is taking part right now: not at the end, and something of theirs was stored lately."""
    since = now - ACTIVE_WITHIN
    mine = {"participant": OuterRef("pk")}
    theirs = {"conversation__participant": OuterRef("pk")}
    beside = {"comparison__participant": OuterRef("pk")}
    return Participant.objects.filter(withdrawn_at=None, completed_at=None).filter(
        Q(consented_at__gte=since)
        | Exists(Draft.objects.filter(saved_at__gte=since, **mine))
        | Exists(SurveyPage.objects.filter(sent_at__gte=since, **mine))
        | Exists(Conversation.objects.filter(_latest(since, CONVERSATION_TIMES), **mine))
        | Exists(Turn.objects.filter(_latest(since, TURN_TIMES), **theirs))
        | Exists(Comparison.objects.filter(_latest(since, COMPARISON_TIMES), **mine))
        | Exists(Exchange.objects.filter(_latest(since, EXCHANGE_TIMES), **beside))
    )


def _latest(since: datetime, columns: Iterable[str]) -> Q:
    recent = Q()
    for column in columns:
        recent |= Q(**{f"{column}__gte": since})
    return recent


def active_now(*, now: datetime, study_id: str | None = None) -> dict[tuple[str, bool], int]:
    """(study, simulated) -> how many people are taking part right now."""
    rows = (
        _of(active_people(now=now), "study", study_id)
        .values_list("study_id", "simulated")
        .annotate(n=Count("pk"))
        .order_by()
    )
    return {(study, simulated): n for study, simulated, n in rows}


def last_activity(study_id: str | None = None) -> dict[str, datetime]:
    """Study -> when anybody last stored something; a query for each table."""
    sources = (
        (Participant.objects.all(), "study", ("consented_at", "completed_at", "withdrawn_at")),
        (SurveyPage.objects.all(), "participant__study", ("sent_at",)),
        (Conversation.objects.all(), "participant__study", CONVERSATION_TIMES),
        (Turn.objects.all(), "conversation__participant__study", TURN_TIMES),
        (Comparison.objects.all(), "study", COMPARISON_TIMES),
        (Exchange.objects.all(), "comparison__study", EXCHANGE_TIMES),
    )
    latest: dict[str, datetime] = {}
    for rows, study, columns in sources:
        maxima = _of(rows, study, study_id).values_list(study).order_by()
        for name, *times in maxima.annotate(*(Max(column) for column in columns)):
            known = [time for time in (*times, latest.get(name)) if time is not None]
            latest[name] = max(known)
    return latest


def completions_per_day(
    *, since: datetime, study_id: str | None = None
) -> dict[tuple[str, bool, date], int]:
    """(study, simulated, day in UTC) -> how many people came to the end on that day."""
    rows = (
        _of(Participant.objects.all(), "study", study_id)
        .filter(withdrawn_at=None, completed_at__gte=since)
        .annotate(day=TruncDate("completed_at", tzinfo=UTC))
        .values_list("study_id", "simulated", "day")
        .annotate(n=Count("pk"))
        .order_by()
    )
    return {(study, simulated, day): n for study, simulated, day, n in rows}


def median_duration(study_id: str) -> dict[bool, timedelta]:
    """Simulated -> median time from consent to the end, of those who came to the end."""
    complete = Participant.objects.filter(
        study_id=study_id, withdrawn_at=None, completed_at__isnull=False
    ).annotate(duration=SecondsBetween("completed_at", "consented_at"))
    found = medians(complete, "duration", by=["simulated"])
    return {simulated: timedelta(seconds=took) for (simulated,), took in found.items()}


def step_durations(study_id: str) -> dict[tuple[int, bool, str, int, int], timedelta]:
    """(version id, simulated, kind, stage, number) -> median time that people spent on that step.

    A survey page counts from the page sent before it, or from consent; a conversation from its
    beginning to its end. A page that follows conversations is left out: nobody saw it begin.
    """
    earlier = SurveyPage.objects.filter(
        participant=OuterRef("participant"), stage=OuterRef("stage"), page=OuterRef("page") - 1
    )
    pages = SurveyPage.objects.filter(
        participant__study_id=study_id, participant__withdrawn_at=None
    ).annotate(
        before=Case(
            When(page=0, stage=1, then=F("participant__consented_at")),
            default=Subquery(earlier.values("sent_at")[:1]),
        ),
        took=SecondsBetween("sent_at", "before"),
    )
    talks = Conversation.objects.filter(
        participant__study_id=study_id,
        participant__withdrawn_at=None,
        finished_at__isnull=False,
    ).annotate(took=SecondsBetween("finished_at", "started_at"))
    who = ["participant__version_id", "participant__simulated", "stage"]
    of_pages = medians(pages, "took", by=[*who, "page"])
    of_talks = medians(talks, "took", by=[*who, "number"])
    found = {(v, s, "survey", stage, n): took for (v, s, stage, n), took in of_pages.items()}
    found |= {(v, s, "conversation", stage, n): took for (v, s, stage, n), took in of_talks.items()}
    return {step: timedelta(seconds=took) for step, took in found.items()}


def _of(rows: QuerySet[Any, Any], column: str, study_id: str | None) -> QuerySet[Any, Any]:
    return rows if study_id is None else rows.filter(**{column: study_id})
