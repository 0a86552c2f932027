"""What belongs to one project and language as a whole."""

from __future__ import annotations

from django.db import models

from manyvoices.collect.studies.models import Study


class PolicyChange(models.Model):
    """The policy of one project and language from a moment on; the latest row is in force."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="policies")
    language = models.CharField(max_length=20)
    policy = models.JSONField()
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=150, blank=True, default="")
    reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ("pk",)
        indexes = [models.Index(fields=["study", "language"], name="policy_of_language")]

    def __str__(self) -> str:
        return f"{self.study_id} {self.language} {self.changed_at:%Y-%m-%d %H:%M}"


class LanguageRound(models.Model):
    """What the sweeper knows of one project and language: its row is the lock of a draw.

    Two runners that sweep at the same moment start trees one after the other, so that there are
    never more than the policy allows.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="rounds")
    language = models.CharField(max_length=20)
    last_event = models.BigIntegerField(default=0)
    """The last `TreeEvent` that was looked at for trees that came to their end."""
    weighed_at = models.DateTimeField(null=True, blank=True)
    """When reviewers were last weighed."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["study", "language"], name="one_round_each")]

    def __str__(self) -> str:
        return f"{self.study_id} {self.language}"
