"""Addresses that want to know, and every request that is to go or went to one of them."""

from __future__ import annotations

import uuid
from urllib.parse import urlsplit

from django.db import models

from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study


class Event(models.TextChoices):
    """What can be told."""

    TREE_STATE_CHANGED = "tree.state_changed"
    MESSAGE_DECIDED = "message.decided"
    MESSAGE_DELETED = "message.deleted"
    TASK_DONE = "task.done"
    EXPORT_FINISHED = "export.finished"
    PARTICIPANT_COMPLETED = "participant.completed"
    MODERATION_DECIDED = "moderation.decided"
    TEST = "test"


CHOICES = tuple(event.value for event in Event if event is not Event.TEST)
"""Events that a webhook can be made for; a test goes to any."""


class Webhook(models.Model):
    """One address that is told of some events of one study.

    Its secret is not stored: it is made from the server's own key and `nonce` (`signing`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="webhooks")
    url = models.CharField(max_length=2000)
    events = models.JSONField(default=list)
    include_text = models.BooleanField(default=False)
    """Whether requests about a message say what is written in it."""
    nonce = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)
    is_active = models.BooleanField(default=True)
    off_because = models.CharField(max_length=300, blank=True, default="")
    """What its last request failed by, where the server itself switched it off; else empty."""
    failures = models.PositiveIntegerField(default=0)
    """Tries that failed since the last one that did not. Tries side by side count once."""
    failed_at = models.DateTimeField(null=True, blank=True)
    wait_until = models.DateTimeField(null=True, blank=True)
    """Nothing is sent before: the address has just failed."""
    deleted_at = models.DateTimeField(null=True, blank=True)
    """The row stays a while, since at this moment somebody may be storing an event for it."""

    class Meta:
        ordering = ("created_at", "pk")

    def __str__(self) -> str:
        return f"{self.study_id} {self.host}"

    @property
    def host(self) -> str:
        """Whom it tells; the rest of an address may hold a secret."""
        return urlsplit(self.url).netloc


class Delivery(models.Model):
    """One event for one address."""

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        FAILED = "failed"

    hook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=40, choices=Event.choices)
    event_id = models.UUIDField()
    """The same for all addresses and tries: who gets it twice knows it by this."""
    payload = models.JSONField(default=dict)
    """Ids, states and counts; no text, and nobody's pseudonym."""
    participant = models.ForeignKey(
        Participant,
        on_delete=models.CASCADE,
        related_name="webhook_deliveries",
        null=True,
        blank=True,
    )
    """Whom it is about. Erasing them takes the row away, whether it was sent or not."""
    simulated = models.BooleanField(default=False)
    once = models.CharField(max_length=60, null=True, blank=True)
    """A second event of this name is the same one; None: each is its own."""
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    created_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True, blank=True)
    next_try_at = models.DateTimeField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    """HTTP status of the last answer; None where there was none."""
    problem = models.CharField(max_length=300, blank=True, default="")
    """What the last try failed by, as `words.problem_words` knows it."""

    class Meta:
        ordering = ("-pk",)
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["hook", "once"],
                condition=models.Q(once__isnull=False),
                name="one_delivery_of_a_name",
            )
        ]
        indexes = [
            models.Index(fields=["hook", "-id"], name="delivery_of_hook"),
            models.Index(fields=["created_at"], name="delivery_age"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.event_id} to {self.hook_id}"
