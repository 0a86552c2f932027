"""What was done with a task, through programs: a text, a review, an order.

All may be sent twice: the second time changes nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router

from manyvoices.collect.accounts.keys import Scope
from manyvoices.collect.api import contributors
from manyvoices.collect.api.bearer import ProgramKey
from manyvoices.collect.api.projects import DRAWN, REFUSED, limit_person, project, stored
from manyvoices.collect.api.task_presenting import replies_of
from manyvoices.collect.api.trees_schemas import Labels, RankingIn, Stored, Text
from manyvoices.collect.trees import operations, prompt_ranking
from manyvoices.collect.trees.errors import Unfit
from manyvoices.collect.trees.evidence import read_evidence, read_sources
from manyvoices.collect.trees.models import Task
from manyvoices.design.trees import TaskKind

router = Router(tags=["tasks"], auth=ProgramKey(Scope.TASKS))


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
    return stored(found, message.pk if message.author_id == found.participant_id else None)


@router.post("/{slug:study}/tasks/{uuid:task}/labels", response={200: Stored, **REFUSED})
def send_labels(request: HttpRequest, study: str, task: uuid.UUID, body: Labels) -> Stored:
    """A review."""
    found = _answering(request, study, task, "send_labels")
    operations.send_labels(task=found, labels=body.labels, now=timezone.now(), rng=DRAWN)
    return stored(found)


@router.post("/{slug:study}/tasks/{uuid:task}/ranking", response={200: Stored, **REFUSED})
def send_ranking(request: HttpRequest, study: str, task: uuid.UUID, body: RankingIn) -> Stored:
    """An order of replies, or of prompts that wait."""
    found = _answering(request, study, task, "send_ranking")
    there = [str(reply.pk) for reply in replies_of(found)]
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
        return stored(found)
    operations.send_ranking(
        task=found,
        groups=[group for group in groups if group],
        shown=shown,
        now=timezone.now(),
        rng=DRAWN,
        all_bad=body.all_bad,
        flags=flags,
    )
    return stored(found)


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
