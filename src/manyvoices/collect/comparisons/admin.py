"""Comparisons in Django's administration; the console shows them as people saw them."""

from __future__ import annotations

from django.contrib import admin

from manyvoices.collect.comparisons.models import (
    Comparison,
    ComparisonsOver,
    Exchange,
    Look,
    SideAnswer,
    VoteDecision,
)
from manyvoices.collect.console.readonly import ReadOnlyAdmin


@admin.register(Comparison)
class ComparisonAdmin(ReadOnlyAdmin):
    """One row per comparison."""

    list_display = ("id", "participant", "stage", "number", "prompt_id", "verdict", "judged_at")
    list_filter = ("study", "simulated", "source", "verdict", "pool")
    search_fields = ("=id", "=participant__id", "prompt_id")
    date_hierarchy = "started_at"
    readonly_fields = ("id",)


@admin.register(Exchange)
class ExchangeAdmin(ReadOnlyAdmin):
    """One row per message."""

    list_display = ("comparison", "index", "attempt", "created_at", "deadline_at")
    list_filter = ("comparison__study", "comparison__simulated")
    search_fields = ("=comparison__id", "prompt")
    date_hierarchy = "created_at"


@admin.register(SideAnswer)
class SideAnswerAdmin(ReadOnlyAdmin):
    """One row per place."""

    list_display = ("id", "exchange", "attempt", "position", "failure", "latency_ms", "settled_at")
    list_filter = ("exchange__comparison__study", "exchange__comparison__simulated", "failure")
    search_fields = ("=id", "=exchange__comparison__id")
    readonly_fields = ("id",)


@admin.register(ComparisonsOver)
class ComparisonsOverAdmin(ReadOnlyAdmin):
    """For whom a stage is over before its count."""

    list_display = ("participant", "stage", "because", "at")
    list_filter = ("participant__study", "because")
    search_fields = ("=participant__id",)


@admin.register(Look)
class LookAdmin(ReadOnlyAdmin):
    """What the stopping rule last said of each pair."""

    list_display = ("study", "stage", "first", "second", "simulated", "n", "decision", "at")
    list_filter = ("study", "simulated", "decision")


@admin.register(VoteDecision)
class VoteDecisionAdmin(ReadOnlyAdmin):
    """Votes that were set aside by hand, or given back."""

    list_display = ("comparison", "action", "by", "reason", "at")
    list_filter = ("comparison__study", "action")
    search_fields = ("=comparison__id", "by")
