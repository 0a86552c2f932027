"""Webhooks and their requests in Django's administration, to look at: no secret, no address."""

from __future__ import annotations

from django.contrib import admin

from manyvoices.collect.console.readonly import ReadOnlyAdmin
from manyvoices.collect.webhooks.models import Delivery, Webhook


@admin.register(Webhook)
class WebhookAdmin(ReadOnlyAdmin):
    """Owners change them in the console, where it is noted."""

    list_display = ("id", "study", "host", "is_active", "failures", "created_at")
    list_filter = ("study", "is_active")
    list_select_related = ("study",)
    fields = (
        *("id", "study", "host", "events", "include_text", "is_active", "off_because"),
        *("failures", "wait_until", "created_by", "created_at", "deleted_at"),
    )
    readonly_fields = ("id", "host")


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """One row for each event and address."""

    list_display = ("event", "event_id", "hook", "state", "attempts", "status", "created_at")
    list_filter = ("state", "event")
    list_select_related = ("hook",)
    search_fields = ("=event_id",)
