"""What is computed from all that people gave, and stored."""

from __future__ import annotations

from django.db import models

from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees.models.messages import Message


class SetConsensus(models.Model):
    """What the rankings of the replies to one message come to."""

    parent = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="consensus")
    groups = models.JSONField()
    """Lists of message ids, best first; replies in one list are tied."""
    n_rankings = models.PositiveSmallIntegerField()
    n_all_bad = models.PositiveSmallIntegerField(default=0)
    all_bad = models.BooleanField(default=False)
    """Most people said that all replies are bad: then there are no ranks."""
    kendall_w = models.FloatField(null=True, blank=True)
    alpha = models.FloatField(null=True, blank=True)
    """Krippendorff's, ordinal, over the rankings."""
    merged_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"replies to {self.parent_id}"


class ReviewerWeight(models.Model):
    """How much one person's reviews count, where a project weighs by reliability."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="reviewer_weights")
    language = models.CharField(max_length=20)
    participant = models.ForeignKey(
        Participant, on_delete=models.CASCADE, related_name="reviewer_weights"
    )
    weight = models.FloatField()
    """Above 0, 1 at most."""
    n_reviews = models.PositiveIntegerField()
    weighed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["participant", "language"], name="one_weight_each")
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} {self.weight:.2f}"
