"""People in Django's administration, by pseudonym only."""

from __future__ import annotations

from django.contrib import admin

from manyvoices.collect.console.readonly import ReadOnlyAdmin
from manyvoices.collect.people.models import (
    ConsentGiven,
    Draft,
    Invitation,
    Participant,
    PlatformSubmission,
    QuotaCell,
    Recruited,
    Reservation,
)


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


@admin.register(ConsentGiven)
class ConsentGivenAdmin(ReadOnlyAdmin):
    """Who agreed to which text, and when."""

    list_display = ("participant", "consent_version", "agreed_at")
    list_filter = ("consent_version",)
    search_fields = ("=participant__id",)
    fields = ("participant", "consent_version", "agreed_at")


@admin.register(QuotaCell)
class QuotaCellAdmin(ReadOnlyAdmin):
    """The cells of each study's quotas; they come from its ``study.yaml``."""

    list_display = ("study", "key", "limit", "target", "is_active")
    list_filter = ("study", "is_active")
    list_select_related = ("study",)
    search_fields = ("key",)
    fields = ("study", "key", "where", "limit", "target", "is_active")


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyAdmin):
    """Who holds a place where."""

    list_display = ("cell", "participant", "reserved_at")
    list_filter = ("cell__study",)
    list_select_related = ("cell",)
    search_fields = ("=participant__id",)
    fields = ("cell", "participant", "reserved_at")


@admin.register(Recruited)
class RecruitedAdmin(ReadOnlyAdmin):
    """That somebody came from a platform, without the platform's id of their visit."""

    list_display = ("participant", "platform_study")
    search_fields = ("=participant__id",)
    fields = ("participant", "platform_study")


@admin.register(PlatformSubmission)
class PlatformSubmissionAdmin(ReadOnlyAdmin):
    """What a platform said of people, without its own ids of their visits."""

    list_display = ("participant", "status", "seconds", "read_at")
    list_filter = ("status",)
    search_fields = ("=participant__id",)
    fields = ("participant", "status", "entered_code", "seconds", "started_at", "read_at")


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    """How many were invited when; whom, only the list itself says."""

    list_display = ("pk", "study", "invited_at")
    list_filter = ("study",)
    list_select_related = ("study",)
    fields = ("study", "invited_at")
