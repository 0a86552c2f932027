"""Who may do what in which study, what privileged people did, and log-ins that failed."""

from __future__ import annotations

from typing import Any, NoReturn

from django.conf import settings
from django.db import models

from manyvoices.collect.studies.models import Study
from manyvoices.schema.errors import ManyvoicesError


class StudyRole(models.Model):
    """What an account may do in one study. Staff accounts need none: they run the server."""

    class Role(models.TextChoices):
        OWNER = "owner"
        ANALYST = "analyst"
        MODERATOR = "moderator"
        VIEWER = "viewer"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="study_roles"
    )
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="roles")
    role = models.CharField(max_length=20, choices=Role.choices)
    given_at = models.DateTimeField()

    class Meta:
        ordering = ("user__username",)
        constraints = [models.UniqueConstraint(fields=["user", "study"], name="one_role_per_study")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} of {self.study_id}"


class AppendOnly(ManyvoicesError):
    """Somebody tried to change or delete what only grows."""


class AuditRows(models.QuerySet["AuditEntry"]):
    """Rows that can be added and read."""

    def update(self, **_fields: Any) -> NoReturn:
        raise AppendOnly("the audit log is never changed")

    def delete(self) -> NoReturn:
        raise AppendOnly("nothing is ever deleted from the audit log")


class AuditEntry(models.Model):
    """One privileged act. Names are texts, so that an entry outlives whom and what it names."""

    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    action = models.CharField(max_length=60)
    study = models.CharField(max_length=80, blank=True, default="")
    target = models.CharField(max_length=200, blank=True, default="")
    detail = models.JSONField(default=dict)

    objects = AuditRows.as_manager()

    class Meta:
        ordering = ("-pk",)
        indexes = [models.Index(fields=["study", "-id"], name="audit_of_study")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor}: {self.action}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the entry; what is there already stays as it is."""
        if self.pk is not None:
            raise AppendOnly("the audit log is never changed")
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise AppendOnly("nothing is ever deleted from the audit log")


class FailedLogin(models.Model):
    """A password that did not fit. The name and the address are kept as keyed hashes only."""

    key = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["key", "at"], name="failed_login_key")]

    def __str__(self) -> str:
        return f"{self.key[:8]} {self.at:%Y-%m-%d %H:%M:%S}"
