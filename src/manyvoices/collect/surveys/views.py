"""One survey page: show it, or read it, store it and go on."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from manyvoices.collect.people import admission, drafts, journey
from manyvoices.collect.people.access import for_participant
from manyvoices.collect.people.errors import StaleSubmission
from manyvoices.collect.people.models import Participant
from manyvoices.collect.surveys import attention, operations, presenting, queries
from manyvoices.collect.views import posted_lists, render_page
from manyvoices.design.journey import Step
from manyvoices.design.survey import read_page

TEMPLATE = "surveys/page.html"


@require_http_methods(["GET", "HEAD", "POST"])
@for_participant
def page(request: HttpRequest, participant: Participant, stage: int, page: int) -> HttpResponse:
    """Page `page` of the survey that is stage number `stage`."""
    again = False
    if journey.step_of(participant) != Step("survey", stage, page=page):
        # Only a form that was opened to be changed may change: a second press of "go on" is none.
        meant = request.method != "POST" or bool(request.POST.get(presenting.AGAIN))
        again = meant and queries.may_reopen(participant, stage, page)
        if not again:
            raise StaleSubmission("this page is not the participant's next")
    if request.method == "POST":
        return _store(request, participant, stage, page, again=again)
    draft = drafts.load_draft(participant, presenting.form_name(stage, page))
    if not draft:
        draft = queries.stored_fields(participant, *queries.survey_page(participant, stage, page))
    view = presenting.survey_page_view(participant, stage, page, draft, {}, again=again)
    return render_page(request, participant, TEMPLATE, view)


def _store(
    request: HttpRequest, participant: Participant, stage: int, page: int, *, again: bool
) -> HttpResponse:
    posted = posted_lists(request.POST)
    survey, spec = queries.survey_page(participant, stage, page)
    result = read_page(spec, posted, queries.answers_so_far(participant, survey))
    errors = result.errors or attention.ask_again(
        participant, spec, presenting.form_name(stage, page), result.values, now=timezone.now()
    )
    if errors:
        view = presenting.survey_page_view(participant, stage, page, posted, errors, again=again)
        return render_page(request, participant, TEMPLATE, view, has_errors=True)
    store = operations.change_page if again else operations.store_page
    store(
        participant=participant,
        stage=stage,
        page=page,
        values=result.values,
        texts=result.texts,
        traces=result.traces,
        now=timezone.now(),
    )
    drafts.drop_draft(participant, presenting.form_name(stage, page))
    admission.after_survey_page(participant, timezone.now())
    return redirect("people:next", participant.study_id)
