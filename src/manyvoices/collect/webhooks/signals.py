"""What is told of, where it happens: each listener says what of it may leave the server."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db.models.signals import post_save
from django.utils import timezone

from manyvoices.collect.moderation.models import Decision
from manyvoices.collect.people import journey
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees import erasure, happenings
from manyvoices.collect.trees.facts import MODERATOR
from manyvoices.collect.trees.models import Message, Task, Tree, TreeEvent
from manyvoices.collect.webhooks.emitting import emit, emit_once
from manyvoices.collect.webhooks.models import Event

MINUTE = timedelta(minutes=1)
SETTLING = timedelta(seconds=5)
"""After a minute's end, until everything in it is stored."""
CHUNK = 500
"""Messages of one request."""


def connect() -> None:
    """Called once, when the server starts."""
    post_save.connect(_tree_stepped, sender=TreeEvent, dispatch_uid="webhooks-tree")
    post_save.connect(_moderated, sender=Decision, dispatch_uid="webhooks-moderation")
    happenings.message_decided.connect(_decided, dispatch_uid="webhooks-decided")
    happenings.messages_deleted.connect(_deleted, dispatch_uid="webhooks-deleted")
    happenings.task_done.connect(_task_done, dispatch_uid="webhooks-task")
    erasure.texts_erased.connect(_erased, dispatch_uid="webhooks-erased")
    journey.completed.connect(_completed, dispatch_uid="webhooks-completed")


def _tree_stepped(instance: TreeEvent, created: bool, raw: bool, **_: Any) -> None:
    # The reason of a step may be a moderator's own words: it stays here.
    if created and not raw:
        tree = instance.tree
        said = {"tree": str(tree.pk), "language": tree.language}
        said |= {"before": instance.before, "after": instance.after}
        emit(tree.study, Event.TREE_STATE_CHANGED, said, now=instance.at, simulated=tree.simulated)


def _decided(message: Message, **_: Any) -> None:
    tree = message.tree
    by_moderator = message.decided_because == MODERATOR
    said: dict[str, Any] = {"tree": str(tree.pk), "message": str(message.pk)}
    said["language"] = message.language
    said |= {"accepted": message.accepted, "by": "moderator" if by_moderator else "reviews"}
    emit(
        tree.study,
        Event.MESSAGE_DECIDED,
        said,
        now=timezone.now(),
        participant=message.author_id,
        simulated=tree.simulated,
    )


def _deleted(tree: Tree, messages: list[uuid.UUID], because: str, **_: Any) -> None:
    _tell_deleted(tree.study, messages, because, simulated=tree.simulated)


def _erased(study: Study, messages: list[uuid.UUID], **_: Any) -> None:
    """Texts of somebody who withdrew: whoever keeps copies has to take them out as well."""
    _tell_deleted(study, messages, "erased", simulated=False)


def _tell_deleted(
    study: Study, messages: list[uuid.UUID], because: str, *, simulated: bool
) -> None:
    for start in range(0, len(messages), CHUNK):
        keys = [str(key) for key in messages[start : start + CHUNK]]
        said = {"messages": keys, "because": because}
        emit(study, Event.MESSAGE_DELETED, said, now=timezone.now(), simulated=simulated)


def _task_done(task: Task, **_: Any) -> None:
    """Minutes in which something was done, each once; its counts are made when it is sent."""
    if Event.TASK_DONE.value not in task.study.announces:
        return
    now = task.finished_at or timezone.now()
    begin = now.replace(second=0, microsecond=0)
    said = {"from": _iso(begin), "to": _iso(begin + MINUTE)}
    due = begin + MINUTE + SETTLING
    emit_once(
        task.study, Event.TASK_DONE, said, once=f"tasks {said['from']}", now=now, due=max(due, now)
    )


def _iso(moment: datetime) -> str:
    return moment.isoformat()


def _completed(participant: Participant, now: datetime, **_: Any) -> None:
    emit(
        participant.study,
        Event.PARTICIPANT_COMPLETED,
        {},
        now=now,
        participant=participant,
        simulated=participant.simulated,
    )


def _moderated(instance: Decision, created: bool, raw: bool, **_: Any) -> None:
    """A decision, and its undoing. The reason is a person's own words: it stays here."""
    undone = not created and instance.undone_at is not None
    if raw or not instance.by or not (created or undone):
        return
    case = instance.case
    tree = case.message.tree
    said: dict[str, Any] = {"tree": str(tree.pk), "message": str(case.message_id)}
    said["case"] = str(case.pk)
    said |= {"action": instance.action, "undone": undone}
    at = instance.undone_at if undone and instance.undone_at else instance.at
    emit(tree.study, Event.MODERATION_DECIDED, said, now=at, simulated=tree.simulated)


def export_finished(study: Study, *, kind: str, n_trees: int | None, now: datetime) -> None:
    """Files were made of a study: called by whoever made them."""
    said = {"format": kind, "trees": n_trees}
    emit(study, Event.EXPORT_FINISHED, said, now=now)
