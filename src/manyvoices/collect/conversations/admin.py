"""Conversations in Django's administration; the console shows them as people saw them."""

from __future__ import annotations

from django.contrib import admin

from manyvoices.collect.console.readonly import ReadOnlyAdmin
from manyvoices.collect.conversations.models import (
    AttributeRating,
    Conversation,
    Spending,
    Turn,
    Utterance,
)


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin):
    """One row per conversation."""

    list_display = ("id", "participant", "stage", "number", "type", "started_at", "finished_at")
    list_filter = ("participant__study", "participant__simulated", "type")
    search_fields = ("=id", "=participant__id")
    date_hierarchy = "started_at"
    readonly_fields = ("id",)


@admin.register(Turn)
class TurnAdmin(ReadOnlyAdmin):
    """One row per message of a participant."""

    list_display = ("conversation", "index", "attempt", "created_at", "deadline_at", "rated_at")
    list_filter = ("conversation__participant__study", "conversation__participant__simulated")
    search_fields = ("=conversation__id", "prompt")
    date_hierarchy = "created_at"


@admin.register(Utterance)
class UtteranceAdmin(ReadOnlyAdmin):
    """One row per place in a turn."""

    list_display = (
        "id",
        "turn",
        "position",
        "responder",
        "failure",
        "score",
        "chosen",
        "tied",
        "latency_ms",
        "settled_at",
    )
    list_filter = (
        "turn__conversation__participant__study",
        "turn__conversation__participant__simulated",
        "responder",
        "failure",
        "chosen",
        "tied",
    )
    list_select_related = ("turn",)
    search_fields = ("=id", "=turn__conversation__id", "text")
    readonly_fields = ("id",)


@admin.register(AttributeRating)
class AttributeRatingAdmin(ReadOnlyAdmin):
    """One row per statement that was rated."""

    list_display = ("conversation", "block", "item", "value", "not_applicable")
    list_filter = ("conversation__participant__study", "block", "item", "not_applicable")
    search_fields = ("=conversation__id", "item")


@admin.register(Spending)
class SpendingAdmin(ReadOnlyAdmin):
    """What the models have used, person by person."""

    list_display = ("study", "participant", "n_calls", "prompt_tokens", "completion_tokens")
    list_filter = ("study",)
    search_fields = ("=participant__id",)
