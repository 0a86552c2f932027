"""Work through programs: ask for a task, keep it, pass it over, send it. All may be sent twice."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router

from manyvoices.collect.accounts.keys import Scope
from manyvoices.collect.api import contributors
from manyvoices.collect.api.bearer import ProgramKey, limit
from manyvoices.collect.api.trees_schemas import (
    Asking,
    Availability,
    ConsentText,
    ContributorOut,
    Kept,
    LabelAsked,
    Labels,
    NewContributor,
    RankingIn,
    Refusal,
    Said,
    Skipping,
    Stored,
    TaskAnswer,
    TaskOut,
    Text,
)
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees import operations, own, prompt_ranking, quiz, wording
from manyvoices.collect.trees.availability import needs_of, why_none
from manyvoices.collect.trees.errors import TaskGone, Unfit
from manyvoices.collect.trees.evidence import read_evidence, read_sources
from manyvoices.collect.trees.gold import hand_out
from manyvoices.collect.trees.handout import thread_of
from manyvoices.collect.trees.home_page import quiz_first
from manyvoices.collect.trees.models import Message, Task
from manyvoices.collect.trees.policies import languages_of, policy_for, stage_of
from manyvoices.collect.trees.ranking_forms import shuffled
from manyvoices.collect.trees.schema import labels_of_task
from manyvoices.design.trees import TaskKind

DRAWN = random.SystemRandom()
KINDS = tuple(TaskKind)
"""Kinds that are handed out."""
REFUSED = dict.fromkeys((400, 401, 403, 404, 409, 422, 429), Refusal)

router = Router(tags=["tasks"], auth=ProgramKey(Scope.TASKS))


def project(study: str) -> Study:
    """A study in which trees are grown; 404 where it is none."""
    found = get_object_or_404(Study, pk=study)
    try:
        languages_of(found)
    except LookupError:
        raise Study.DoesNotExist from None
    return found


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
    return TaskAnswer(task=_task(handed.task, handed.thread), reasons=[])


def _reasons(person: Participant, language: str, now: datetime) -> list[str]:
    why = _availability(person, language, now).reasons
    return why or [_("There is no such task for you at the moment.")]


def limit_person(name: str, person: Participant) -> None:
    """The limits of the pages hold for people who come through programs too."""
    if not person.simulated:
        limit(name, f"participant:{person.pk}")


@router.get("/{slug:study}/tasks", response={200: list[TaskOut], **REFUSED})
def in_hand(
    request: HttpRequest, study: str, participant: uuid.UUID | None = None
) -> list[TaskOut]:
    """Tasks that somebody has begun and not finished."""
    found = project(study)
    person = contributors.contributor(request, found, participant)
    return [_task(_of(task, found)) for task in own.in_hand(person)]


def _of(task: Task, study: Study) -> Task:
    task.study = study
    return task


@router.get("/{slug:study}/tasks/{uuid:task}", response={200: TaskOut, **REFUSED})
def one(request: HttpRequest, study: str, task: uuid.UUID) -> TaskOut:
    """A task as it was handed out."""
    return _task(contributors.task_for(request, project(study), task))


def _task(task: Task, thread: Sequence[Message] | None = None) -> TaskOut:
    kind, policy = TaskKind(task.kind), policy_for(task.study_id, task.language)
    if thread is None:
        thread = thread_of(task.message.path) if task.message is not None else ()
    return TaskOut(
        id=task.pk,
        kind=kind.value,
        language=task.language,
        state=task.state,
        expires_at=task.expires_at,
        keep_every_s=max(10, min(60, policy.lease_s // 3)),
        thread=[_said(message) for message in thread],
        replies=[_said(message) for message in _replies(task)] if kind.is_rank else [],
        labels=_labels(task) if kind.is_label else [],
        min_words=policy.min_words,
        max_chars=policy.max_chars,
        may_end=kind is TaskKind.PROMPTER_REPLY,
        asks_answer=kind is TaskKind.PROMPT_WITH_ANSWER,
    )


def _said(message: Message) -> Said:
    return Said(
        id=message.pk,
        role=message.role,
        text=message.text,
        language=message.language,
        sources=[s for s in message.sources if str(s.get("url", "")).startswith("https://")],
    )


def _replies(task: Task) -> list[Message]:
    """The live replies, or the prompts, in the drawn order."""
    if task.kind == TaskKind.RANK_INITIAL_PROMPTS:
        return list(prompt_ranking.shown(task).values())
    rows = Message.objects.filter(parent=task.message_id, accepted=True, deleted=False)
    found = {str(row.pk): row for row in rows}
    return [found[key] for key in shuffled(found, task.seed)]


def _labels(task: Task) -> list[LabelAsked]:
    return [
        LabelAsked(
            name=label.name,
            widget=label.widget,
            question=_(label.question),
            help=_(label.help) if label.help else "",
            anchors=(_(label.anchors[0]), _(label.anchors[1])),
            values=list(label.values),
            required=label.required,
        )
        for label in labels_of_task(task)
    ]


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
    return _stored(found)


def _stored(task: Task, message: uuid.UUID | None = None) -> Stored:
    state = Task.objects.values_list("state", flat=True).get(pk=task.pk)
    return Stored(task=task.pk, state=state, message=message)


def _answering(request: HttpRequest, study: str, task: uuid.UUID, name: str) -> Task:
    """A task that is about to be answered."""
    found = contributors.task_for(request, project(study), task)
    contributors.ready(found.participant, now=timezone.now())
    limit_person(name, found.participant)
    return found


@router.post("/{slug:study}/tasks/{uuid:task}/text", response={200: Stored, **REFUSED})
def send_text(request: HttpRequest, study: str, task: uuid.UUID, body: Text) -> Stored:
    """What was written. It is stored after the task ran out too, where its place is still free."""
    found, now = _answering(request, study, task, "send_text"), timezone.now()
    urls, titles = [s.url for s in body.sources], [s.title for s in body.sources]
    sources, wrong = read_sources(titles, urls)
    for row in wrong:
        words = _("A source needs its whole address, beginning with https://")
        raise Unfit(f"sources.{row}", words, code="bad_source")
    message = operations.send_text(
        task=found,
        text=body.text.replace("\r\n", "\n"),
        now=now,
        rng=DRAWN,
        sources=sources,
        evidence={**read_evidence("", found, now), "by": "api"},
        ends=body.ends,
        answer=body.answer.replace("\r\n", "\n"),
    )
    return _stored(found, message.pk if message.author_id == found.participant_id else None)


@router.post("/{slug:study}/tasks/{uuid:task}/labels", response={200: Stored, **REFUSED})
def send_labels(request: HttpRequest, study: str, task: uuid.UUID, body: Labels) -> Stored:
    """A review."""
    found = _answering(request, study, task, "send_labels")
    operations.send_labels(task=found, labels=body.labels, now=timezone.now(), rng=DRAWN)
    return _stored(found)


@router.post("/{slug:study}/tasks/{uuid:task}/ranking", response={200: Stored, **REFUSED})
def send_ranking(request: HttpRequest, study: str, task: uuid.UUID, body: RankingIn) -> Stored:
    """An order of replies, or of prompts that wait."""
    found = _answering(request, study, task, "send_ranking")
    there = [str(reply.pk) for reply in _replies(found)]
    groups = [[str(key) for key in group] for group in body.groups]
    shown = [str(key) for key in body.shown] or there
    flags = {str(key): names for key, names in body.flags.items() if names}
    if found.state != Task.State.DONE:
        _check(there, groups, shown, flags)
    if found.kind == TaskKind.RANK_INITIAL_PROMPTS:
        prompt_ranking.send(
            task=found,
            groups=[group for group in groups if group],
            flags=flags,
            now=timezone.now(),
            rng=DRAWN,
        )
        return _stored(found)
    operations.send_ranking(
        task=found,
        groups=[group for group in groups if group],
        shown=shown,
        now=timezone.now(),
        rng=DRAWN,
        all_bad=body.all_bad,
        flags=flags,
    )
    return _stored(found)


def _check(
    there: list[str], groups: list[list[str]], shown: list[str], flags: Iterable[str]
) -> None:
    """What the form of the page cannot send, and a program can."""
    known = set(there)
    if len(set(shown)) != len(shown) or not set(shown) <= known:
        words = _("Each of the task’s replies at most once, and no other.")
        raise Unfit("shown", words, code="not_shown")
    if not {key for group in groups for key in group} <= set(shown):
        words = _("Only replies that were shown can be put in order.")
        raise Unfit("groups", words, code="not_shown")
    if not set(flags) <= known:
        raise Unfit("flags", _("Only the task’s replies can be marked."), code="not_shown")
