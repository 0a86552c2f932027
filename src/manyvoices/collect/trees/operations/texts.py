"""A text that was written for a task: stored where there is still a place for it."""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from manyvoices.collect.trees.errors import TaskGone, Unfit
from manyvoices.collect.trees.models import Message, Task, Tree
from manyvoices.collect.trees.operations.tasks import finish, hold
from manyvoices.collect.trees.policies import policy_for
from manyvoices.collect.trees.prompts import refresh_prompt_need
from manyvoices.collect.trees.refresh import lock_tree, refresh
from manyvoices.collect.trees.writing import refuse_copy
from manyvoices.design.trees import TaskKind, TreePolicy, needs
from manyvoices.schema import TreeState


def new_path(parent: Message | None, key: uuid.UUID) -> str:
    """The path of a message below `parent`."""
    return f"{parent.path if parent else ''}{key}/"


@transaction.atomic
def send_text(
    *,
    task: Task,
    text: str,
    now: datetime,
    rng: random.Random,
    sources: Sequence[Mapping[str, str]] = (),
    evidence: Mapping[str, Any] | None = None,
    language: str = "",
    ends: bool = False,
    answer: str = "",
) -> Message:
    """Store what was written for a writing task; the message that the first sending stored, if it
    is sent twice.

    Args:
        answer: With a prompt that its author answers: that answer.
        ends: In place of a prompter's reply: nothing more is to be asked here. Then the message
            that the task is about is returned.

    Raises:
        TaskGone: The place was given to somebody else, or the tree went on without it.
        Unfit: The text is empty, too long, or the task is not one of writing.
    """
    task = hold(task)
    kind = TaskKind(task.kind)
    if not kind.is_writing:
        raise Unfit("text", _("This task is not one of writing."), code="wrong_kind")
    if task.state == Task.State.DONE:
        return _stored_for(task)
    policy = policy_for(task.study, task.language)
    if ends:
        return _end(task, now=now, rng=rng)
    check_text(text, policy)
    if kind is TaskKind.PROMPT_WITH_ANSWER:
        check_text(answer, policy, "answer")
    if not task.participant.simulated:
        refuse_copy(task.participant, text, now)
    if kind.is_prompt:
        tree, parent = _new_tree(task, policy, now, rng), None
    else:
        assert task.tree is not None
        tree, parent = lock_tree(task.tree), task.message
        _check_place(task, tree, now, rng)
    message = _store(task, tree, parent, text, language, policy, now, sources, evidence or {})
    if kind is TaskKind.PROMPT_WITH_ANSWER:
        _store(task, tree, message, answer, language, policy, now, (), {}, is_reference=True)
    finish(task, Task.State.DONE, now)
    refresh(tree, now=now, rng=rng)
    if kind.is_prompt:
        refresh_prompt_need(study=task.study, language=task.language, now=now, rng=rng)
    return message


def _stored_for(task: Task) -> Message:
    mine = Message.objects.filter(author=task.participant_id, evidence__task=str(task.pk))
    found = mine.order_by("depth").first()
    if found is not None:
        return found
    assert task.message is not None
    return task.message


def check_text(text: str, policy: TreePolicy, field: str = "text") -> None:
    """Raise `Unfit` where a text is empty, too long or too short."""
    if not text.strip():
        raise Unfit(field, _("Write something first."), code="empty")
    if len(text) > policy.max_chars:
        n_over = len(text) - policy.max_chars
        words = _("%(over)s characters too many: %(most)s are allowed.")
        said = words % {"over": f"{n_over:,}", "most": f"{policy.max_chars:,}"}
        raise Unfit(field, said, code="too_long")
    if len(text.split()) < policy.min_words:
        words = ngettext(
            "At least %(count)d word is needed.",
            "At least %(count)d words are needed.",
            policy.min_words,
        )
        raise Unfit(field, words % {"count": policy.min_words}, code="too_short")


def _check_place(task: Task, tree: Tree, now: datetime, rng: random.Random) -> None:
    """A task in hand has its place. One that ran out, or was passed over, needs a free one; where
    its person has been given the same thing again meanwhile, they have that place."""
    answered = Message.objects.filter(parent=task.message_id, author=task.participant_id)
    if answered.exists():
        raise TaskGone(_("You have answered this message already."), code="answered_already")
    if task.state == Task.State.LEASED:
        return
    again = Task.objects.filter(
        participant=task.participant_id, message=task.message_id, kind=task.kind
    ).filter(state=Task.State.LEASED)
    if again.update(state=Task.State.EXPIRED, finished_at=now):
        return
    facts = refresh(tree, now=now, rng=rng)
    own = (TaskKind(task.kind), str(task.message_id))
    wanted = needs(facts, policy_for(tree.study, tree.language))
    if not any((need.kind, need.message) == own for need in wanted):
        raise TaskGone(_("Meanwhile somebody else has taken this place."), code="place_taken")


def _new_tree(task: Task, policy: TreePolicy, now: datetime, rng: random.Random) -> Tree:
    goal = policy.goal_tree_size
    if policy.random_goal_tree_size:
        goal = rng.randint(policy.min_goal_tree_size, policy.goal_tree_size)
    return Tree.objects.create(
        study_id=task.study_id,
        language=task.language,
        state=TreeState.INITIAL_PROMPT_REVIEW.value,
        goal_size=goal,
        simulated=task.participant.simulated,
        created_at=now,
        changed_at=now,
    )


def _store(
    task: Task,
    tree: Tree,
    parent: Message | None,
    text: str,
    language: str,
    policy: TreePolicy,
    now: datetime,
    sources: Sequence[Mapping[str, str]],
    evidence: Mapping[str, Any],
    *,
    is_reference: bool = False,
) -> Message:
    key = uuid.uuid4()
    return Message.objects.create(
        id=key,
        tree=tree,
        parent=parent,
        author=task.participant,
        role=("assistant" if is_reference or task.kind == TaskKind.ASSISTANT_REPLY else "prompter"),
        is_reference=is_reference,
        text=text,
        language=language or task.language,
        path=new_path(parent, key),
        depth=parent.depth + 1 if parent else 0,
        created_at=now,
        consent_version=task.participant.consent_version,
        reviews_wanted=policy.reviews_for(is_prompt=parent is None),
        sources=list(sources),
        evidence={**evidence, "task": str(task.pk)},
    )


def _end(task: Task, *, now: datetime, rng: random.Random) -> Message:
    """Nothing more is to be asked below a message: its thread is complete."""
    if task.kind != TaskKind.PROMPTER_REPLY or task.message is None or task.tree is None:
        raise Unfit(
            "text",
            _("Only a conversation that waits for a prompter can be ended."),
            code="cannot_end",
        )
    tree = lock_tree(task.tree)
    _check_place(task, tree, now, rng)
    Message.objects.filter(pk=task.message.pk).update(ended=True)
    finish(task, Task.State.DONE, now)
    refresh(tree, now=now, rng=rng)
    task.message.refresh_from_db()
    return task.message
