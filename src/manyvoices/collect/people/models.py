"""A participant, and the drafts of what they are writing."""

from __future__ import annotations

import secrets
import uuid

from django.db import models

from manyvoices.collect.studies.models import Study, StudyVersion


def new_resume_key() -> str:
    """A personal link's secret: 192 bits, so that nobody finds another's by guessing."""
    return secrets.token_urlsafe(24)


def new_seed() -> int:
    """The 63-bit root of every random draw for one participant, recorded with them."""
    return secrets.randbits(63)


class Participant(models.Model):
    """One person (or one rehearsal bot) in one study, known by a pseudonym only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="participants")
    version = models.ForeignKey(StudyVersion, on_delete=models.PROTECT, related_name="+")
    resume_key = models.CharField(max_length=64, unique=True, default=new_resume_key)
    external_id = models.CharField(max_length=100, null=True, blank=True)
    """The recruitment provider's identifier. Never leaves in a release."""
    simulated = models.BooleanField(default=False)
    language = models.CharField(max_length=20, default="en")
    seed = models.BigIntegerField(default=new_seed)
    consent_version = models.CharField(max_length=64)
    consented_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["study", "external_id"], name="one_participant_per_external_id"
            )
        ]
        indexes = [models.Index(fields=["study", "completed_at"], name="participant_progress")]

    def __str__(self) -> str:
        return str(self.id)


class Draft(models.Model):
    """What a participant has typed or moved in one form and not sent yet."""

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="drafts")
    form = models.CharField(max_length=100)
    fields = models.JSONField(default=dict)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["participant", "form"], name="one_draft_per_form")
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} {self.form}"
