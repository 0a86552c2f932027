"""Studies in Django's administration: opening and closing is the one thing that is changed here."""

from __future__ import annotations

import json

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from manyvoices.collect.console.readonly import FixedAdmin, ReadOnlyAdmin
from manyvoices.collect.studies.models import (
    ReleasedParticipant,
    ReleasedVersion,
    Study,
    StudyVersion,
)


@admin.register(Study)
class StudyAdmin(FixedAdmin):
    """A study comes from its ``study.yaml``, so only whether it is open can be changed."""

    list_display = ("id", "title", "is_open", "created_at")
    list_filter = ("is_open",)
    search_fields = ("id", "title")
    fields = ("id", "title", "is_open", "created_at")
    readonly_fields = ("id", "title", "created_at")


@admin.register(StudyVersion)
class StudyVersionAdmin(ReadOnlyAdmin):
    """The protocol of each version, as people took part under it."""

    list_display = ("study", "number", "digest", "created_at")
    list_filter = ("study",)
    list_select_related = ("study",)
    search_fields = ("digest",)
    fields = ("study", "number", "digest", "created_at", "protocol")
    readonly_fields = ("protocol",)

    @admin.display(description="protocol")
    def protocol(self, version: StudyVersion) -> SafeString:
        """The content as it was validated, indented."""
        text = json.dumps(version.content, indent=2, ensure_ascii=False)
        return format_html("<pre>{}</pre>", text)


@admin.register(ReleasedVersion)
class ReleasedVersionAdmin(ReadOnlyAdmin):
    """The releases that were written."""

    list_display = ("release_id", "study", "version", "created_at")
    list_filter = ("study",)
    list_select_related = ("study",)
    search_fields = ("release_id",)
    fields = ("release_id", "study", "version", "created_at")


@admin.register(ReleasedParticipant)
class ReleasedParticipantAdmin(ReadOnlyAdmin):
    """Who is in which release, by pseudonym."""

    list_display = ("participant_id", "release")
    list_select_related = ("release",)
    search_fields = ("=participant_id",)
    fields = ("participant_id", "release")
