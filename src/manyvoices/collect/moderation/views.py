"""A contributor's forms of moderation: to report a message, and to ask for another look."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from manyvoices.collect.moderation import cases
from manyvoices.collect.moderation.errors import Refused
from manyvoices.collect.moderation.forms import fresh
from manyvoices.collect.people.access import for_participant
from manyvoices.collect.people.models import Participant
from manyvoices.collect.trees import own
from manyvoices.collect.trees.models import Message


@require_http_methods(["GET", "HEAD", "POST"])
@for_participant
def report(request: HttpRequest, participant: Participant, message: uuid.UUID) -> HttpResponse:
    """Say what is wrong with a message."""
    found = _message_for(participant, message)
    if found is None or found.author_id == participant.pk:
        raise Http404("no such message, or one's own")
    if request.method != "POST":
        return _form(request, participant, "report", found)
    try:
        cases.report(
            message=found,
            participant=participant,
            reason=request.POST.get("reason", ""),
            now=timezone.now(),
            rng=fresh(),
        )
    except Refused:
        return _form(request, participant, "report", found, problem=True)
    return _form(request, participant, "thanks", found, is_report=True)


@require_http_methods(["GET", "HEAD", "POST"])
@for_participant
def appeal(request: HttpRequest, participant: Participant, message: uuid.UUID) -> HttpResponse:
    """Ask for another look at one's own message."""
    rows = Message.objects.filter(author=participant, tree__study=participant.study_id)
    found = rows.select_related("tree__study", "held").filter(pk=message).first()
    if found is None:
        raise Http404("no such message of one's own")
    if request.method != "POST":
        if not cases.may_appeal(found, participant):
            return redirect("trees:mine", participant.study_id)
        return _form(request, participant, "appeal", found)
    try:
        cases.appeal(
            message=found,
            participant=participant,
            reason=request.POST.get("reason", ""),
            now=timezone.now(),
        )
    except Refused:
        if not cases.may_appeal(found, participant):
            return redirect("trees:mine", participant.study_id)
        return _form(request, participant, "appeal", found, problem=True)
    return _form(request, participant, "thanks", found, is_report=False)


def _message_for(participant: Participant, key: uuid.UUID) -> Message | None:
    """A message that somebody may look at: they had a task in its tree, or the tree is finished
    and anybody may read it."""
    from manyvoices.schema import TreeState

    found = own.message_for(participant, key)
    if found is not None:
        return found
    rows = Message.objects.filter(pk=key, tree__study=participant.study_id, deleted=False)
    finished = rows.filter(tree__state=TreeState.READY_FOR_EXPORT.value, accepted=True)
    return finished.select_related("tree").first()


def _form(
    request: HttpRequest, participant: Participant, name: str, message: Message, **more: Any
) -> HttpResponse:
    problem = _("Please say it in a few words.") if more.pop("problem", False) else ""
    context = {
        "study": participant.study,
        "participant": participant,
        "study_title": participant.version.spec.title,
        "message": message,
        "page": {"here": "", "errors": bool(problem)},
        "problem": problem,
        "typed": request.POST.get("reason", ""),
        "next_url": _back(request),
        **more,
    }
    status = 422 if problem else 200
    return render(request, f"moderation/{name}.html", context, status=status)


def _back(request: HttpRequest) -> str:
    """Where they came from, if it is a page of this server."""
    from django.utils.http import url_has_allowed_host_and_scheme

    url = request.POST.get("back") or request.GET.get("back", "")
    if url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()}):
        return url
    return ""
