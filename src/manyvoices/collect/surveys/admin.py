"""Survey answers in Django's administration, to look at."""

from __future__ import annotations

from django.contrib import admin

from manyvoices.collect.console.readonly import ReadOnlyAdmin
from manyvoices.collect.surveys.models import ReplacedAnswer, SurveyAnswer, SurveyPage


@admin.register(SurveyPage)
class SurveyPageAdmin(ReadOnlyAdmin):
    """Which pages were sent, and when."""

    list_display = ("participant", "stage", "page", "sent_at")
    list_filter = ("participant__study", "participant__simulated", "stage", "page")
    search_fields = ("=participant__id",)
    fields = ("participant", "stage", "page", "sent_at")


@admin.register(SurveyAnswer)
class SurveyAnswerAdmin(ReadOnlyAdmin):
    """Answers as they were given."""

    list_display = ("participant", "survey", "question", "kind", "answered_at")
    list_filter = ("participant__study", "participant__simulated", "survey", "kind")
    search_fields = ("=participant__id", "question")
    fields = (
        "participant",
        "survey",
        "question",
        "kind",
        "value",
        "order",
        "consent_version",
        "answered_at",
    )


@admin.register(ReplacedAnswer)
class ReplacedAnswerAdmin(ReadOnlyAdmin):
    """What answers were before somebody went back and changed them."""

    list_display = ("participant", "survey", "question", "answered_at", "replaced_at")
    list_filter = ("participant__study", "participant__simulated", "survey")
    search_fields = ("=participant__id", "question")
