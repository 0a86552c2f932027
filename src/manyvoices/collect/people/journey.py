"""A participant's place in the study: facts from the rows, the step from the rule, its address."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from manyvoices.collect.people.contexts import Progress
from manyvoices.collect.people.locks import lock_participant
from manyvoices.collect.people.models import Participant
from manyvoices.design import SurveyStage
from manyvoices.design.journey import ConversationFacts, JourneyFacts, Step, next_step


def facts(participant: Participant) -> JourneyFacts:
    """What is stored of this participant: two queries."""
    pages = participant.survey_pages.order_by().values_list("stage", "page")
    conversations = sorted(
        participant.conversations.order_by().values_list("stage", "number", "type", "finished_at")
    )
    return JourneyFacts(
        consented=True,
        survey_pages_done={(stage, page) for stage, page in pages},
        conversations=[
            ConversationFacts(stage, number, type_name, finished_at is not None)
            for stage, number, type_name, finished_at in conversations
        ],
    )


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
    if step.kind == "trees":
        return reverse("trees:home", args=[study])
    return reverse("people:done", args=[study])


def progress(participant: Participant) -> Progress:
    """How far the participant is: survey pages and conversations count one step each."""
    spec, done = participant.version.spec, facts_once(participant)
    pages = sum(len(s.pages) for s in spec.stages if isinstance(s, SurveyStage))
    total = pages + sum(stage.n_conversations for _i, stage in spec.conversation_stages())
    finished = len(done.survey_pages_done) + sum(c.finished for c in done.conversations)
    current = min(finished + 1, total)
    label = _("Step %(current)d of %(total)d") % {"current": current, "total": total}
    return Progress(steps_done=finished, steps_total=total, label=label)


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
    return True
