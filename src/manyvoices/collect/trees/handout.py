"""Finding a task for somebody, and giving it to them: five statements, whatever the tables hold.

Locks are taken in one order everywhere: task, participant, tree, need. They are "no key" locks, so
that a row which points to a locked one can still be stored (PostgreSQL looks it up at the commit).

1. the earliest due need of a kind that this person may do (one look-up in an index; the kinds are
   tried in a drawn order within the same statement), 2. its seat is taken, 3. for a reply, room in
its tree is taken, 4. the task is stored, 5. the thread is read. Where somebody else took the last
seat in between, the next need is tried.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F

from manyvoices.collect.people.models import Participant
from manyvoices.collect.trees import prompt_ranking
from manyvoices.collect.trees.finding import Found, earliest
from manyvoices.collect.trees.models import Message, Need, Task, Tree
from manyvoices.collect.trees.policies import policy_for
from manyvoices.design.trees import TaskKind, TreePolicy, order_of_kinds

log = logging.getLogger(__name__)
TRIES = 20
"""How often somebody else may be quicker before we say that there is no task."""


@dataclass(frozen=True, slots=True)
class Handed:
    """A task in somebody's hands, with what it takes to show it."""

    task: Task
    thread: tuple[Message, ...]
    """From the prompt down to the message that the task is about; empty for a new prompt."""


def hand_out(
    *,
    participant: Participant,
    language: str,
    kinds: Sequence[TaskKind],
    now: datetime,
    rng: random.Random,
) -> Handed | None:
    """A task of one of `kinds`, the sort drawn by the policy's weights; None where there is none.

    Somebody who has too many unfinished tasks gets none (`too_many_pending`).
    """
    policy = policy_for(participant.study_id, language)
    order = order_of_kinds(kinds, policy.weights, rng) if len(kinds) > 1 else tuple(kinds)
    for _ in range(TRIES):
        # Looked up outside the transaction: on SQLite nobody else waits for it.
        found = earliest(participant, language, order, policy, now)
        if found is None:
            return None
        task = _give(found, participant, language, policy, now, rng)
        if task is not None:
            return Handed(task, thread_of(found.path))
    return None


def _give(
    found: Found,
    participant: Participant,
    language: str,
    policy: TreePolicy,
    now: datetime,
    rng: random.Random,
) -> Task | None:
    """The task, stored; None where somebody was quicker, another window of theirs counted."""
    try:
        with transaction.atomic():
            if _take(found):
                task = _lease(found, participant, language, policy, now, rng)
                if _has_subject(task, participant, policy, now):
                    return task
            transaction.set_rollback(True)
    except IntegrityError:
        log.info("%s asked twice at the same moment", participant.pk)
    return None


def thread_of(path: str) -> tuple[Message, ...]:
    """A message and everything above it by its path, the prompt first; one statement."""
    keys = [key for key in path.split("/") if key]
    return tuple(Message.objects.filter(pk__in=keys).order_by("depth")) if keys else ()


def _take(need: Found) -> bool:
    """Take a seat, and for a reply room in its tree; False where somebody was quicker.

    The tree's row comes first and for every kind: `refresh` holds it while it computes seats.
    """
    if need.tree is not None:
        used = int(need.kind.is_reply)
        trees = Tree.objects.filter(pk=need.tree, room__gte=used)
        if not trees.update(room=F("room") - used):
            return False
    return bool(Need.objects.filter(pk=need.key, seats__gt=0).update(seats=F("seats") - 1))


def _lease(
    need: Found,
    participant: Participant,
    language: str,
    policy: TreePolicy,
    now: datetime,
    rng: random.Random,
) -> Task:
    return Task.objects.create(
        study_id=participant.study_id,
        participant=participant,
        language=language,
        kind=need.kind.value,
        tree_id=need.tree,
        message_id=need.message,
        leased_at=now,
        expires_at=now + timedelta(seconds=policy.lease_s),
        is_full=rng.random() < _p_full(need.kind, policy),
        seed=rng.getrandbits(62),
    )


def _has_subject(task: Task, participant: Participant, policy: TreePolicy, now: datetime) -> bool:
    """A task of putting prompts in order needs prompts, which are drawn as it is given."""
    if task.kind != TaskKind.RANK_INITIAL_PROMPTS:
        return True
    return prompt_ranking.draw(task, participant, policy, now=now)


def _p_full(kind: TaskKind, policy: TreePolicy) -> float:
    return {
        TaskKind.LABEL_INITIAL_PROMPT: policy.p_full_labeling_review_prompt,
        TaskKind.LABEL_ASSISTANT_REPLY: policy.p_full_labeling_review_reply_assistant,
        TaskKind.LABEL_PROMPTER_REPLY: policy.p_full_labeling_review_reply_prompter,
    }.get(kind, 1.0)
