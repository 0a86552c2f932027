"""The community in Django's administration: to look at."""

from __future__ import annotations

from django.contrib import admin

from manyvoices.collect.community.models import Notice, Profile, Reaction, Score
from manyvoices.collect.console.readonly import ReadOnlyAdmin


@admin.register(Profile)
class ProfileAdmin(ReadOnlyAdmin):
    list_display = ("participant", "on_boards", "changed_at")
    list_filter = ("on_boards",)
    search_fields = ("=participant__id",)
    fields = ("participant", "display_name", "on_boards", "changed_at")


@admin.register(Score)
class ScoreAdmin(ReadOnlyAdmin):
    list_display = ("participant", "frame", "language", "points", "counted_at")
    list_filter = ("study", "frame", "language")
    search_fields = ("=participant__id",)
    fields = ("study", "participant", "frame", "language", "points", "counted_at")


@admin.register(Reaction)
class ReactionAdmin(ReadOnlyAdmin):
    list_display = ("pk", "message", "kind", "at")
    list_filter = ("kind",)
    search_fields = ("=participant__id", "=message__id")
    fields = ("message", "participant", "kind", "at")


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    list_display = ("participant", "kind", "at", "read_at")
    list_filter = ("kind",)
    search_fields = ("=participant__id",)
    fields = ("participant", "message", "kind", "words", "at", "read_at")
