"""Conversations as they happened: turns, the answers shown, scores, feedback."""

from __future__ import annotations

import uuid

from django.db import models

from manyvoices.collect.people.models import Participant


class Conversation(models.Model):
    """One conversation. Its next step is computed from what is stored, see `steps`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    participant = models.ForeignKey(
        Participant, on_delete=models.CASCADE, related_name="conversations"
    )
    stage = models.PositiveSmallIntegerField()
    number = models.PositiveSmallIntegerField()
    """1-based count within the participant's stage: the natural key of a double click."""
    type = models.CharField(max_length=80)
    seed = models.BigIntegerField()
    consent_version = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    """When the participant ended the talking; feedback follows."""
    attributes_at = models.DateTimeField(null=True, blank=True)
    open_feedback = models.TextField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    """When everything that is asked about it was stored."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "stage", "number"], name="conversation_number"
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class Turn(models.Model):
    """One message of the participant and what was asked of which responders."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="turns")
    index = models.PositiveSmallIntegerField()
    """0-based; 0 is the opening."""
    prompt = models.TextField()
    seed = models.BigIntegerField()
    attempt = models.PositiveSmallIntegerField(default=1)
    """Counts up when every responder failed and the participant asked again."""
    created_at = models.DateTimeField()
    deadline_at = models.DateTimeField()
    """After this an answer that is not there counts as missing."""
    rated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("index",)
        constraints = [models.UniqueConstraint(fields=["conversation", "index"], name="turn_index")]

    def __str__(self) -> str:
        return f"{self.conversation_id} turn {self.index}"


class Utterance(models.Model):
    """One responder's answer in one turn, or the record that it gave none."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    turn = models.ForeignKey(Turn, on_delete=models.CASCADE, related_name="utterances")
    attempt = models.PositiveSmallIntegerField(default=1)
    position = models.PositiveSmallIntegerField()
    """0-based place in which it was shown."""
    responder = models.CharField(max_length=80)
    text = models.TextField(null=True, blank=True)
    failure = models.CharField(max_length=30, null=True, blank=True)
    """Why there is no text (`manyvoices.llm.FailureKind`); None while waiting or answered."""
    score = models.SmallIntegerField(null=True, blank=True)
    chosen = models.BooleanField(default=False)
    tied = models.BooleanField(default=False)
    """Shared the top score of its turn; which of them was chosen was a seeded draw."""
    settled_at = models.DateTimeField(null=True, blank=True)
    latency_ms = models.FloatField(null=True, blank=True)
    finish_reason = models.CharField(max_length=60, null=True, blank=True)
    prompt_tokens = models.PositiveIntegerField(null=True, blank=True)
    completion_tokens = models.PositiveIntegerField(null=True, blank=True)
    model_version = models.CharField(max_length=200, null=True, blank=True)

    class Meta:
        ordering = ("attempt", "position")
        constraints = [
            models.UniqueConstraint(
                fields=["turn", "attempt", "position"], name="utterance_position"
            )
        ]

    def __str__(self) -> str:
        return f"{self.turn_id} position {self.position}"

    @property
    def key(self) -> str:
        """How forms name this answer: its place, which says nothing about the model."""
        return str(self.position)

    @property
    def is_settled(self) -> bool:
        """Whether the responder has answered or failed."""
        return self.settled_at is not None


class AttributeRating(models.Model):
    """How one attribute fits the best answer, or why it was chosen."""

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="attribute_ratings"
    )
    block = models.CharField(
        max_length=20, choices=[("performance", "performance"), ("choice", "choice")]
    )
    item = models.CharField(max_length=80)
    value = models.SmallIntegerField(null=True, blank=True)
    not_applicable = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "block", "item"], name="one_rating_per_attribute"
            )
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.block} {self.item}"
