"""What people gave for messages besides replies: labels, rankings, orders of prompts."""

from __future__ import annotations

from django.db import models

from manyvoices.collect.people.models import Participant
from manyvoices.collect.trees.models.messages import Message
from manyvoices.collect.trees.models.tasks import Task


class LabelsGiven(models.Model):
    """One person's labels of one message. Left open: absent; cannot tell: null; else 0 to 1."""

    class Source(models.TextChoices):
        TASK = "task"
        FREE = "free"
        REPORT = "report"

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="labels")
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="labels")
    task = models.OneToOneField(Task, on_delete=models.CASCADE, null=True, blank=True)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.TASK)
    labels = models.JSONField()
    is_full = models.BooleanField(default=True)
    counts = models.BooleanField(default=True)
    """False after the message was changed: it was another text that was reviewed."""
    created_at = models.DateTimeField()
    consent_version = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["message", "participant"],
                condition=models.Q(source="task", counts=True),
                name="one_review_each",
            )
        ]
        indexes = [
            models.Index(fields=["message", "source"], name="labels_of_message"),
            models.Index(
                fields=["created_at"], condition=models.Q(source="report"), name="reports_by_date"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} on {self.message_id}"


class RankingGiven(models.Model):
    """One person's order of the replies to one message."""

    parent = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="rankings")
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="rankings")
    task = models.OneToOneField(Task, on_delete=models.CASCADE, null=True, blank=True)
    groups = models.JSONField()
    """Lists of message ids, best first; those in one list are equal; some may be left out."""
    shown = models.JSONField()
    """Message ids in the order shown."""
    all_bad = models.BooleanField(default=False)
    flags = models.JSONField(default=dict)
    """Message id -> list of ``wrong``, ``unsafe``, ``spam``, ``cannot_judge``."""
    created_at = models.DateTimeField()
    consent_version = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["parent", "participant"], name="one_ranking_each")
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} on the replies to {self.parent_id}"


class PromptPlace(models.Model):
    """That a prompt which waits was shown beside others, and where somebody put it."""

    task = models.ForeignKey(
        Task, on_delete=models.CASCADE, related_name="places", null=True, blank=True
    )
    """None for what was imported."""
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="places")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="places")
    ranking = models.UUIDField()
    """Names the order that it is part of."""
    place = models.PositiveSmallIntegerField(null=True, blank=True)
    """0 = best, equal = tied; None = not sent, or left out."""
    share = models.FloatField(null=True, blank=True)
    """Of the others that have a place, those below it, ties half."""
    flags = models.JSONField(default=list)
    created_at = models.DateTimeField()
    """When it was shown."""
    sent_at = models.DateTimeField(null=True, blank=True)
    consent_version = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ranking", "message"], name="one_place_in_an_order"),
            models.UniqueConstraint(
                fields=["message", "participant"],
                condition=models.Q(sent_at__isnull=False),
                name="one_place_each",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} in {self.ranking}"
