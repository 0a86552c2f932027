"""A study, and every version of its protocol that anyone took part under."""

from __future__ import annotations

from django.db import models

from manyvoices.design import Study as StudySpec
from manyvoices.design.translations import in_language, study_language


class Study(models.Model):
    """One study on this server."""

    id = models.SlugField(primary_key=True, max_length=80)
    title = models.CharField(max_length=300)
    is_open = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    consent_version = models.CharField(max_length=64, blank=True, default="")
    """Of the current version: whoever agreed to another text is asked again before going on."""
    announces = models.JSONField(default=list)
    """Names of the events that some webhook of the study wants (`webhooks`)."""

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

    language = ""
    """In which its texts are read here; not stored. Empty for the study's first."""

    def __str__(self) -> str:
        return f"{self.study_id} v{self.number}"

    def read_in(self, wanted: str) -> str:
        """Give its texts in the study's own language nearest to `wanted`, and say which."""
        self.language = study_language(self.spec, wanted)
        return self.language

    @property
    def original(self) -> StudySpec:
        """The protocol in the study's first language: its consent's version is everybody's."""
        language, self.language = self.language, ""
        try:
            return self.spec
        finally:
            self.language = language

    @property
    def spec(self) -> StudySpec:
        """The validated protocol; read and parsed once per process and version.

        Queries that load many rows should ``defer("version__content")``: it is not needed again.
        """
        key = (self.study_id, self.digest)
        if key not in _parsed:
            _parsed[key] = StudySpec.model_validate(self.content)
        if not self.language or not _parsed[key].translations:
            return _parsed[key]
        if (*key, self.language) not in _translated:
            _translated[*key, self.language] = in_language(_parsed[key], self.language)
        return _translated[*key, self.language]


class ReleasedVersion(models.Model):
    """A release that was written: it is out of our hands, so who is in it is remembered."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="releases")
    release_id = models.CharField(max_length=200, unique=True)
    version = models.CharField(max_length=60)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("created_at", "pk")

    def __str__(self) -> str:
        return self.release_id


class ReleasedParticipant(models.Model):
    """That a participant's rows are in a release. Stays when the participant is erased."""

    release = models.ForeignKey(
        ReleasedVersion, on_delete=models.CASCADE, related_name="participants"
    )
    participant_id = models.UUIDField(db_index=True)
    """A pseudonym, and no foreign key: it outlives the person's rows."""
    name = models.CharField(max_length=64, blank=True, default="")
    """Their id in that release's files; empty = `participant_id`. The next release names them by
    it where they withdraw, whatever has become of the key."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["release", "participant_id"], name="once_in_each_release"
            )
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} in {self.release_id}"


_parsed: dict[tuple[str, str], StudySpec] = {}
_translated: dict[tuple[str, str, str], StudySpec] = {}
