"""The home page of a contributor, put together: needs per language, tasks in hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import unescape
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import strip_tags

from manyvoices.collect.people.models import Participant
from manyvoices.collect.texts import answer_html
from manyvoices.collect.trees import presenting, quiz, wording
from manyvoices.collect.trees.availability import MOST, needs_of, why_none
from manyvoices.collect.trees.home_contexts import HomePage, InHand, KindView, LanguageView
from manyvoices.collect.trees.languages import (
    direction,
    language_name,
    languages_for,
    text_direction,
)
from manyvoices.collect.trees.models import Task
from manyvoices.collect.trees.own import in_hand
from manyvoices.design.trees import TaskKind, TreeTasksStage

KINDS = tuple(TaskKind)
"""Kinds that are handed out."""
BEGINS = 80
"""Characters of a message by which people know it again."""
MOST_READ = 400


def offered(participant: Participant) -> tuple[str, ...]:
    """The data languages of the project."""
    return _offered(participant, presenting.stage_here(participant))


def _offered(participant: Participant, stage: TreeTasksStage) -> tuple[str, ...]:
    return stage.languages or participant.version.original.languages


def home_page(
    participant: Participant, now: datetime, errors: Mapping[str, str] | None = None
) -> HomePage:
    """Everything on the home page. The number of statements hangs on how many languages somebody
    has chosen, on nothing else."""
    stage = presenting.stage_here(participant)
    tags = _offered(participant, stage)
    chosen = languages_for(participant, tags)
    here = quiz.standing(participant, stage.quiz)
    languages = [_language(participant, tag, tag in chosen, here, now) for tag in tags]
    return HomePage(
        languages=languages,
        in_hand=[_in_hand(task) for task in in_hand(participant)],
        has_work=any(
            view.n and not view.is_closed for language in languages for view in language.kinds
        ),
        errors=dict(errors or {}),
    )


def _language(
    participant: Participant, tag: str, chosen: bool, here: quiz.Standing, now: datetime
) -> LanguageView:
    kinds: list[KindView] = []
    reasons: list[str] = []
    if chosen:
        counts = needs_of(participant, tag, now=now)
        kinds = [_kind(participant, tag, kind, n, here) for kind, n in counts.items() if n]
        if all(view.is_closed for view in kinds):
            closed = [kind for kind in counts if here.is_closed(kind)]
            reasons = why_none(participant, tag, not_passed=closed, now=now)
    return LanguageView(tag, language_name(tag), direction(tag), chosen, kinds, reasons)


def _kind(
    participant: Participant, tag: str, kind: TaskKind, n: int, here: quiz.Standing
) -> KindView:
    to_pass = here.open_before(kind)
    return KindView(
        kind=kind.value,
        title=wording.kind_title(kind),
        n=n,
        more=n >= MOST,
        quiz_url=_quiz_url(participant, to_pass[0].id, kind, tag) if to_pass else "",
        is_closed=here.is_closed(kind),
    )


def _quiz_url(participant: Participant, name: str, kind: TaskKind, tag: str) -> str:
    place = reverse("trees:quiz", args=[participant.study_id, name])
    return f"{place}?{urlencode({'kind': kind.value, 'language': tag})}"


def quiz_to_take(
    participant: Participant, here: quiz.Standing, kinds: Sequence[TaskKind], tags: Sequence[str]
) -> str | None:
    """The address of a quiz behind which there is work of one of `kinds`; None where none is."""
    found = quiz_first(participant, here, kinds, tags)
    return _quiz_url(participant, *found) if found is not None else None


def quiz_first(
    participant: Participant, here: quiz.Standing, kinds: Sequence[TaskKind], tags: Sequence[str]
) -> tuple[str, TaskKind, str] | None:
    """A quiz behind which there is work of one of `kinds`, that kind, and the language."""
    waiting = [k for k in kinds if here.open_before(k) and not here.is_closed(k)]
    if not waiting:
        return None
    for tag in tags:
        counts = needs_of(participant, tag)
        for kind in waiting:
            if counts.get(kind):
                return here.open_before(kind)[0].id, kind, tag
    return None


def beginning(text: str) -> str:
    """The first words of a message, on one line."""
    line = " ".join(unescape(strip_tags(answer_html(text[:MOST_READ]))).split())
    return line if len(line) <= BEGINS else line[: BEGINS - 1].rstrip() + "…"


def _in_hand(task: Task) -> InHand:
    text = task.message.text if task.message is not None else ""
    return InHand(
        url=reverse("trees:task", args=[task.study_id, task.pk]),
        title=wording.kind_title(task.kind),
        language=task.language,
        language_name=language_name(task.language),
        begins=beginning(text),
        dir=text_direction(text, task.language),
        expires_at=task.expires_at,
    )
