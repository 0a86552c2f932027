"""What is to be done, and pieces of it in people's hands."""

from __future__ import annotations

import uuid

from django.db import models

from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees.models.messages import Message
from manyvoices.collect.trees.models.trees import Tree
from manyvoices.design.trees import TaskKind

KINDS = [(kind.value, kind.value) for kind in TaskKind]


class Need(models.Model):
    """Tasks of one kind about one message that can be handed out now."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="needs")
    language = models.CharField(max_length=20)
    kind = models.CharField(max_length=30, choices=KINDS)
    tree = models.ForeignKey(
        Tree, on_delete=models.CASCADE, related_name="needs", null=True, blank=True
    )
    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, related_name="needs", null=True, blank=True
    )
    """None for new prompts, which belong to no tree yet."""
    seats = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField()
    """The earliest is handed out first (`manyvoices.design.trees.urgency`)."""
    is_lonely = models.BooleanField(default=False)
    """A reply that would keep another one company: due earlier."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "kind"], name="one_need_per_kind"),
            models.UniqueConstraint(
                fields=["study", "language", "kind"],
                condition=models.Q(message=None),
                name="one_need_of_prompts",
            ),
        ]
        indexes = [
            models.Index(
                fields=["study", "language", "kind", "due_at"],
                condition=models.Q(seats__gt=0),
                name="need_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.message_id} x{self.seats}"


class Task(models.Model):
    """A piece of work in one person's hands, or what became of it."""

    class State(models.TextChoices):
        LEASED = "leased"
        DONE = "done"
        SKIPPED = "skipped"
        EXPIRED = "expired"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="tasks")
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="tasks")
    language = models.CharField(max_length=20)
    kind = models.CharField(max_length=30, choices=KINDS)
    tree = models.ForeignKey(
        Tree, on_delete=models.CASCADE, related_name="tasks", null=True, blank=True
    )
    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, related_name="tasks", null=True, blank=True
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.LEASED)
    leased_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    skip_reason = models.CharField(max_length=300, blank=True, default="")
    is_full = models.BooleanField(default=True)
    """Whether a review asks for all labels, or for those that decide."""
    seed = models.BigIntegerField()
    """Of the order in which replies are shown."""
    gold = models.JSONField(null=True, blank=True)
    """What is known of the answer, where the task is a check of the reviewer; never shown."""

    class Meta:
        constraints = [
            # Two windows that ask at the same moment must not both get one thing to do.
            models.UniqueConstraint(
                fields=["participant", "message", "kind"],
                condition=models.Q(state="leased"),
                name="one_task_in_hand",
            )
        ]
        indexes = [
            models.Index(fields=["participant", "message", "kind"], name="task_of_person"),
            models.Index(
                fields=["expires_at"], condition=models.Q(state="leased"), name="task_expiry"
            ),
            models.Index(fields=["tree"], condition=models.Q(state="leased"), name="task_leased"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state} {self.id}"
