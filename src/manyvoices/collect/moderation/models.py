"""Cases, what was said in them, what was decided, and limits that somebody was put under.

A message has one open case at most: every report, flag and appeal about it comes to the same
person's desk. What a person said or was told hangs on them and goes with them.
"""

from __future__ import annotations

import uuid

from django.db import models

from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees.models import LabelsGiven, Message, RankingGiven


class Kind(models.TextChoices):
    """Why a message is looked at."""

    REPORT = "report"
    APPEAL = "appeal"
    HELD = "held"
    SPLIT = "split"
    NEAR_DUPLICATE = "near_duplicate"
    LANGUAGE = "language"
    EVIDENCE = "evidence"
    TEAM = "team"
    SAMPLE = "sample"


URGENCY: dict[str, int] = {Kind.REPORT: 3, Kind.APPEAL: 2, Kind.HELD: 2}
"""What is looked at first; all else is 1, and samples, which are nobody's trouble, are 0."""


class Action(models.TextChoices):
    """What a moderator may decide about a message."""

    ACCEPT = "accept"
    REJECT = "reject"
    DELETE = "delete"
    RESTORE = "restore"
    DISMISS = "dismiss"
    EDIT = "edit"


class Case(models.Model):
    """One message that somebody should look at."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="cases")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="cases")
    language = models.CharField(max_length=20)
    urgency = models.PositiveSmallIntegerField(default=1)
    opened_at = models.DateTimeField()
    claimed_by = models.CharField(max_length=150, blank=True, default="")
    claimed_until = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["message"], condition=models.Q(decided_at=None), name="one_open_case"
            )
        ]
        indexes = [
            models.Index(
                fields=["study", "-urgency", "opened_at"],
                condition=models.Q(decided_at=None),
                name="case_queue",
            ),
            models.Index(fields=["study", "decided_at"], name="case_decided"),
        ]

    def __str__(self) -> str:
        return f"{self.id} about {self.message_id}"


class Signal(models.Model):
    """One reason for a case: what a person said, or what a rule saw."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="signals")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    participant = models.ForeignKey(
        Participant,
        on_delete=models.CASCADE,
        related_name="moderation_signals",
        null=True,
        blank=True,
    )
    """Who reported or appealed; None for what a rule saw."""
    labels = models.OneToOneField(
        LabelsGiven, on_delete=models.CASCADE, related_name="report", null=True, blank=True
    )
    """The report as the rules of trees count it."""
    reason = models.TextField(blank=True, default="")
    detail = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(
                fields=["case", "kind", "participant"], name="one_signal_of_a_kind_each"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} in {self.case_id}"


class Decision(models.Model):
    """What was decided about a message, why, and what it takes to undo it."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="decisions")
    action = models.CharField(max_length=10, choices=Action.choices)
    reason = models.CharField(max_length=500)
    by = models.CharField(max_length=150, blank=True, default="")
    """A moderator's name; empty = the rules, until a person looks."""
    at = models.DateTimeField()
    before = models.JSONField(default=dict)
    """Ids and flags as they were; no text."""
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.CharField(max_length=150, blank=True, default="")
    undo_reason = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.action} in {self.case_id}"


class Restriction(models.Model):
    """That somebody may contribute less, or not at all; openly, or kept apart until decided."""

    class Kind(models.TextChoices):
        LIMIT = "limit"
        BAN = "ban"

    participant = models.ForeignKey(
        Participant, on_delete=models.CASCADE, related_name="restrictions"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    is_shadow = models.BooleanField(default=False)
    """They go on as before; what they write is kept apart."""
    per_day = models.PositiveSmallIntegerField(null=True, blank=True)
    """Tasks in 24 hours, for an open limit."""
    reason = models.CharField(max_length=500)
    """Shown to the person where it is open."""
    by = models.CharField(max_length=150)
    at = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.CharField(max_length=150, blank=True, default="")
    lift_reason = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        ordering = ("pk",)
        indexes = [models.Index(fields=["participant", "lifted_at"], name="restriction_of")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.participant_id}"


class Held(models.Model):
    """Something of a shadow-limited person that counts for nothing until somebody decides."""

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="held")
    message = models.OneToOneField(
        Message, on_delete=models.CASCADE, related_name="held", null=True, blank=True
    )
    labels = models.OneToOneField(
        LabelsGiven, on_delete=models.CASCADE, related_name="held", null=True, blank=True
    )
    ranking = models.OneToOneField(
        RankingGiven, on_delete=models.CASCADE, related_name="held", null=True, blank=True
    )
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"held of {self.participant_id}"
