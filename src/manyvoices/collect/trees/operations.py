"""Everything that contributors write. Each function is one transaction and may be called twice.

A task that ran out while somebody was writing is not lost: what they send is stored where there is
still a place for it, and the answer says which.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from manyvoices.collect.people.locks import lock_participant
from manyvoices.collect.people.models import Participant
from manyvoices.collect.trees import happenings
from manyvoices.collect.trees.errors import NotYours, TaskGone, Unfit
from manyvoices.collect.trees.models import (
    LabelsGiven,
    Message,
    RankingGiven,
    Revision,
    Task,
    Tree,
    TreeEvent,
)
from manyvoices.collect.trees.policies import policy_for
from manyvoices.collect.trees.prompts import refresh_prompt_need
from manyvoices.collect.trees.refresh import judge, lock_tree, refresh
from manyvoices.collect.trees.writing import refuse_copy
from manyvoices.design.trees import TaskKind, TreePolicy, needs
from manyvoices.schema import TreeState

CHANGEABLE = (
    TreeState.INITIAL_PROMPT_REVIEW.value,
    TreeState.PROMPT_LOTTERY_WAITING.value,
    TreeState.GROWING.value,
)
"""States of a tree in which a message can be changed: later people have compared it."""
ENDED = "ended"
"""A prompter's task may be answered with this in place of a text: nothing more is to be asked."""


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
    _check_text(text, policy)
    if kind is TaskKind.PROMPT_WITH_ANSWER:
        _check_text(answer, policy, "answer")
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


def hold(task: Task) -> Task:
    """The task's row, held; its person must still be taking part."""
    rows = Task.objects.select_for_update(of=("self",), no_key=True).select_related("study")
    row = rows.get(pk=task.pk)
    lock_participant(row.participant)
    return row


def _stored_for(task: Task) -> Message:
    mine = Message.objects.filter(author=task.participant_id, evidence__task=str(task.pk))
    found = mine.order_by("depth").first()
    if found is not None:
        return found
    assert task.message is not None
    return task.message


def _check_text(text: str, policy: TreePolicy, field: str = "text") -> None:
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


def finish(task: Task, state: Task.State, now: datetime, *, reason: str = "") -> None:
    """Say what became of a task; whoever waits for it is told."""
    task.state, task.finished_at, task.skip_reason = state, now, reason[:300]
    task.save(update_fields=["state", "finished_at", "skip_reason"])
    if state == Task.State.DONE:
        happenings.task_done.send(sender=Task, task=task)


@transaction.atomic
def send_labels(
    *,
    task: Task,
    labels: Mapping[str, float | None],
    now: datetime,
    rng: random.Random,
) -> LabelsGiven:
    """Store a review. `labels`: name -> value from 0 to 1, or None for "cannot tell"; a label that
    was left open is not in it. What was sent first stays, if it is sent twice.

    Raises:
        Unfit: A label is required and open, is not one of this task, or has no such value.
    """
    task = hold(task)
    if task.state == Task.State.DONE:
        return _reviews_of(task)[:1].get()
    if not TaskKind(task.kind).is_label or task.message is None or task.tree is None:
        raise Unfit("labels", _("This task is not one of reviewing."), code="wrong_kind")
    _check_labels(task, labels)
    if task.gold is not None:
        from manyvoices.collect.trees import gold

        return gold.answer(task, labels, now=now)
    tree = lock_tree(task.tree)
    message = Message.objects.get(pk=task.message.pk)
    message.tree = tree
    # A text that was changed while somebody read it is not the text that they reviewed.
    counts = message.edited_at is None or message.edited_at <= task.leased_at
    values = {
        "task": task,
        "labels": dict(labels),
        "is_full": task.is_full,
        "created_at": now,
        "consent_version": task.participant.consent_version,
    }
    given, _created = _reviews_of(task).get_or_create(
        message=message,
        participant=task.participant,
        source=LabelsGiven.Source.TASK,
        counts=counts,
        defaults=values,
    )
    finish(task, Task.State.DONE, now)
    judge(message, policy_for(tree.study, tree.language))
    refresh(tree, now=now, rng=rng)
    return given


def _reviews_of(task: Task) -> QuerySet[LabelsGiven]:
    """What the person of a task said of its message in tasks, the last first."""
    return LabelsGiven.objects.filter(
        message=task.message_id, participant=task.participant_id, source=LabelsGiven.Source.TASK
    ).order_by("-counts", "-pk")


def _check_labels(task: Task, labels: Mapping[str, float | None]) -> None:
    from manyvoices.collect.trees.schema import labels_of_task

    schema = {label.name: label for label in labels_of_task(task)}
    for name, value in labels.items():
        if name not in schema:
            words = _("%(label)s is not asked for here.")
            raise Unfit(name, words % {"label": name}, code="not_asked")
        if value is not None and value not in schema[name].values:
            words = _("%(value)s is not one of %(values)s.")
            there = ", ".join(map(str, schema[name].values))
            raise Unfit(name, words % {"value": value, "values": there}, code="no_such_value")
    for label in schema.values():
        if label.required and label.name not in labels:
            words = _("This one is needed; “cannot tell” is an answer too.")
            raise Unfit(label.name, words, code="required")


@transaction.atomic
def send_ranking(
    *,
    task: Task,
    groups: Sequence[Sequence[str]],
    shown: Sequence[str],
    now: datetime,
    rng: random.Random,
    all_bad: bool = False,
    flags: Mapping[str, Sequence[str]] | None = None,
) -> RankingGiven:
    """Store somebody's order of the replies to a message.

    Args:
        groups: Message ids, best first; those in one group are equal; some may be left out.
        shown: Message ids in the order in which they stood on the page.
        all_bad: None of them is any good. Then `groups` may be empty.

    Raises:
        Unfit: A reply stands twice or was not shown, or nothing is ordered and not all are bad.
    """
    task = hold(task)
    if task.state == Task.State.DONE:
        return RankingGiven.objects.get(parent=task.message_id, participant=task.participant_id)
    if not TaskKind(task.kind).is_rank or task.message is None or task.tree is None:
        raise Unfit("ranking", _("This task is not one of ranking."), code="wrong_kind")
    tree = lock_tree(task.tree)
    _check_groups(task, groups, shown, all_bad)
    given, _created = RankingGiven.objects.get_or_create(
        parent=task.message,
        participant=task.participant,
        defaults={
            "task": task,
            "groups": [list(group) for group in groups],
            "shown": list(shown),
            "all_bad": all_bad,
            "flags": {key: sorted(set(names)) for key, names in (flags or {}).items()},
            "created_at": now,
            "consent_version": task.participant.consent_version,
        },
    )
    finish(task, Task.State.DONE, now)
    n_rankings = RankingGiven.objects.filter(parent=task.message, held=None).count()
    Message.objects.filter(pk=task.message.pk).update(n_rankings=n_rankings)
    # A late vote on a tree that was merged already is merged again by the sweeper.
    tree.is_scored = False
    refresh(tree, now=now, rng=rng)
    return given


def _check_groups(
    task: Task, groups: Sequence[Sequence[str]], shown: Sequence[str], all_bad: bool
) -> None:
    ids = [key for group in groups for key in group]
    there = {str(key) for key in task.message.replies.values_list("pk", flat=True)}  # type: ignore[union-attr]
    if len(ids) != len(set(ids)):
        raise Unfit("ranking", _("A reply stands in the order twice."), code="twice")
    if not set(ids) <= there or not set(shown) <= there:
        words = _("A reply in the order is not one of those shown.")
        raise Unfit("ranking", words, code="not_shown")
    if not all_bad and len(ids) < 2:
        words = _("Put at least two replies in order, or say that all are bad.")
        raise Unfit("ranking", words, code="too_few")


@transaction.atomic
def skip(*, task: Task, reason: str, now: datetime, rng: random.Random) -> None:
    """Give a task back; it is not offered to this person again."""
    task = hold(task)
    if task.state != Task.State.LEASED:
        return
    finish(task, Task.State.SKIPPED, now, reason=reason)
    _give_back(task, now=now, rng=rng)


def _give_back(task: Task, *, now: datetime, rng: random.Random) -> None:
    if task.tree is not None:
        refresh(lock_tree(task.tree), now=now, rng=rng)
    else:
        refresh_prompt_need(study=task.study, language=task.language, now=now, rng=rng)


def keep(*, task: Task, now: datetime) -> datetime | None:
    """The page is open and used: the lease counts from now. None where it had run out."""
    policy = policy_for(task.study, task.language)
    until = now + timedelta(seconds=policy.lease_s)
    rows = Task.objects.filter(pk=task.pk, state=Task.State.LEASED)
    return until if rows.update(expires_at=until) else None


@transaction.atomic
def edit(
    *, message: Message, participant: Participant, text: str, now: datetime, rng: random.Random
) -> Message:
    """Change one's own message within the window; what was said before stays as a revision, and
    it is reviewed anew.

    Raises:
        NotYours: It is somebody else's.
        TaskGone: The window is over, or somebody has answered it.
        Unfit: The text is empty or too long.
    """
    tree = lock_tree(message.tree)
    message = Message.objects.get(pk=message.pk)
    message.tree = tree
    if message.author_id != participant.pk:
        raise NotYours(_("This is not your message."), code="not_yours")
    policy = policy_for(tree.study, tree.language)
    late = now > message.created_at + timedelta(seconds=policy.edit_window_s)
    if late or message.deleted or tree.state not in CHANGEABLE or _is_built_upon(message):
        raise TaskGone(_("This message can no longer be changed."), code="too_late")
    _check_text(text, policy)
    if text == message.text:
        return message
    Revision.objects.create(message=message, text=message.text, replaced_at=now)
    message.labels.filter(source=LabelsGiven.Source.TASK).update(counts=False)
    message.text, message.edited_at = text, now
    message.save(update_fields=["text", "edited_at"])
    judge(message, policy, anew=True)
    if tree.state == TreeState.PROMPT_LOTTERY_WAITING.value:
        step = (tree.state, TreeState.INITIAL_PROMPT_REVIEW.value)
        tree.state, tree.changed_at = step[1], now
        TreeEvent.objects.create(
            tree=tree, before=step[0], after=step[1], reason="the prompt was changed", at=now
        )
    refresh(tree, now=now, rng=rng)
    return message


def _is_built_upon(message: Message) -> bool:
    """Whether somebody has answered a message, or is about to."""
    writing = message.tasks.filter(state=Task.State.LEASED, kind__endswith="_reply")
    writing = writing.exclude(kind__startswith="label_")
    return message.replies.exists() or writing.exists()
