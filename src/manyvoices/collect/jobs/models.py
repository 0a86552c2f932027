"""The table of jobs. A job is done at most once, however many runners look at it."""

from __future__ import annotations

from django.db import models


class Job(models.Model):
    """One piece of work, leased by a runner for a limited time."""

    class State(models.TextChoices):
        QUEUED = "queued"
        LEASED = "leased"
        DONE = "done"
        FAILED = "failed"

    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=100)
    """What it is about; with `kind` it is unique, so that a job cannot be queued twice."""
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    owner = models.CharField(max_length=120, blank=True, default="")
    leased_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_s = models.FloatField(default=60.0)
    """How long a runner may hold it before another may take it, in seconds."""
    not_before = models.DateTimeField()
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="one_job_per_thing")]
        indexes = [models.Index(fields=["state", "not_before"], name="job_due")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
