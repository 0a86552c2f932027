"""The rows behind the numbers: people, conversations, one conversation."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from manyvoices.collect.comparisons.console_queries import who_finished
from manyvoices.collect.comparisons.models import Comparison, ComparisonsOver
from manyvoices.collect.console.filters import Done, Filter
from manyvoices.collect.console.queries.progress import active_people
from manyvoices.collect.conversations.models import Conversation
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.surveys.models import SurveyPage
from manyvoices.design.journey import ComparisonFacts, ConversationFacts, JourneyFacts
from manyvoices.schema.comparisons import ComparisonVerdict

PERSONAL = ("resume_key", "external_id", "seed")
"""Columns that no list needs, and that therefore are not read."""


def people(study_id: str, chosen: Filter, *, now: datetime) -> QuerySet[Participant]:
    """The participants that `chosen` leaves, whoever came last first."""
    rows = Participant.objects.filter(study_id=study_id).defer(*PERSONAL)
    if chosen.simulated is not None:
        rows = rows.filter(simulated=chosen.simulated)
    if chosen.version is not None:
        rows = rows.filter(version__number=chosen.version)
    if chosen.done is not None:
        rows = _who_did(rows, chosen.done).filter(withdrawn_at=None)
    if chosen.status == "now":
        rows = rows.filter(pk__in=active_people(now=now).values("pk"))
    elif chosen.status:
        rows = rows.filter(_status(chosen.status))
    return rows.order_by("-consented_at", "pk")


def _status(status: str) -> Q:
    if status == "withdrew":
        return Q(withdrawn_at__isnull=False)
    staying = Q(withdrawn_at=None)
    if status == "staying":
        return staying
    return staying & Q(completed_at__isnull=status == "underway")


def _who_did(rows: QuerySet[Participant], done: Done) -> QuerySet[Participant]:
    if done.kind == "survey":
        sent = SurveyPage.objects.filter(stage=done.stage, page=done.number)
        return rows.filter(pk__in=sent.values("participant"))
    if done.kind == "comparisons":
        return who_finished(rows, done.stage, done.number)
    finished = Conversation.objects.filter(
        stage=done.stage, number=done.number, finished_at__isnull=False
    )
    return rows.filter(pk__in=finished.values("participant"))


def facts_of(participants: Iterable[Participant]) -> dict[uuid.UUID, JourneyFacts]:
    """What each of them has done so far: four queries for all together."""
    keys = [participant.pk for participant in participants]
    pages: dict[uuid.UUID, set[tuple[int, int]]] = defaultdict(set)
    for key, stage, page in SurveyPage.objects.filter(participant__in=keys).values_list(
        "participant", "stage", "page"
    ):
        pages[key].add((stage, page))
    held: dict[uuid.UUID, list[ConversationFacts]] = defaultdict(list)
    for key, stage, number, type_name, finished_at in (
        Conversation.objects.filter(participant__in=keys)
        .order_by("stage", "number")
        .values_list("participant", "stage", "number", "type", "finished_at")
    ):
        held[key].append(ConversationFacts(stage, number, type_name, finished_at is not None))
    compared, over = _compared(keys)
    return {
        key: JourneyFacts(True, pages[key], held[key], compared[key], over[key]) for key in keys
    }


def _compared(
    keys: list[uuid.UUID],
) -> tuple[dict[uuid.UUID, list[ComparisonFacts]], dict[uuid.UUID, set[int]]]:
    """Comparisons that count, and the stages that are over early, of each participant."""
    compared: dict[uuid.UUID, list[ComparisonFacts]] = defaultdict(list)
    rows = Comparison.objects.filter(participant__in=keys).order_by("stage", "number")
    for key, stage, number, verdict in rows.values_list(
        "participant", "stage", "number", "verdict"
    ):
        if verdict != ComparisonVerdict.FAILED:
            compared[key].append(ComparisonFacts(stage, number, verdict is not None))
    over: dict[uuid.UUID, set[int]] = defaultdict(set)
    stages = ComparisonsOver.objects.filter(participant__in=keys)
    for key, stage in stages.values_list("participant", "stage"):
        over[key].add(stage)
    return compared, over


def version_labels(study_id: str) -> dict[int, int]:
    """Version id -> its number, without reading any protocol."""
    return dict(StudyVersion.objects.filter(study_id=study_id).values_list("pk", "number"))


def conversations(study_id: str, chosen: Filter) -> QuerySet[Conversation]:
    """The conversations that `chosen` leaves, the latest first, with counts of their turns."""
    rows = (
        Conversation.objects.filter(participant__study_id=study_id)
        .filter(participant__withdrawn_at=None)
        .defer("open_feedback", "seed")
    )
    if chosen.simulated is not None:
        rows = rows.filter(participant__simulated=chosen.simulated)
    if chosen.type:
        rows = rows.filter(type=chosen.type)
    if chosen.participant is not None:
        rows = rows.filter(participant=chosen.participant)
    if chosen.status in {"complete", "underway"}:
        rows = rows.filter(finished_at__isnull=chosen.status == "underway")
    return rows.order_by("-started_at", "pk")


def with_turn_counts(rows: Iterable[Conversation]) -> list[tuple[Conversation, bool, int, int]]:
    """Each conversation of a page with: simulated, its turns, its turns that were rated."""
    listed = list(rows)
    counts = (
        Conversation.objects.filter(pk__in=[c.pk for c in listed])
        .values_list("pk", "participant__simulated")
        .annotate(n=Count("turns"), rated=Count("turns__rated_at"))
        .order_by()
    )
    known = {pk: (simulated, n, rated) for pk, simulated, n, rated in counts}
    return [(c, *known[c.pk]) for c in listed if c.pk in known]


def conversation_types(study_id: str) -> list[str]:
    """The types of the conversations that were begun, for choosing one."""
    found = Conversation.objects.filter(participant__study_id=study_id)
    return list(found.order_by("type").values_list("type", flat=True).distinct())


def conversation(study_id: str, key: uuid.UUID) -> Conversation | None:
    """One conversation with everything that its page shows: three queries."""
    return (
        Conversation.objects.filter(participant__study_id=study_id, participant__withdrawn_at=None)
        .select_related("participant__version")
        .defer(*(f"participant__{column}" for column in PERSONAL))
        .prefetch_related("turns__utterances", "attribute_ratings")
        .filter(pk=key)
        .first()
    )
