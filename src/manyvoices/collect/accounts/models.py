"""What belongs to an account besides Django's own user row.

No secret is stored that could be used: of keys and links there is a hash only, and addresses that
nobody has confirmed yet are not stored at all (they travel in the signed link).
"""

from __future__ import annotations

from django.conf import settings
from django.db import models

from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study


class ApiKey(models.Model):
    """A key with which a program acts for an account. It is shown once; here is its hash."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys"
    )
    name = models.CharField(max_length=80)
    """What its owner calls it."""
    prefix = models.CharField(max_length=16, unique=True)
    """Its beginning, which is no secret: by it the row is found and people tell keys apart."""
    hash = models.CharField(max_length=64)
    """SHA-256 of the whole key, hexadecimal. The key has 256 random bits, so nobody finds it by
    trying, and a slow hash would add nothing."""
    scopes = models.JSONField(default=list)
    """Names of `keys.Scope`."""
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    """To the minute or so: not every request writes."""
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-pk")

    def __str__(self) -> str:
        return f"{self.prefix} {self.name}"


class SignInLink(models.Model):
    """A link that was sent by e-mail. It works once, for a short time."""

    hash = models.CharField(max_length=64, unique=True)
    """SHA-256 of the random part of the link."""
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="sign_in_link_expiry")]

    def __str__(self) -> str:
        return f"{self.hash[:8]} until {self.expires_at:%Y-%m-%d %H:%M}"


class Membership(models.Model):
    """That an account takes part in a study as a participant: one record for each person."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="memberships")
    participant = models.OneToOneField(
        Participant, on_delete=models.CASCADE, related_name="membership"
    )
    linked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "study"], name="one_record_per_account")
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} of {self.study_id}"


class Bucket(models.Model):
    """How much somebody may still do of one thing: a token bucket, for all processes together."""

    key = models.CharField(max_length=64, primary_key=True)
    """Keyed hash of the thing and of who does it."""
    tokens = models.FloatField()
    """Left at `at`."""
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["at"], name="bucket_age")]

    def __str__(self) -> str:
        return f"{self.key[:8]} {self.tokens:.1f}"


class Underway(models.Model):
    """A long piece of work that somebody has asked for and that is not over: an export."""

    key = models.CharField(max_length=64)
    """Keyed hash of the thing and of who does it."""
    until = models.DateTimeField()
    """From then on it does not count any more: its process was killed."""

    class Meta:
        indexes = [models.Index(fields=["key", "until"], name="underway_key")]

    def __str__(self) -> str:
        return f"{self.key[:8]} until {self.until:%Y-%m-%d %H:%M}"
