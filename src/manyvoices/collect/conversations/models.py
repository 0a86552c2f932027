"""Conversations as they happened: turns, the answers shown, scores, feedback."""

from __future__ import annotations

import uuid

from django.db import models

from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study


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
    all_bad = models.BooleanField(default=False)
    """The participant said that every answer is bad: none of them was chosen."""
    assigned_because = models.CharField(max_length=500, null=True, blank=True)
    """Why its models were drawn, under a batch (`manyvoices.design.openings`); None without."""
    ask = models.PositiveIntegerField(null=True, blank=True)
    """Index in the batch of the participant's version of what asked for it."""

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
    replacement = models.PositiveSmallIntegerField(default=0)
    """Counts up with each further model drawn for this place; only the last one is shown."""
    responder = models.CharField(max_length=128)
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
    request = models.JSONField(null=True, blank=True)
    """The parameters of the call as sent, without the messages, which are rows already."""
    tries = models.JSONField(null=True, blank=True)
    """One entry per call for this answer: its failure kind or null, and its milliseconds."""
    n_words_cut = models.PositiveIntegerField(default=0)
    """Words beyond the study's limit, cut off before anyone saw the answer."""
    answer_by = models.DateTimeField(null=True, blank=True)
    """When the time limit for this place ends; a replacement inherits it."""
    trace = models.JSONField(null=True, blank=True)
    """How the mark was set (`manyvoices.schema.SliderTrace`)."""

    class Meta:
        ordering = ("attempt", "position", "replacement")
        constraints = [
            models.UniqueConstraint(
                fields=["turn", "attempt", "position", "replacement"], name="utterance_position"
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
    trace = models.JSONField(null=True, blank=True)
    """How the mark was set (`manyvoices.schema.SliderTrace`)."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "block", "item"], name="one_rating_per_attribute"
            )
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.block} {self.item}"


class Spending(models.Model):
    """What the models have used for one participant, by the providers' own counts.

    Kept apart from the conversations: what was spent stays spent when somebody is erased.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="spendings")
    participant = models.OneToOneField(
        Participant, on_delete=models.SET_NULL, related_name="spending", null=True, blank=True
    )
    n_calls = models.PositiveIntegerField(default=0)
    prompt_tokens = models.PositiveBigIntegerField(default=0)
    completion_tokens = models.PositiveBigIntegerField(default=0)
    picos = models.PositiveBigIntegerField(default=0)
    """Money, in millionths of a millionth of the budget's currency: prices are per million."""

    def __str__(self) -> str:
        return f"{self.study_id}: {self.prompt_tokens + self.completion_tokens} tokens"
