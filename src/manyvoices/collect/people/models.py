"""A participant, the drafts of what they are writing, and the places that people hold.

Who a participant is for a recruitment platform stands in tables of its own (`Recruited`,
`Invitation`), which no release reads.
"""

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
    """Set when everything was erased: from then on this row is a tombstone, an id and a date."""
    waiting_since = models.DateTimeField(null=True, blank=True)
    """Set while every place for such a person is taken and some may come free."""
    left_at = models.DateTimeField(null=True, blank=True)
    left_because = models.CharField(max_length=20, blank=True, default="")
    """Why they are out before the end: a `Left` value; empty = they are not."""
    clock_from = models.DateTimeField(null=True, blank=True)
    """Where the time limit counts from, if not from the consent: they came back later."""
    left_words = models.CharField(max_length=500, blank=True, default="")
    """The study's own reason for a screen-out."""

    class Left(models.TextChoices):
        SCREEN_OUT = "screen_out"
        OVER_QUOTA = "over_quota"
        TIMEOUT = "timeout"
        RETURN = "return"

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


class ConsentGiven(models.Model):
    """That somebody agreed to one version of the text, and when: the first time and again."""

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="consents")
    consent_version = models.CharField(max_length=64)
    agreed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "consent_version"], name="one_consent_per_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} {self.consent_version}"


class QuotaCell(models.Model):
    """One cell of a study's quotas. Its row is what admissions lock."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="quota_cells")
    key = models.CharField(max_length=500)
    where = models.JSONField(default=dict)
    """Question id -> list of values, of which one must have been given."""
    limit = models.PositiveIntegerField(null=True, blank=True)
    target = models.PositiveIntegerField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    """False where the study's current version has no such cell any more."""

    class Meta:
        ordering = ("pk",)
        constraints = [models.UniqueConstraint(fields=["study", "key"], name="quota_cell_key")]

    def __str__(self) -> str:
        return f"{self.study_id} {self.key}"


class Reservation(models.Model):
    """A place in a cell, held by one person. It is deleted when they give it back or leave."""

    cell = models.ForeignKey(QuotaCell, on_delete=models.CASCADE, related_name="reservations")
    participant = models.ForeignKey(
        Participant, on_delete=models.CASCADE, related_name="reservations"
    )
    reserved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cell", "participant"], name="one_place_per_person")
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} in {self.cell_id}"


class Recruited(models.Model):
    """The platform's own ids of how somebody came. Never released, and erased with the person."""

    participant = models.OneToOneField(
        Participant, on_delete=models.CASCADE, related_name="recruited"
    )
    platform_study = models.CharField(max_length=100, blank=True, default="")
    platform_session = models.CharField(max_length=100, blank=True, default="")

    def __str__(self) -> str:
        return str(self.participant_id)


class PlatformSubmission(models.Model):
    """What a recruitment platform said of somebody when it was last asked.

    Of people who are here only. Never released, and erased with the person.
    """

    participant = models.ForeignKey(
        Participant, on_delete=models.CASCADE, related_name="platform_submissions"
    )
    submission_id = models.CharField(max_length=100)
    status = models.CharField(max_length=40)
    """The platform's word: ``AWAITING REVIEW``."""
    entered_code = models.CharField(max_length=100, null=True, blank=True)
    seconds = models.FloatField(null=True, blank=True)
    """Time taken, as the platform measured it."""
    started_at = models.CharField(max_length=40, blank=True, default="")
    """As the platform writes it."""
    read_at = models.DateTimeField()

    class Meta:
        ordering = ("started_at", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "submission_id"], name="one_row_per_submission"
            )
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} {self.status}"


class Invitation(models.Model):
    """Somebody on a list of invited people, under the id that the list gives them."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="invitations")
    person = models.CharField(max_length=80)
    invited_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "person"], name="one_invitation_per_person")
        ]

    def __str__(self) -> str:
        return f"{self.study_id} {self.person}"
