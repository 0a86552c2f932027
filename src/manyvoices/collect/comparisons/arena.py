"""The page of an arena: write, wait, read the sides beside each other, write on or judge.

Which models answer is known to the server alone until the verdict is stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from manyvoices.collect.accounts.limits import limited
from manyvoices.collect.comparisons import operations, presenting, queries, talking
from manyvoices.collect.comparisons.arena_presenting import arena_page, waiting_view
from manyvoices.collect.comparisons.forms import VerdictForm
from manyvoices.collect.comparisons.models import Comparison
from manyvoices.collect.conversations.presenting import MAX_PROMPT
from manyvoices.collect.people import drafts
from manyvoices.collect.people.errors import StaleSubmission
from manyvoices.collect.people.models import Participant
from manyvoices.collect.views import last, render_page
from manyvoices.design.dialogue import check_words
from manyvoices.design.problems import Problem
from manyvoices.design.survey import read_text

Posted = Mapping[str, Sequence[str]]
TEMPLATE = "comparisons/arena_talk.html"


def show(
    request: HttpRequest,
    found: Comparison,
    *,
    message: Posted | None = None,
    problem: Problem | None = None,
    verdict: Posted | None = None,
    form: VerdictForm | None = None,
) -> HttpResponse:
    """The page where the talk stands, with what was posted and is still to be put right."""
    page = arena_page(
        found,
        queries.stage_spec(found.participant, found.stage),
        now=timezone.now(),
        posted_message=message,
        problem=problem,
        posted_verdict=verdict,
        verdict_errors=form.errors if form else None,
        is_asked_back=form is not None and not form.errors,
    )
    has_errors = problem is not None or form is not None
    return render_page(request, found.participant, TEMPLATE, page, has_errors=has_errors)


@limited("arena_message")
def send(
    request: HttpRequest, participant: Participant, *, found: Comparison, posted: Posted
) -> HttpResponse:
    """Store a message and ask every side."""
    index = last(posted, "turn")
    if not index.isascii() or not index.isdigit():
        raise StaleSubmission("the form names no message")
    rule = queries.stage_spec(participant, found.stage)
    text, problem = read_text(posted.get("prompt", ()), max_length=MAX_PROMPT, required=True)
    problem = problem or check_words(text or "", rule.messages)
    if problem is not None and int(index) == found.exchanges.count():
        return show(request, found, message=posted, problem=problem)
    talking.send_message(comparison=found, index=int(index), text=text or "", now=timezone.now())
    drafts.drop_draft(participant, talking.message_form(found.stage, found.number, int(index)))
    # What was ticked before these answers is no verdict on them.
    drafts.drop_draft(participant, presenting.form_name(found))
    return _to(found)


@limited("arena_again")
def go_on_without(
    _request: HttpRequest, participant: Participant, *, found: Comparison, action: str
) -> HttpResponse:
    """Answers failed: ask again, or leave the comparison out."""
    if action == "again":
        operations.ask_again(comparison=found, now=timezone.now())
        return _to(found)
    talking.leave_out(comparison=found, now=timezone.now())
    return redirect("people:next", participant.study_id)


def progress(request: HttpRequest, found: Comparison) -> HttpResponse:
    """What the waiting page asks for, where something is new: how many answers are here, or the
    whole page."""
    exchanges = queries.exchanges_with_answers(found)
    waiting = waiting_view(found, exchanges, now=timezone.now())
    if waiting is None:
        response = HttpResponse(status=204)
        response.headers["HX-Refresh"] = "true"
        return response
    context = {"page": waiting, "study": found.participant.study}
    return render(request, "comparisons/_waiting.html", context)


def _to(found: Comparison) -> HttpResponse:
    place = [found.participant.study_id, found.stage, found.number]
    return redirect("comparisons:comparison", *place)
