"""Moderation in Django's administration: to look at. Decisions are made in the console."""

from __future__ import annotations

from django.contrib import admin

from manyvoices.collect.console.readonly import ReadOnlyAdmin
from manyvoices.collect.moderation.models import Case, Decision, Held, Restriction, Signal


@admin.register(Case)
class CaseAdmin(ReadOnlyAdmin):
    list_display = ("id", "study", "urgency", "opened_at", "claimed_by", "decided_at")
    list_filter = ("study", "urgency")
    list_select_related = ("study",)
    search_fields = ("=id", "=message__id")
    fields = (
        *("id", "study", "message", "language", "urgency", "opened_at"),
        *("claimed_by", "claimed_until", "decided_at"),
    )
    readonly_fields = ("id",)


@admin.register(Signal)
class SignalAdmin(ReadOnlyAdmin):
    list_display = ("pk", "kind", "case", "at")
    list_filter = ("kind",)
    search_fields = ("=case__id",)
    fields = ("case", "kind", "participant", "reason", "detail", "at")


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    list_display = ("pk", "action", "by", "at", "undone_at")
    list_filter = ("action",)
    search_fields = ("=case__id",)
    fields = ("case", "action", "reason", "by", "at", "undone_at", "undone_by", "undo_reason")


@admin.register(Restriction)
class RestrictionAdmin(ReadOnlyAdmin):
    list_display = ("participant", "kind", "is_shadow", "by", "at", "until", "lifted_at")
    list_filter = ("kind", "is_shadow")
    search_fields = ("=participant__id",)
    fields = (
        *("participant", "kind", "is_shadow", "per_day", "reason", "by", "at", "until"),
        *("lifted_at", "lifted_by", "lift_reason"),
    )


@admin.register(Held)
class HeldAdmin(ReadOnlyAdmin):
    list_display = ("pk", "participant", "at")
    search_fields = ("=participant__id",)
    fields = ("participant", "message", "labels", "ranking", "at")
