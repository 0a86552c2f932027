"""Signatures by which texts that are nearly alike are found; what is known of the right answers."""

from __future__ import annotations

from django.db import models

from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees.models import Message, Task


class TextBand(models.Model):
    """One of the twenty numbers of a text. Texts of one project and language that share one are
    compared whole."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="bands")
    value = models.BigIntegerField(db_index=True)
    """A hash of the project, the language, the band's place and its minima."""

    def __str__(self) -> str:
        return f"{self.message_id} {self.value}"


class GoldItem(models.Model):
    """A message whose labels are known, given now and then to see how well reviewers read."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="gold_items")
    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="gold_item")
    labels = models.JSONField()
    """Label -> value from 0 to 1. A label that is not in it is not judged."""
    is_active = models.BooleanField(default=True)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=150)
    reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["study", "is_active"], name="gold_of_study")]

    def __str__(self) -> str:
        return f"{self.message_id} {self.labels}"


class CheckGiven(models.Model):
    """What somebody said in a task that was a check: gold, or a review asked for a second time.

    It is kept apart from the reviews, so that it decides nothing about the message.
    """

    class Kind(models.TextChoices):
        GOLD = "gold"
        AGAIN = "again"

    task = models.OneToOneField(Task, on_delete=models.CASCADE, related_name="check_given")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    labels = models.JSONField()
    known = models.JSONField()
    """Gold's labels, or what the same person said the first time."""
    n_compared = models.PositiveSmallIntegerField()
    n_same = models.PositiveSmallIntegerField()
    given_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.task_id} {self.n_same}/{self.n_compared}"
