"""Contributors in Django's administration."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from manyvoices.collect.console.readonly import ReadOnlyAdmin
from manyvoices.collect.contributors.models import Contributor, QuizTry


@admin.register(Contributor)
class ContributorAdmin(ReadOnlyAdmin):
    """Languages in which somebody wants tasks."""

    list_display = ("participant", "languages", "changed_at")
    search_fields = ("=participant__id",)


@admin.register(QuizTry)
class QuizTryAdmin(ReadOnlyAdmin):
    """Tries at quizzes. Deleting those that failed lets somebody try again."""

    list_display = ("participant", "quiz", "number", "passed", "tried_at")
    list_filter = ("quiz", "passed")
    search_fields = ("=participant__id",)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser) and (obj is None or not getattr(obj, "passed", True))
