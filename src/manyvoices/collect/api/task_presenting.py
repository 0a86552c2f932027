"""A task as a program sees it: what is written above, what is asked, in the drawn order."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from manyvoices.collect.api.trees_schemas import LabelAsked, Said, TaskOut
from manyvoices.collect.trees import prompt_ranking
from manyvoices.collect.trees.handout import thread_of
from manyvoices.collect.trees.models import Message, Task
from manyvoices.collect.trees.policies import policy_for
from manyvoices.collect.trees.presenting import stage_here
from manyvoices.collect.trees.ranking_forms import shuffled
from manyvoices.collect.trees.schema import labels_of_task
from manyvoices.design.trees import TaskKind


def task_out(task: Task, thread: Sequence[Message] | None = None) -> TaskOut:
    """A task as it was handed out; `thread`: what is above it, where it is at hand already."""
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
        replies=[_said(message) for message in replies_of(task)] if kind.is_rank else [],
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


def replies_of(task: Task) -> list[Message]:
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
            anchors=[_(anchor) for anchor in label.anchors],
            values=list(label.values),
            required=label.required,
            examples=list(label.examples),
        )
        for label in labels_of_task(task, stage_here(task.participant))
    ]
