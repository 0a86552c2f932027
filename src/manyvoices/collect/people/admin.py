"""People in Django's administration, by pseudonym only."""

from __future__ import annotations

from django.contrib import admin

from manyvoices.collect.console.readonly import ReadOnlyAdmin
from manyvoices.collect.people.models import Draft, Participant


@admin.register(Participant)
class ParticipantAdmin(ReadOnlyAdmin):
    """Neither the personal link's key nor the recruitment provider's identifier is shown."""

    list_display = ("id", "study", "simulated", "language", "consented_at", "completed_at")
    list_filter = ("study", "simulated", "language", "consent_version")
    list_select_related = ("study",)
    search_fields = ("=id",)
    date_hierarchy = "consented_at"
    fields = (
        "id",
        "study",
        "version",
        "simulated",
        "language",
        "consent_version",
        "consented_at",
        "completed_at",
        "withdrawn_at",
    )
    readonly_fields = ("id",)


@admin.register(Draft)
class DraftAdmin(ReadOnlyAdmin):
    """That there is a draft, not what is in it: it was not sent."""

    list_display = ("participant", "form", "saved_at")
    search_fields = ("=participant__id", "form")
    fields = ("participant", "form", "saved_at")
