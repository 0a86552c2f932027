"""A task that somebody holds: kept, finished, or passed over."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from django.db import transaction

from manyvoices.collect.people.locks import lock_participant
from manyvoices.collect.trees import happenings
from manyvoices.collect.trees.models import Task
from manyvoices.collect.trees.policies import policy_for
from manyvoices.collect.trees.prompts import refresh_prompt_need
from manyvoices.collect.trees.refresh import lock_tree, refresh


def hold(task: Task) -> Task:
    """The task's row, held; its person must still be taking part."""
    rows = Task.objects.select_for_update(of=("self",), no_key=True).select_related("study")
    row = rows.get(pk=task.pk)
    lock_participant(row.participant)
    return row


def finish(task: Task, state: Task.State, now: datetime, *, reason: str = "") -> None:
    """Say what became of a task; whoever waits for it is told."""
    task.state, task.finished_at, task.skip_reason = state, now, reason[:300]
    task.save(update_fields=["state", "finished_at", "skip_reason"])
    if state == Task.State.DONE:
        happenings.task_done.send(sender=Task, task=task)


def keep(*, task: Task, now: datetime) -> datetime | None:
    """The page is open and used: the lease counts from now. None where it had run out."""
    policy = policy_for(task.study, task.language)
    until = now + timedelta(seconds=policy.lease_s)
    rows = Task.objects.filter(pk=task.pk, state=Task.State.LEASED)
    return until if rows.update(expires_at=until) else None


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
