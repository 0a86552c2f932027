"""Who may see a contributor's page, and what becomes of a text that comes from nobody."""

from __future__ import annotations

import functools
import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _

from manyvoices.collect.people import drafts, journey
from manyvoices.collect.people.access import (
    P,
    ParticipantView,
    View,
    current_participant,
    for_participant,
)
from manyvoices.collect.people.errors import NotTakingPart, StaleSubmission
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees.contexts import GonePage
from manyvoices.collect.trees.models import Task
from manyvoices.collect.views import posted_lists


def for_contributor(view: ParticipantView[P]) -> View[P]:
    """Give a view its participant, once they have come as far as the trees.

    A text that somebody sends is never answered by another page alone: whoever is not known any
    more gets it back to copy, and that of somebody who is held up is kept as a draft.
    """

    @functools.wraps(view)
    def there(request: HttpRequest, participant: Participant, *args: Any, **kw: Any) -> Any:
        if journey.step_of(participant).kind != "trees":
            raise StaleSubmission("this person has not come to the trees yet")
        return view(request, participant, *args, **kw)

    inner = for_participant(there)

    @functools.wraps(view)
    def run(request: HttpRequest, study_id: str, *args: Any, **kw: Any) -> HttpResponse:
        if request.method == "POST" and request.POST.get("text", "").strip():
            try:
                _keep_text(current_participant(request, study_id), request, kw.get("task"))
            except NotTakingPart:
                return text_back(request, study_id)
        return inner(request, study_id, *args, **kw)

    return run  # type: ignore[return-value]  # mypy cannot wrap Concatenate in functools.wraps


def _keep_text(participant: Participant, request: HttpRequest, task: uuid.UUID | None) -> None:
    """Before anything else is done with it, a text that was sent is a draft."""
    if task is None or not Task.objects.filter(pk=task, participant=participant).exists():
        return
    fields = posted_lists(request.POST)
    for name in ("csrfmiddlewaretoken", "action"):
        fields.pop(name, None)
    try:
        drafts.save_draft(
            participant=participant, form=f"task-{task}", fields=fields, now=timezone.now()
        )
    except drafts.DraftTooLarge:
        return  # It is far too long to be taken, and the page will say so.


def text_back(request: HttpRequest, study_id: str) -> HttpResponse:
    """What somebody wrote whom this browser does not know any more, for them to copy."""
    study = get_object_or_404(Study, pk=study_id)
    page = GonePage(
        title=_("We no longer know who you are in this browser"),
        reason=_(
            "So what you wrote could not be stored. It is here, word for word. Open your personal"
            " link or sign in, in another window; then come back here and send it again."
        ),
        text=request.POST.get("text", ""),
        lang="",
        dir="auto",
        carried=[
            (name, value)
            for name in ("source-title", "source-url", "evidence", "language")
            for value in request.POST.getlist(name)
        ],
    )
    context = {"page": page, "study": study, "study_title": study.title, "send_again": True}
    return render(request, "trees/kept.html", context, status=403)


def task_of(participant: Participant, key: uuid.UUID) -> Task:
    """A task of this person; `StaleSubmission` where it is somebody else's, or none."""
    rows = Task.objects.select_related("message", "tree", "study")
    found = rows.filter(pk=key, participant=participant).first()
    if found is None:
        raise StaleSubmission("there is no such task")
    found.participant = participant
    found.study = participant.study
    return found
