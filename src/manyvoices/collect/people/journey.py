"""A participant's place in the study: facts from the rows, the step from the rule, its address."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.dispatch import Signal
from django.urls import reverse
from django.utils.translation import gettext as _

from manyvoices.collect.people.contexts import Progress
from manyvoices.collect.people.locks import lock_participant
from manyvoices.collect.people.models import Participant
from manyvoices.design import Study, SurveyStage
from manyvoices.design.comparisons.stage import ComparisonsStage
from manyvoices.design.journey import (
    ComparisonFacts,
    ConversationFacts,
    JourneyFacts,
    Step,
    next_step,
)

completed = Signal()
"""Sent with ``participant`` and ``now`` in the transaction in which somebody came to the end."""

_CONVERSATION, _PAGE, _COMPARISON, _OVER = range(4)
_FACTS = """
SELECT 1, stage, page, '', 1 FROM {survey_pages} WHERE participant_id = %s
UNION ALL
SELECT 0, stage, number, type, CASE WHEN finished_at IS NULL THEN 0 ELSE 1 END
FROM {conversations} WHERE participant_id = %s
"""
"""What it is (one of the four above), its stage, its number, type of conversation, is it finished.
"""
_COMPARED = """
UNION ALL
SELECT 2, stage, number, '', CASE WHEN verdict IS NULL THEN 0 ELSE 1 END
FROM {comparisons} WHERE participant_id = %s AND (verdict IS NULL OR verdict <> 'failed')
UNION ALL
SELECT 3, stage, 0, '', 1 FROM {comparisons_over} WHERE participant_id = %s
"""
"""More of the same, in studies with such a stage: where a side failed nobody was asked, so that it
does not count."""


def facts(participant: Participant) -> JourneyFacts:
    """What is stored of this participant: one statement.

    Written out, since every page asks it: building it anew from two query sets took a tenth of the
    processor time of a page (`benchmarks.live_load`).
    """
    rows = _rows_of(participant)
    return JourneyFacts(
        consented=True,
        survey_pages_done={(stage, n) for kind, stage, n, *_rest in rows if kind == _PAGE},
        conversations=[
            ConversationFacts(stage, number, type_name, bool(finished))
            for kind, stage, number, type_name, finished in rows
            if kind == _CONVERSATION
        ],
        comparisons=[
            ComparisonFacts(stage, number, bool(finished))
            for kind, stage, number, _type, finished in rows
            if kind == _COMPARISON
        ],
        comparisons_over={stage for kind, stage, *_rest in rows if kind == _OVER},
    )


def _rows_of(participant: Participant) -> list[tuple[int, int, int, str, int]]:
    relations, statement = ["survey_pages", "conversations"], _FACTS
    if comparison_stages(participant.version.spec):
        relations += ["comparisons", "comparisons_over"]
        statement += _COMPARED
    key = Participant._meta.pk.get_db_prep_value(participant.pk, connection)
    with connection.cursor() as cursor:
        tables = {relation: _table(relation) for relation in relations}
        cursor.execute(statement.format(**tables), [key] * len(relations))
        return sorted(cursor.fetchall())


def comparison_stages(spec: Study) -> list[tuple[int, ComparisonsStage]]:
    """Each comparisons stage with its index."""
    return [(i, s) for i, s in enumerate(spec.stages) if isinstance(s, ComparisonsStage)]


def _table(relation: str) -> str:
    """The quoted table behind a reverse relation of a participant."""
    model: Any = Participant._meta.get_field(relation).related_model
    return connection.ops.quote_name(model._meta.db_table)


def facts_once(participant: Participant) -> JourneyFacts:
    """`facts` as they were when this request first asked: a page shows one moment.

    Kept with the row in memory, so another request reads anew. What decides a write asks `facts`.
    """
    known: JourneyFacts | None = participant.__dict__.get("_journey_facts")
    if known is None:
        known = participant.__dict__["_journey_facts"] = facts(participant)
    return known


def step_of(participant: Participant) -> Step:
    """What the participant does next."""
    return next_step(participant.version.spec, facts_once(participant))


def address(participant: Participant, step: Step) -> str:
    """The page where `step` is done."""
    study = participant.study_id
    if step.kind == "survey":
        return reverse("surveys:page", args=[study, step.stage, step.page])
    if step.kind == "conversations":
        return reverse("conversations:choose", args=[study, step.stage])
    if step.kind == "conversation":
        return reverse("conversations:conversation", args=[study, step.stage, step.conversation])
    if step.kind == "comparisons":
        return reverse("comparisons:following", args=[study, step.stage])
    if step.kind == "comparison":
        return reverse("comparisons:comparison", args=[study, step.stage, step.comparison])
    if step.kind == "trees":
        return reverse("trees:home", args=[study])
    return reverse("people:done", args=[study])


def progress(participant: Participant) -> Progress:
    """How far the participant is: survey pages, conversations and comparisons count one step each.

    What people may do beyond a stage's count is no step; a stage that is over early is done.
    """
    spec, done = participant.version.spec, facts_once(participant)
    pages = sum(len(s.pages) for s in spec.stages if isinstance(s, SurveyStage))
    compared = comparison_stages(spec)
    total = pages + sum(stage.n_conversations for _i, stage in spec.conversation_stages())
    total += sum(stage.count for _i, stage in compared)
    finished = len(done.survey_pages_done) + sum(c.finished for c in done.conversations)
    finished += sum(_n_compared(done, index, stage) for index, stage in compared)
    current = min(finished + 1, total)
    label = _("Step %(current)d of %(total)d") % {"current": current, "total": total}
    return Progress(steps_done=finished, steps_total=total, label=label)


def _n_compared(done: JourneyFacts, index: int, stage: ComparisonsStage) -> int:
    if index in done.comparisons_over:
        return stage.count
    n_done = sum(c.finished for c in done.comparisons if c.stage == index)
    return min(n_done, stage.count)


def complete_if_done(*, participant: Participant, now: datetime) -> bool:
    """Mark the participant as complete once every row is stored; True where they are complete.

    The completion code is shown only after this has committed: saved before paid.
    """
    if participant.completed_at is not None:
        return True
    if step_of(participant).kind != "done":
        return False
    with transaction.atomic():
        lock_participant(participant)
        participant.refresh_from_db(fields=["completed_at", "left_because"])
        if participant.left_because and participant.completed_at is None:
            return False  # Their place was given away while they were finishing.
        if participant.completed_at is None:
            participant.completed_at = now
            participant.save(update_fields=["completed_at"])
            completed.send(sender=Participant, participant=participant, now=now)
    return True
