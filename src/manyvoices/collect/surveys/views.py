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
from manyvoices.collect.surveys import operations, presenting, queries
from manyvoices.collect.views import posted_lists, render_page
from manyvoices.design.journey import Step
from manyvoices.design.survey import read_page

TEMPLATE = "surveys/page.html"


@require_http_methods(["GET", "HEAD", "POST"])
@for_participant
def page(request: HttpRequest, participant: Participant, stage: int, page: int) -> HttpResponse:
    """Page `page` of the survey that is stage number `stage`."""
    if journey.step_of(participant) != Step("survey", stage, page=page):
        raise StaleSubmission("this page is not the participant's next")
    if request.method == "POST":
        return _store(request, participant, stage, page)
    draft = drafts.load_draft(participant, presenting.form_name(stage, page))
    view = presenting.survey_page_view(participant, stage, page, draft, {})
    return render_page(request, participant, TEMPLATE, view)


def _store(request: HttpRequest, participant: Participant, stage: int, page: int) -> HttpResponse:
    posted = posted_lists(request.POST)
    survey, spec = queries.survey_page(participant, stage, page)
    result = read_page(spec, posted, queries.answers_so_far(participant, survey))
    if result.errors:
        view = presenting.survey_page_view(participant, stage, page, posted, result.errors)
        return render_page(request, participant, TEMPLATE, view, has_errors=True)
    operations.store_page(
        participant=participant, stage=stage, page=page, values=result.values, now=timezone.now()
    )
    drafts.drop_draft(participant, presenting.form_name(stage, page))
    admission.after_survey_page(participant, timezone.now())
    return redirect("people:next", participant.study_id)
