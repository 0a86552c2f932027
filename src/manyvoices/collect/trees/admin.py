"""Trees in Django's administration, to look at; what is decided about them, the console decides."""

from __future__ import annotations

from django.contrib import admin

from manyvoices.collect.console.readonly import ReadOnlyAdmin
from manyvoices.collect.trees import models


@admin.register(models.Tree)
class TreeAdmin(ReadOnlyAdmin):
    """One row per tree."""

    list_display = ("id", "study", "language", "state", "goal_size", "room", "changed_at")
    list_filter = ("study", "language", "state", "simulated")
    search_fields = ("=id", "origin")
    readonly_fields = ("id",)


@admin.register(models.Message)
class MessageAdmin(ReadOnlyAdmin):
    """One row per message."""

    list_display = ("id", "tree", "role", "depth", "accepted", "n_reviews", "rank", "deleted")
    list_filter = ("tree__study", "language", "role", "accepted", "deleted", "is_split")
    search_fields = ("=id", "=tree__id", "=author__id")
    readonly_fields = ("id",)


@admin.register(models.Task)
class TaskAdmin(ReadOnlyAdmin):
    """One row per task that was handed out. What a check of a reviewer expects is not shown."""

    list_display = ("id", "study", "kind", "state", "participant", "leased_at", "expires_at")
    list_filter = ("study", "language", "kind", "state")
    search_fields = ("=id", "=participant__id", "=message__id")
    readonly_fields = ("id",)
    exclude = ("gold",)


@admin.register(models.Need)
class NeedAdmin(ReadOnlyAdmin):
    """One row per kind of task that can be handed out about a message."""

    list_display = ("kind", "study", "language", "seats", "due_at", "message")
    list_filter = ("study", "language", "kind")


@admin.register(models.LabelsGiven)
class LabelsGivenAdmin(ReadOnlyAdmin):
    """One row per review, free label or report."""

    list_display = ("message", "participant", "source", "counts", "created_at")
    list_filter = ("message__tree__study", "source", "counts")
    search_fields = ("=message__id", "=participant__id")


@admin.register(models.RankingGiven)
class RankingGivenAdmin(ReadOnlyAdmin):
    """One row per person and set of replies."""

    list_display = ("parent", "participant", "all_bad", "created_at")
    list_filter = ("parent__tree__study", "all_bad")
    search_fields = ("=parent__id", "=participant__id")


@admin.register(models.PromptPlace)
class PromptPlaceAdmin(ReadOnlyAdmin):
    """Where people put prompts that wait."""

    list_display = ("message", "participant", "ranking", "place", "sent_at")
    raw_id_fields = ("message", "participant", "task")


@admin.register(models.SetConsensus)
class SetConsensusAdmin(ReadOnlyAdmin):
    """One row per set of replies that was merged."""

    list_display = ("parent", "n_rankings", "all_bad", "kendall_w", "alpha", "merged_at")
    list_filter = ("parent__tree__study", "all_bad")


@admin.register(models.Revision)
class RevisionAdmin(ReadOnlyAdmin):
    """One row per text that a message had before it was changed."""

    list_display = ("message", "replaced_at", "by", "reason")
    search_fields = ("=message__id",)


@admin.register(models.TreeEvent)
class TreeEventAdmin(ReadOnlyAdmin):
    """One row per step of a tree."""

    list_display = ("tree", "before", "after", "reason", "at", "by")
    list_filter = ("tree__study", "after")
    search_fields = ("=tree__id",)


@admin.register(models.PolicyChange)
class PolicyChangeAdmin(ReadOnlyAdmin):
    """One row per policy that was put in force."""

    list_display = ("study", "language", "changed_at", "changed_by", "reason")
    list_filter = ("study", "language")


@admin.register(models.ReviewerWeight)
class ReviewerWeightAdmin(ReadOnlyAdmin):
    """One row per reviewer, where a project weighs them."""

    list_display = ("participant", "study", "language", "weight", "n_reviews", "weighed_at")
    list_filter = ("study", "language")


@admin.register(models.LanguageRound)
class LanguageRoundAdmin(ReadOnlyAdmin):
    """One row per project and language that the sweeper goes through."""

    list_display = ("study", "language", "last_event", "weighed_at")
