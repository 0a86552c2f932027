"""What a contributor chose to show, what they were told, and a cache of points for the boards."""

from __future__ import annotations

from django.db import models

from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees.models import Message


class Profile(models.Model):
    """How somebody wants to be seen by others; without a row: a pseudonym, on the boards."""

    participant = models.OneToOneField(
        Participant, on_delete=models.CASCADE, related_name="profile"
    )
    display_name = models.CharField(max_length=40, blank=True, default="")
    """Chosen by themselves; empty = a pseudonym. Never shown inside a task."""
    on_boards = models.BooleanField(default=True)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.participant_id)


class Score(models.Model):
    """Points of one person in one frame and language, as counted last. Only boards read it.

    It is rebuilt from the rows as a whole (`rebuilding`); nothing is ever added to it.
    """

    class Frame(models.TextChoices):
        DAY = "day"
        WEEK = "week"
        MONTH = "month"
        ALL = "all"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="scores")
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="scores")
    frame = models.CharField(max_length=5, choices=Frame.choices)
    language = models.CharField(max_length=20, blank=True, default="")
    """Empty = all languages together."""
    points = models.PositiveIntegerField()
    counted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "frame", "language"], name="one_score_each"
            )
        ]
        indexes = [
            models.Index(fields=["study", "frame", "language", "-points"], name="score_board")
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} {self.frame} {self.points}"


class Reaction(models.Model):
    """A word of thanks for a message in a finished tree, where nobody judges it any more."""

    class Kind(models.TextChoices):
        THANKS = "thanks"
        LEARNED = "learned"
        LAUGHED = "laughed"

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="reactions")
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="reactions")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["message", "participant", "kind"], name="one_reaction_of_a_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.message_id}"


class Notice(models.Model):
    """Something that somebody is told about their own contributions, on this site only."""

    class Kind(models.TextChoices):
        ACCEPTED = "accepted"
        REJECTED = "rejected"
        DECIDED = "decided"
        RANKED_FIRST = "ranked_first"

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="notices")
    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, related_name="notices", null=True, blank=True
    )
    kind = models.CharField(max_length=15, choices=Kind.choices)
    words = models.CharField(max_length=500, blank=True, default="")
    """A moderator's reason; empty where the kind says it all."""
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "message", "kind"], name="one_notice_of_a_kind"
            )
        ]
        indexes = [models.Index(fields=["participant", "-at"], name="notices_of")]

    def __str__(self) -> str:
        return f"{self.kind} for {self.participant_id}"
