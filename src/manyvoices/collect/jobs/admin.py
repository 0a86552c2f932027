"""The queue in Django's administration, to look at: only `jobs.leases` changes a job."""

from __future__ import annotations

from django.contrib import admin

from manyvoices.collect.console.readonly import ReadOnlyAdmin
from manyvoices.collect.jobs.models import Job


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """One row per piece of work."""

    list_display = ("kind", "key", "state", "attempts", "owner", "created_at", "finished_at")
    list_filter = ("state", "kind")
    search_fields = ("=key", "error")
