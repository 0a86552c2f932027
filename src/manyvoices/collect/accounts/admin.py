"""Accounts in Django's administration: no hash, no address of e-mail."""

from __future__ import annotations

from django.contrib import admin

from manyvoices.collect.accounts.models import ApiKey, Bucket, Membership, SignInLink, Underway
from manyvoices.collect.console.readonly import ReadOnlyAdmin


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    """Which keys there are and when they were used; their owners revoke them on their page."""

    list_display = ("prefix", "name", "user", "created_at", "last_used_at", "revoked_at")
    list_select_related = ("user",)
    search_fields = ("=prefix", "=user__username")
    fields = ("prefix", "name", "user", "scopes", "created_at", "last_used_at", "revoked_at")


@admin.register(SignInLink)
class SignInLinkAdmin(ReadOnlyAdmin):
    """That links were sent and used; to whom, they say themselves."""

    list_display = ("pk", "created_at", "expires_at", "used_at")
    fields = ("created_at", "expires_at", "used_at")


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    """Which record belongs to some account. Whose account it is is not shown beside what the
    person wrote."""

    list_display = ("participant", "study", "linked_at")
    list_filter = ("study",)
    list_select_related = ("study",)
    search_fields = ("=participant__id",)
    fields = ("participant", "study", "linked_at")


@admin.register(Bucket)
class BucketAdmin(ReadOnlyAdmin):
    """Rate limits in use."""

    list_display = ("key", "tokens", "at")
    fields = ("key", "tokens", "at")


@admin.register(Underway)
class UnderwayAdmin(ReadOnlyAdmin):
    """Exports that are being made or read."""

    list_display = ("key", "until")
    fields = ("key", "until")
