"""Finding a task for somebody, and giving it to them: five statements, whatever the tables hold.

1. the earliest due need of a kind that this person may do (one look-up in an index; the kinds are
   tried in a drawn order within the same statement), 2. its seat is taken, 3. for a reply, room in
its tree is taken, 4. the task is stored, 5. the thread is read. Where somebody else took the last
seat in between, the next need is tried.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, ExpressionWrapper, F, OuterRef, QuerySet, Subquery, TextField
from django.db.models.functions import Coalesce, StrIndex

from manyvoices.collect.people.models import Participant
from manyvoices.collect.trees.models import Message, Need, Task, Tree
from manyvoices.collect.trees.policies import policy_for
from manyvoices.design.trees import TaskKind, TreePolicy, order_of_kinds

TRIES = 20
"""How often somebody else may be quicker before we say that there is no task."""
NOT_AGAIN = (Task.State.LEASED, Task.State.DONE, Task.State.SKIPPED)
_WRITES_AS = {
    TaskKind.ASSISTANT_REPLY: "assistant",
    TaskKind.PROMPTER_REPLY: "prompter",
}


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
    policy = policy_for(participant.study, language)
    order = order_of_kinds(kinds, policy.weights, rng) if len(kinds) > 1 else tuple(kinds)
    for _ in range(TRIES):
        with transaction.atomic():
            need = _earliest(participant, language, order, policy, now)
            if need is None:
                return None
            if _take(need):
                task = _lease(need, participant, policy, now, rng)
                return Handed(task, thread_of(need.message))
            transaction.set_rollback(True)
    return None


def thread_of(message: Message | None) -> tuple[Message, ...]:
    """A message and everything above it, the prompt first; one statement."""
    if message is None:
        return ()
    keys = [key for key in message.path.split("/") if key]
    return tuple(Message.objects.filter(pk__in=keys).order_by("depth"))


def _earliest(
    participant: Participant,
    language: str,
    order: Sequence[TaskKind],
    policy: TreePolicy,
    now: datetime,
) -> Need | None:
    """The need to be met next. The kinds' order counts first, then the moments."""
    parts = [_of_kind(participant, language, kind, policy, now) for kind in order]
    if not parts:
        return None
    # Each part is one step in an index; COALESCE stops at the first kind that has a need.
    first = [Subquery(part.values("pk")[:1]) for part in parts]
    key = Coalesce(*first) if len(first) > 1 else first[0]
    return Need.objects.select_related("message", "tree").filter(pk=key).first()


def _of_kind(
    participant: Participant, language: str, kind: TaskKind, policy: TreePolicy, now: datetime
) -> QuerySet[Need]:
    """Needs of one kind that this person may meet, the earliest first."""
    rows = Need.objects.filter(
        study_id=participant.study_id, language=language, kind=kind.value, seats__gt=0
    ).order_by("due_at")
    since = now - timedelta(seconds=policy.recent_tasks_span_s)
    pending = Task.objects.filter(
        participant=participant, state=Task.State.LEASED, leased_at__gt=since
    ).order_by()[policy.max_pending_tasks_per_user - 1 :]
    rows = rows.filter(~Exists(pending))
    if kind is TaskKind.INITIAL_PROMPT:
        return rows
    done = Task.objects.filter(
        participant=participant, message=OuterRef("message"), kind=kind.value, state__in=NOT_AGAIN
    )
    rows = rows.filter(~Exists(done))
    if kind.is_label:
        return rows.exclude(message__author=participant)
    rows = rows.filter(
        ~Exists(Message.objects.filter(parent=OuterRef("message"), author=participant))
    )
    if kind.is_reply:
        rows = rows.filter(tree__room__gt=0)
        if not policy.same_person_both_sides:
            rows = rows.filter(~Exists(_other_side(participant, kind)))
    return rows


def _other_side(participant: Participant, kind: TaskKind) -> QuerySet[Message]:
    """Messages of this person above a need that speak in the other role."""
    role = "prompter" if _WRITES_AS[kind] == "assistant" else "assistant"
    path = ExpressionWrapper(OuterRef("message__path"), output_field=TextField())
    mine = Message.objects.filter(tree=OuterRef("tree"), author=participant, role=role)
    return mine.alias(begins=StrIndex(path, F("path"))).filter(begins=1)


def _take(need: Need) -> bool:
    """Take a seat, and for a reply room in its tree; False where somebody was quicker.

    The tree's row comes first and for every kind: `refresh` holds it while it computes seats.
    """
    if need.tree is not None:
        used = int(TaskKind(need.kind).is_reply)
        trees = Tree.objects.filter(pk=need.tree.pk, room__gte=used)
        if not trees.update(room=F("room") - used):
            return False
    return bool(Need.objects.filter(pk=need.pk, seats__gt=0).update(seats=F("seats") - 1))


def _lease(
    need: Need,
    participant: Participant,
    policy: TreePolicy,
    now: datetime,
    rng: random.Random,
) -> Task:
    kind = TaskKind(need.kind)
    return Task.objects.create(
        study_id=need.study_id,
        participant=participant,
        language=need.language,
        kind=kind.value,
        tree_id=need.tree_id,
        message_id=need.message_id,
        leased_at=now,
        expires_at=now + timedelta(seconds=policy.lease_s),
        is_full=rng.random() < _p_full(kind, policy),
        seed=rng.getrandbits(62),
    )


def _p_full(kind: TaskKind, policy: TreePolicy) -> float:
    return {
        TaskKind.LABEL_INITIAL_PROMPT: policy.p_full_labeling_review_prompt,
        TaskKind.LABEL_ASSISTANT_REPLY: policy.p_full_labeling_review_reply_assistant,
        TaskKind.LABEL_PROMPTER_REPLY: policy.p_full_labeling_review_reply_prompter,
    }.get(kind, 1.0)
