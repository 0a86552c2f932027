"""Keeps people who were openly barred from the pages of work, whichever room shows them.

One statement on such pages, none elsewhere. What they send by other ways is refused where it is
stored (`signals.refuse_the_barred`); what is their own (contributions, data, appeals) stays open.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from manyvoices.collect.moderation.restrictions import standing
from manyvoices.collect.people.access import cookie_name, current_participant
from manyvoices.collect.people.errors import NotTakingPart

WORK = {
    "trees": {"next", "quiz", "task", "write", "label", "rank", "keep", "edit", "free_labels"},
    "moderation": {"report"},
    "community": {"react"},
}
"""App -> pages on which somebody contributes."""


class StandingMiddleware:
    """Show barred people why, and until when, in place of a page of work."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, _view: object, _args: object, kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """None where the page may be shown."""
        match = request.resolver_match
        if match is None or match.url_name not in WORK.get(match.app_name, ()):
            return None
        study_id = kwargs.get("study_id", "")
        key = request.get_signed_cookie(cookie_name(study_id), default="", salt=study_id)
        try:
            found = standing(uuid.UUID(key), timezone.now())
        except ValueError:
            return None
        return None if found.may_work else _barred(request, study_id, found)


def _barred(request: HttpRequest, study_id: str, found: object) -> HttpResponse | None:
    """What they sent is shown word for word: it is stored nowhere, and nothing may be lost."""
    try:
        participant = current_participant(request, study_id)
    except NotTakingPart:
        return None
    context = {
        "study": participant.study,
        "study_title": participant.version.spec.title,
        "page": {"here": ""},
        "standing": found,
        "kept_text": request.POST.get("text", ""),
    }
    return render(request, "moderation/barred.html", context, status=403)
