"""The pages of comparisons. Each shows what is next, or stores one form and goes on."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from manyvoices.collect.accounts.limits import limited
from manyvoices.collect.comparisons import (
    arena,
    judging,
    operations,
    polling,
    presenting,
    queries,
    stopping,
)
from manyvoices.collect.comparisons.contexts import AwaitPage
from manyvoices.collect.comparisons.forms import VerdictForm, read_verdict
from manyvoices.collect.comparisons.models import Comparison
from manyvoices.collect.people import drafts, journey
from manyvoices.collect.people.access import for_participant
from manyvoices.collect.people.errors import StaleSubmission
from manyvoices.collect.people.models import Participant
from manyvoices.collect.rows import the_one
from manyvoices.collect.views import last, posted_lists, render_page
from manyvoices.design.journey import Step, next_step
from manyvoices.schema.comparisons import ComparisonVerdict

show_or_post = require_http_methods(["GET", "HEAD", "POST"])


@show_or_post
@for_participant
@limited("compare")
def following(request: HttpRequest, participant: Participant, stage: int) -> HttpResponse:
    """Take the next comparison, or in an arena end."""
    if request.method != "POST":
        if journey.step_of(participant) != Step("comparisons", stage):
            raise StaleSubmission("there is nothing to take now")
        rule = queries.stage_spec(participant, stage)
        page = presenting.following_page(participant, stage, rule)
        return render_page(request, participant, "comparisons/following.html", page)
    now = timezone.now()
    if request.POST.get("action") == "end":
        judging.end(participant=participant, stage=stage, now=now)
        stopping.look_after(participant, stage, now=now)
        return _on(participant)
    number = request.POST.get("number", "")
    if not number.isdigit():
        raise StaleSubmission("the form names no comparison")
    return _take(participant, stage, int(number))


def _take(participant: Participant, stage: int, number: int) -> HttpResponse:
    """Hand out a comparison and show it; where nothing is left the study goes on."""
    now = timezone.now()
    found = operations.start_comparison(
        participant=participant, stage=stage, number=number, now=now
    )
    if found is None:
        stopping.look_after(participant, stage, now=now)
        return _on(participant)
    return redirect("comparisons:comparison", participant.study_id, stage, number)


def _on(participant: Participant) -> HttpResponse:
    return redirect("people:next", participant.study_id)


def _find(participant: Participant, stage: int, number: int) -> Comparison:
    comparison = the_one(participant.comparisons.filter(stage=stage, number=number))
    if comparison is None:
        raise StaleSubmission("there is no such comparison")
    comparison.participant = participant
    return comparison


@show_or_post
@for_participant
def comparison(
    request: HttpRequest, participant: Participant, stage: int, number: int
) -> HttpResponse:
    """One comparison: wait for its answers, judge them."""
    found = _find(participant, stage, number)
    if request.method == "POST":
        return _post(request, found)
    if found.is_over:
        return _on(participant)
    if found.source == "arena":
        return arena.show(request, found)
    rule = queries.stage_spec(participant, stage)
    if queries.may_judge(found, rule):
        return _show(request, found)
    page = _await_page(found)
    return render_page(request, participant, "comparisons/waiting.html", page)


def _await_page(found: Comparison) -> AwaitPage:
    rule = queries.stage_spec(found.participant, found.stage)
    exchanges = queries.exchanges_with_answers(found)
    if not exchanges:
        raise StaleSubmission("nothing was asked yet")
    return presenting.await_page(found, rule, exchanges[-1], now=timezone.now())


def _show(
    request: HttpRequest,
    found: Comparison,
    *,
    posted: dict[str, list[str]] | None = None,
    form: VerdictForm | None = None,
) -> HttpResponse:
    if found.source == "arena":
        return arena.show(request, found, verdict=posted, form=form)
    page = presenting.judge_page(
        found,
        queries.stage_spec(found.participant, found.stage),
        posted=posted,
        errors=form.errors if form else None,
        is_asked_back=form is not None and not form.errors,
    )
    template = "comparisons/judge.html"
    return render_page(request, found.participant, template, page, has_errors=form is not None)


def _post(request: HttpRequest, found: Comparison) -> HttpResponse:
    posted = posted_lists(request.POST)
    action = last(posted, "action")
    if found.is_over:
        return _on(found.participant)
    if action == "judge":
        return _judge(request, found.participant, found, posted)
    if found.source == "arena" and action == "message":
        return arena.send(request, found.participant, found=found, posted=posted)
    if found.source == "arena" and action in ("again", "give_up"):
        return arena.go_on_without(request, found.participant, found=found, action=action)
    if action == "again":
        operations.ask_again(comparison=found, now=timezone.now())
    elif action == "give_up":
        judging.give_up(comparison=found, now=timezone.now())
    else:
        raise StaleSubmission("the form names no step of this comparison")
    return _on(found.participant)


@limited("compare")
def _judge(
    request: HttpRequest,
    participant: Participant,
    found: Comparison,
    posted: dict[str, list[str]],
) -> HttpResponse:
    rule = queries.stage_spec(participant, found.stage)
    form = read_verdict(posted, rule, len(found.models))
    if form.errors or form.is_unmoved:
        if not queries.may_judge(found, rule):
            raise StaleSubmission("the answers are not there yet")
        return _show(request, found, posted=posted, form=form)
    assert form.verdict is not None, "a form without errors has a verdict"
    judging.judge(
        comparison=found,
        verdict=form.verdict,
        order=form.order,
        reasons=form.reasons,
        reason_text=form.reason_text,
        address=request.META.get("REMOTE_ADDR", ""),
        now=timezone.now(),
    )
    drafts.drop_draft(participant, presenting.form_name(found))
    return _after(found, reveals=rule.reveals)


def _after(found: Comparison, *, reveals: bool) -> HttpResponse:
    """The names, where people learn them; or the next comparison at once."""
    participant, stage = found.participant, found.stage
    step = next_step(participant.version.spec, journey.facts(participant))
    is_done = step != Step("comparisons", stage)
    if is_done:
        stopping.look_after(participant, stage, now=timezone.now())
    if reveals:
        return redirect("comparisons:names", participant.study_id, stage, found.number)
    if is_done or found.source == "arena":  # There people choose whether to go on.
        return _on(participant)
    return _take(participant, stage, found.number + 1)


@require_GET
@for_participant
def progress(
    request: HttpRequest, participant: Participant, stage: int, number: int
) -> HttpResponse:
    """What the waiting page asks for: how many answers have come, or that all have."""
    have = request.GET.get("have", "")
    if polling.nothing_new(participant, stage, number, have=have, now=timezone.now()):
        return HttpResponse(status=204)
    found = _find(participant, stage, number)
    if found.source == "arena":
        return arena.progress(request, found)
    page = None if found.is_over else _await_page(found)
    if page is None or not page.is_waiting:
        response = HttpResponse(status=204)
        response.headers["HX-Refresh"] = "true"
        return response
    if have == str(page.settled):
        return HttpResponse(status=204)
    return render(request, "comparisons/_waiting.html", {"page": page, "study": participant.study})


@require_GET
@for_participant
def names(request: HttpRequest, participant: Participant, stage: int, number: int) -> HttpResponse:
    """Which model stood where: only where the study tells, and only after the verdict."""
    found = _find(participant, stage, number)
    rule = queries.stage_spec(participant, stage)
    if found.revealed_at is None or found.verdict in (None, ComparisonVerdict.FAILED):
        raise StaleSubmission("the names are not told")
    goes_on = journey.step_of(participant) == Step("comparisons", stage)
    n_handed_out = len(queries.verdicts(participant, stage))
    page = presenting.names_page(found, rule, n_handed_out + 1 if goes_on else None)
    return render_page(request, participant, "comparisons/names.html", page)
