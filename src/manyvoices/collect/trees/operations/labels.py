"""A review of one message."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from manyvoices.collect.trees.errors import Unfit
from manyvoices.collect.trees.models import LabelsGiven, Message, Task
from manyvoices.collect.trees.operations.tasks import finish, hold
from manyvoices.collect.trees.policies import policy_for
from manyvoices.collect.trees.refresh import judge, lock_tree, refresh
from manyvoices.collect.trees.schema import labels_of_task
from manyvoices.design.trees import TaskKind


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
