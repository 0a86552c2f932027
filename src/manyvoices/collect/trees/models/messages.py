"""What people wrote, and what it said before it was changed."""

from __future__ import annotations

import uuid

from django.db import models

from manyvoices.collect.people.models import Participant
from manyvoices.collect.trees.models.trees import Tree


class Message(models.Model):
    """One contribution. Nothing that its author wrote is ever changed without a `Revision`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tree = models.ForeignKey(Tree, on_delete=models.CASCADE, related_name="messages")
    parent = models.ForeignKey(
        "self", on_delete=models.CASCADE, related_name="replies", null=True, blank=True
    )
    author = models.ForeignKey(
        Participant, on_delete=models.CASCADE, related_name="messages", null=True, blank=True
    )
    """None for what was imported or written by a model."""
    role = models.CharField(max_length=10)
    text = models.TextField()
    language = models.CharField(max_length=20)
    path = models.TextField()
    """Ids of all ancestors and its own, each after a slash, from the prompt down."""
    depth = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True, blank=True)
    consent_version = models.CharField(max_length=64, blank=True, default="")
    accepted = models.BooleanField(null=True, blank=True)
    """None while it is under review."""
    acceptance = models.FloatField(null=True, blank=True)
    decided_because = models.CharField(max_length=60, blank=True, default="")
    """The label that weighed most against it, or ``moderator``."""
    is_split = models.BooleanField(default=False)
    n_reviews = models.PositiveSmallIntegerField(default=0)
    reviews_wanted = models.PositiveSmallIntegerField(default=3)
    n_rankings = models.PositiveSmallIntegerField(default=0)
    rank = models.PositiveSmallIntegerField(null=True, blank=True)
    """Place among its siblings, 0 = best; replies that are tied share one."""
    deleted = models.BooleanField(default=False)
    ended = models.BooleanField(default=False)
    synthetic = models.BooleanField(default=False)
    is_reference = models.BooleanField(default=False)
    """The author of the prompt wrote this answer to it, for others to be measured by."""
    model_name = models.CharField(max_length=200, blank=True, default="")
    sources = models.JSONField(default=list)
    """What it rests on: objects with ``title`` and ``url``."""
    evidence = models.JSONField(default=dict)
    """How it was written (seconds, share pasted, language as detected): looked at by people,
    never acted upon by itself."""
    extra = models.JSONField(default=dict)
    """What an imported file said of it that has no column here."""

    class Meta:
        indexes = [
            models.Index(fields=["author", "created_at"], name="message_of_author"),
            models.Index(fields=["tree", "author"], name="message_in_tree"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Revision(models.Model):
    """What a message said before it was changed."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="revisions")
    text = models.TextField()
    replaced_at = models.DateTimeField()
    by = models.CharField(max_length=150, blank=True, default="")
    """A moderator's name; empty = the author."""
    reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.message_id} until {self.replaced_at:%Y-%m-%d %H:%M}"
