"""Signatures, gold and checks in Django's administration."""

from __future__ import annotations

from django.contrib import admin

from manyvoices.collect.console.readonly import ReadOnlyAdmin
from manyvoices.collect.quality.models import CheckGiven, GoldItem, TextBand


@admin.register(TextBand)
class TextBandAdmin(ReadOnlyAdmin):
    """Numbers only."""

    list_display = ("message", "value")
    search_fields = ("=message__id",)


@admin.register(GoldItem)
class GoldItemAdmin(ReadOnlyAdmin):
    """What is known of which message."""

    list_display = ("message", "study", "is_active", "made_at", "made_by")
    list_filter = ("study", "is_active")
    list_select_related = ("study",)
    search_fields = ("=message__id",)


@admin.register(CheckGiven)
class CheckGivenAdmin(ReadOnlyAdmin):
    """How checks went."""

    list_display = ("task", "kind", "n_same", "n_compared", "given_at")
    list_filter = ("kind",)
    search_fields = ("=task__id",)
