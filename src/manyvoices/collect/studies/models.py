"""A study, and every version of its protocol that anyone took part under."""

from __future__ import annotations

from django.db import models

from manyvoices.design import Study as StudySpec


class Study(models.Model):
    """One study on this server."""

    id = models.SlugField(primary_key=True, max_length=80)
    title = models.CharField(max_length=300)
    is_open = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "studies"
        ordering = ("id",)

    def __str__(self) -> str:
        return self.title

    @property
    def current(self) -> StudyVersion:
        """The version that newcomers take part under."""
        version = self.versions.order_by("-number").first()
        assert version is not None, "publish_study stores a study and its first version together"
        return version


class StudyVersion(models.Model):
    """A protocol as it was run. Participants keep the version that they consented to."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    content = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "number"], name="study_version_number"),
            models.UniqueConstraint(fields=["study", "digest"], name="study_version_digest"),
        ]

    def __str__(self) -> str:
        return f"{self.study_id} v{self.number}"

    @property
    def spec(self) -> StudySpec:
        """The validated protocol; read and parsed once per process and version.

        Queries that load many rows should ``defer("version__content")``: it is not needed again.
        """
        key = (self.study_id, self.digest)
        if key not in _parsed:
            _parsed[key] = StudySpec.model_validate(self.content)
        return _parsed[key]


_parsed: dict[tuple[str, str], StudySpec] = {}
