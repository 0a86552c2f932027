"""Pages of contributors. Thin: they read, call one operation, and render."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def home(request: HttpRequest, study_id: str) -> HttpResponse:
    """What is needed, in my languages."""
    raise NotImplementedError
