"""Pages of the community. Thin: they read, call one operation, and render."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from manyvoices.collect.community import boards, operations, reading, standing, words
from manyvoices.collect.community.access import for_member
from manyvoices.collect.community.models import Notice, Profile
from manyvoices.collect.people.models import Participant
from manyvoices.collect.trees.models import Message
from manyvoices.collect.trees.policies import languages_of

PAGE_SIZE = 20


def _show(
    request: HttpRequest, participant: Participant, name: str, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {
        "study": participant.study,
        "participant": participant,
        "study_title": participant.version.spec.title,
        "page": {"here": "community"},
        **more,
    }
    return render(request, f"community/{name}.html", context, status=status)


@require_safe
@for_member
def home(request: HttpRequest, participant: Participant) -> HttpResponse:
    """What somebody's work comes to, item by item, at this moment."""
    account = standing.points(participant, now=timezone.now())
    return _show(
        request,
        participant,
        "home",
        account=account,
        items=[(words.ITEMS[item.name], item) for item in account.items],
        n_unread=Notice.objects.filter(participant=participant, read_at=None).count(),
    )


@require_safe
@for_member
def board(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Who did most."""
    frame, language = request.GET.get("frame", "week"), request.GET.get("language", "")
    languages = languages_of(participant.study)
    frame = frame if frame in boards.FRAMES else "week"
    language = language if language in languages else ""
    found = boards.board(participant, frame, language, now=timezone.now())
    return _show(
        request,
        participant,
        "board",
        board=found,
        frames=words.FRAMES.items(),
        languages=languages,
        chosen={"frame": frame, "language": language},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_member
def profile(request: HttpRequest, participant: Participant) -> HttpResponse:
    """How somebody wants to be seen."""
    mine = Profile.objects.filter(participant=participant).first()
    typed = {
        "name": mine.display_name if mine else "",
        "on_boards": mine.on_boards if mine else True,
    }
    problem, saved = "", request.GET.get("saved") == "yes"
    if request.method == "POST":
        typed = {
            "name": request.POST.get("name", ""),
            "on_boards": request.POST.get("on_boards") == "yes",
        }
        try:
            operations.change_profile(
                participant=participant,
                display_name=str(typed["name"]),
                on_boards=bool(typed["on_boards"]),
                now=timezone.now(),
            )
        except operations.Unwanted as error:
            problem = _(str(error))
        else:
            return redirect(f"{request.path}?saved=yes")
    return _show(
        request,
        participant,
        "profile",
        status=422 if problem else 200,
        typed=typed,
        problem=problem,
        saved=saved and not problem,
        pseudonym=boards.pseudonym_of(participant),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_member
def notices(request: HttpRequest, participant: Participant) -> HttpResponse:
    """What somebody was told about their contributions."""
    if request.method == "POST":
        operations.mark_read(participant=participant, now=timezone.now())
        return redirect("community:notices", participant.study_id)
    rows = Notice.objects.filter(participant=participant).select_related("message")
    listed = Paginator(rows.order_by("-at", "-pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    told = [(words.NOTICES[row.kind], row) for row in listed]
    unread = any(row.read_at is None for _words, row in told)
    return _show(request, participant, "notices", listed=listed, told=told, has_unread=unread)


@require_safe
@for_member
def finished(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Finished trees, to read."""
    rows = reading.finished_trees(participant.study_id)
    listed = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return _show(request, participant, "finished", listed=listed)


@require_safe
@for_member
def read(request: HttpRequest, participant: Participant, tree: uuid.UUID) -> HttpResponse:
    """One finished tree; nobody judges it any more, so that reactions stand here."""
    found = get_object_or_404(reading.finished_trees(participant.study_id), pk=tree)
    said = reading.branches(found, participant)
    return _show(request, participant, "read", tree=found, branches=said)


@require_POST
@for_member
def react(request: HttpRequest, participant: Participant, message: uuid.UUID) -> HttpResponse:
    """Give a reaction, or take it back."""
    rows = Message.objects.select_related("tree")
    found = get_object_or_404(rows, pk=message, tree__study=participant.study_id)
    kind = request.POST.get("kind", "")
    try:
        operations.react(participant=participant, message=found, kind=kind, now=timezone.now())
    except operations.Unwanted as error:
        return HttpResponse(str(error), status=409, content_type="text/plain; charset=utf-8")
    response = redirect("community:read", participant.study_id, found.tree_id)
    response["Location"] += f"#m-{found.pk}"
    return response
