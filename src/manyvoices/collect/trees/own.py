"""What somebody has written here and what became of it; which messages they may look at."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from manyvoices.collect.moderation.models import Held
from manyvoices.collect.people.locks import lock_participant
from manyvoices.collect.people.models import Participant
from manyvoices.collect.trees.models import LabelsGiven, Message, Task
from manyvoices.collect.trees.policies import policy_for
from manyvoices.design.trees import LabelSpec, TaskKind, TreeTasksStage, label_schema


def contributions(participant: Participant) -> QuerySet[Message]:
    """One's own messages, the latest first, with how many siblings were ranked (`n_ranked`)."""
    siblings = (
        Message.objects.filter(parent=OuterRef("parent"), rank__isnull=False)
        .order_by()
        .values("parent")
        .annotate(n=Count("pk"))
        .values("n")
    )
    answered = Message.objects.filter(parent=OuterRef("pk"))
    return (
        Message.objects.filter(author=participant, tree__study=participant.study_id)
        .select_related("tree")
        .annotate(
            n_ranked=Coalesce(Subquery(siblings, output_field=IntegerField()), Value(0)),
            is_answered=Exists(answered),
            is_held=Exists(Held.objects.filter(message=OuterRef("pk"))),
        )
        .order_by("-created_at", "pk")
    )


def done_counts(participant: Participant) -> dict[str, int]:
    """How many tasks of each kind somebody has done; one statement."""
    rows = Task.objects.filter(participant=participant, state=Task.State.DONE).order_by()
    return dict(rows.values_list("kind").annotate(n=Count("pk")))


def in_hand(participant: Participant) -> list[Task]:
    """Tasks that somebody has begun and not finished, the oldest first."""
    rows = Task.objects.filter(participant=participant, state=Task.State.LEASED)
    return list(rows.select_related("message").order_by("leased_at")[:50])


def message_for(participant: Participant, key: uuid.UUID) -> Message | None:
    """A message that somebody may look at: they have had a task in its tree, or wrote in it."""
    mine = Message.objects.filter(tree=OuterRef("tree"), author=participant)
    tasks = Task.objects.filter(
        tree=OuterRef("tree"), participant=participant, message__isnull=False
    )
    rows = Message.objects.filter(pk=key, tree__study=participant.study_id)
    return rows.filter(Q(Exists(mine)) | Q(Exists(tasks))).select_related("tree").first()


def may_edit(message: Message, participant: Participant, now: datetime) -> bool:
    """Whether the window for changing one's own message is open, as `operations.edit` asks."""
    window = timedelta(seconds=policy_for(participant.study, message.language).edit_window_s)
    return (
        message.author_id == participant.pk
        and not message.deleted
        and now <= message.created_at + window
        and not getattr(message, "is_answered", False)
    )


def free_schema(message: Message, stage: TreeTasksStage) -> tuple[LabelSpec, ...]:
    """The labels that may be given to a message outside tasks: none of them is required."""
    if message.parent_id is None:
        kind = TaskKind.LABEL_INITIAL_PROMPT
    elif message.role == "prompter":
        kind = TaskKind.LABEL_PROMPTER_REPLY
    else:
        kind = TaskKind.LABEL_ASSISTANT_REPLY
    return label_schema(kind, there=stage.all_labels, names=stage.labels)


@transaction.atomic
def give_free_labels(
    *,
    message: Message,
    participant: Participant,
    labels: dict[str, float | None],
    now: datetime,
) -> LabelsGiven:
    """Labels outside a task: one row for each person and message, the latest stays. They are
    exported apart and decide nothing."""
    lock_participant(participant)
    row, _created = LabelsGiven.objects.update_or_create(
        message=message,
        participant=participant,
        source=LabelsGiven.Source.FREE,
        defaults={
            "labels": labels,
            "created_at": now,
            "consent_version": participant.consent_version,
        },
    )
    return row
