"""Tasks through programs: bring somebody, ask for a task, keep it, pass it over."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router

from manyvoices.collect.accounts.keys import Scope
from manyvoices.collect.api import contributors
from manyvoices.collect.api.bearer import ProgramKey
from manyvoices.collect.api.projects import DRAWN, REFUSED, limit_person, project, stored
from manyvoices.collect.api.task_presenting import task_out
from manyvoices.collect.api.trees_schemas import (
    Asking,
    Availability,
    ConsentText,
    ContributorOut,
    Kept,
    NewContributor,
    Skipping,
    Stored,
    TaskAnswer,
    TaskOut,
)
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees import operations, own, quiz, wording
from manyvoices.collect.trees.availability import needs_of, why_none
from manyvoices.collect.trees.errors import TaskGone, Unfit
from manyvoices.collect.trees.gold import hand_out
from manyvoices.collect.trees.home_page import quiz_first
from manyvoices.collect.trees.models import Task
from manyvoices.collect.trees.policies import languages_of, stage_of
from manyvoices.design.trees import TaskKind

KINDS = tuple(TaskKind)
"""Kinds that are handed out."""

router = Router(tags=["tasks"], auth=ProgramKey(Scope.TASKS))


@router.get("/{slug:study}/consent", response={200: ConsentText, **REFUSED})
def consent(request: HttpRequest, study: str, language: str = "en") -> ConsentText:  # noqa: ARG001
    """The text that people agree to, and its version: show it before you bring somebody."""
    version = project(study).current
    version.read_in(language[:20])
    return ConsentText(version=version.original.consent_version, text=version.spec.consent.text)


@router.post("/{slug:study}/participants", response={200: ContributorOut, **REFUSED})
def bring(request: HttpRequest, study: str, body: NewContributor) -> ContributorOut:
    """Somebody who contributes through your program. The same `external_id`: the same person."""
    found, created = contributors.bring(
        request,
        project(study),
        external_id=body.external_id,
        consent_version=body.consent_version,
        language=body.language,
        now=timezone.now(),
    )
    return ContributorOut(participant=found.pk, created=created)


@router.get("/{slug:study}/availability", response={200: Availability, **REFUSED})
def availability(
    request: HttpRequest, study: str, language: str, participant: uuid.UUID | None = None
) -> Availability:
    """What somebody could do now, and where there is nothing: why."""
    found = project(study)
    person = contributors.contributor(request, found, participant)
    return _availability(person, _language(found, language), timezone.now())


def _language(study: Study, language: str) -> str:
    if language not in (offered := languages_of(study)):
        words = _("The language must be one of %(languages)s.")
        said = words % {"languages": ", ".join(offered)}
        raise Unfit("language", said, code="no_such_language")
    return language


def _availability(person: Participant, language: str, now: datetime) -> Availability:
    counts = needs_of(person, language, now=now)
    able = quiz.qualified(person, counts)
    closed = [kind for kind in counts if kind not in able]
    return Availability(
        language=language,
        kinds={kind.value: n for kind, n in counts.items() if kind in able},
        not_qualified=[kind.value for kind in closed],
        reasons=why_none(person, language, not_passed=closed, now=now),
    )


@router.post("/{slug:study}/tasks", response={200: TaskAnswer, **REFUSED})
def ask(request: HttpRequest, study: str, body: Asking) -> TaskAnswer:
    """A task for somebody. It is theirs until `expires_at`; keep it to have it for longer."""
    found, now = project(study), timezone.now()
    person = contributors.contributor(request, found, body.participant)
    language = _language(found, body.language)
    contributors.ready(person, now=now)
    limit_person("take_task", person)
    asked = [kind for kind in body.kinds or KINDS if kind in KINDS]
    here = quiz.standing(person, stage_of(found).quiz)
    kinds = [kind for kind in asked if here.may_do(kind)]
    handed = None
    if kinds:
        handed = hand_out(participant=person, language=language, kinds=kinds, now=now, rng=DRAWN)
    if handed is None:
        first = quiz_first(person, here, asked, [language])
        return TaskAnswer(
            task=None,
            reasons=_reasons(person, language, now),
            quiz=first[0] if first is not None else "",
        )
    handed.task.study = found
    return TaskAnswer(task=task_out(handed.task, handed.thread), reasons=[])


def _reasons(person: Participant, language: str, now: datetime) -> list[str]:
    why = _availability(person, language, now).reasons
    return why or [_("There is no such task for you at the moment.")]


@router.get("/{slug:study}/tasks", response={200: list[TaskOut], **REFUSED})
def in_hand(
    request: HttpRequest, study: str, participant: uuid.UUID | None = None
) -> list[TaskOut]:
    """Tasks that somebody has begun and not finished."""
    found = project(study)
    person = contributors.contributor(request, found, participant)
    return [task_out(_of(task, found)) for task in own.in_hand(person)]


def _of(task: Task, study: Study) -> Task:
    task.study = study
    return task


@router.get("/{slug:study}/tasks/{uuid:task}", response={200: TaskOut, **REFUSED})
def one(request: HttpRequest, study: str, task: uuid.UUID) -> TaskOut:
    """A task as it was handed out."""
    return task_out(contributors.task_for(request, project(study), task))


@router.post("/{slug:study}/tasks/{uuid:task}/keep", response={200: Kept, **REFUSED})
def keep(request: HttpRequest, study: str, task: uuid.UUID) -> Kept:
    """A sign of life: the task is kept for as long again. 409 where it had run out."""
    found = contributors.task_for(request, project(study), task)
    limit_person("keep", found.participant)
    until = operations.keep(task=found, now=timezone.now())
    if until is None:
        raise TaskGone(_("This task is no longer in hand."), code="not_in_hand")
    return Kept(kept_until=until)


@router.post("/{slug:study}/tasks/{uuid:task}/skip", response={200: Stored, **REFUSED})
def skip(request: HttpRequest, study: str, task: uuid.UUID, body: Skipping) -> Stored:
    """Give a task back; it is not offered to this person again."""
    found = contributors.task_for(request, project(study), task)
    limit_person("skip", found.participant)
    reason = wording.skip_reason(body.reason, body.words)
    operations.skip(task=found, reason=reason, now=timezone.now(), rng=DRAWN)
    return stored(found)
