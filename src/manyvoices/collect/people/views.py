"""The invitation, the way on, drafts, and the last page."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from manyvoices.collect.people import (
    admission,
    drafts,
    journey,
    operations,
    place_views,
    rights,
)
from manyvoices.collect.people.access import current_participant, for_participant, remember
from manyvoices.collect.people.arrival import Arrival, arrival, is_same_visit, known_participant
from manyvoices.collect.people.contexts import ConsentPage, DonePage, HomePage, StudyLink
from manyvoices.collect.people.errors import NotTakingPart, StaleSubmission
from manyvoices.collect.people.models import Participant
from manyvoices.collect.people.rights_views import stored_lines
from manyvoices.collect.studies.models import Study
from manyvoices.collect.texts import study_html
from manyvoices.collect.views import last, posted_lists, render_page
from manyvoices.design.translations import study_language


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What this server asks people about; in a demo, what to open first."""
    from manyvoices.collect.console.demo import demo_notes

    links = [_link(study) for study in Study.objects.filter(is_open=True)]
    return render(request, "home.html", {"page": HomePage(studies=links, demo=demo_notes(links))})


def _link(study: Study) -> StudyLink:
    version = study.current
    version.read_in(get_language() or "en")
    return StudyLink(
        title=version.spec.title,
        url=reverse("people:enter", args=[study.id]),
        description=study_html(version.spec.description),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest, study_id: str) -> HttpResponse:
    """Invitation and consent; whoever takes part already goes on where they were."""
    study = get_object_or_404(Study, pk=study_id)
    try:
        current_participant(request, study_id)
        return redirect("people:next", study_id)
    except NotTakingPart:
        found = arrival(request.POST if request.method == "POST" else request.GET, study_id)
    known = known_participant(found, study_id)
    if known is not None:
        return _recognised(request, known, found)
    rules = study.current.spec.recruitment
    is_bot = operations.is_rehearsal(_rehearsal(request), study_id)
    uninvited = rules.provider == "invitation" and not found.invitation
    if found.is_forged or (uninvited and not is_bot):
        return place_views.not_invited(request, study)
    door = admission.at_the_door(study, study.current, timezone.now(), simulated=is_bot)
    if not door.is_ok:
        return place_views.no_entry(request, study, door)
    if request.method == "POST":
        return _consent(request, study, found)
    return _invitation(request, study, found)


def _rehearsal(request: HttpRequest) -> str:
    return request.POST.get("rehearsal", "") or request.GET.get("rehearsal", "")


def _recognised(request: HttpRequest, known: Participant, found: Arrival) -> HttpResponse:
    """One person, one record: whoever came by this link before goes on where they were."""
    if not is_same_visit(known, found):
        return place_views.seen_before(request, known)
    response = redirect("people:next", known.study_id)
    remember(request, response, known)
    return response


def _invitation(
    request: HttpRequest, study: Study, found: Arrival, errors: dict[str, str] | None = None
) -> HttpResponse:
    version = study.current
    version.read_in(get_language() or "en")
    consent = version.spec.consent
    page = ConsentPage(
        consent_html=study_html(consent.text),
        minimum_age=consent.minimum_age,
        entry=operations.new_entry(),
        errors=errors or {},
        rehearsal=_rehearsal(request),
        external_id="" if found.invitation else found.external_id,
        carried=_carried(found),
    )
    return render(
        request,
        "people/consent.html",
        {"page": page, "study": study, "study_title": version.spec.title},
        status=422 if errors else 200,
    )


def _carried(found: Arrival) -> dict[str, str]:
    """What the form hands on of the link by which somebody came."""
    carried = {
        "STUDY_ID": found.platform_study,
        "SESSION_ID": found.platform_session,
        "invitation": found.invitation,
    }
    return {name: value for name, value in carried.items() if value}


def _consent(request: HttpRequest, study: Study, found: Arrival) -> HttpResponse:
    posted = posted_lists(request.POST)
    errors = _consent_errors(posted, study.current.spec.consent.minimum_age)
    if errors:
        return _invitation(request, study, found, errors)
    version = study.current
    try:
        participant = operations.give_consent(
            version=version,
            entry=last(posted, "entry"),
            # The language of the data; that of the interface can be changed at any time.
            language=study_language(version.spec, get_language() or "en"),
            external_id=found.external_id,
            platform_study=found.platform_study,
            platform_session=found.platform_session,
            simulated=operations.is_rehearsal(last(posted, "rehearsal"), study.id),
            seed=operations.rehearsal_seed(last(posted, "rehearsal"), study.id),
            now=timezone.now(),
        )
    except operations.EntryExpired:
        message = _("This page was open for a long time. Please confirm once more.")
        return _invitation(request, study, found, {"agree": message})
    except operations.NoPlace as full:
        return place_views.no_entry(request, study, full.admission)
    if participant.external_id and not is_same_visit(participant, found):
        return place_views.seen_before(request, participant)
    response = redirect("people:next", study.id)
    remember(request, response, participant)
    return response


def _consent_errors(posted: dict[str, list[str]], minimum_age: int) -> dict[str, str]:
    errors = {}
    if not last(posted, "agree"):
        errors["agree"] = _("Please tick this box if you agree to take part.")
    if minimum_age and not last(posted, "age"):
        errors["age"] = _("Please confirm your age if you want to take part.")
    return errors


@require_GET
def declined(request: HttpRequest, study_id: str) -> HttpResponse:
    """Nothing was stored, and the page says so."""
    study = get_object_or_404(Study, pk=study_id)
    return render(request, "people/declined.html", {"study": study})


@require_GET
@for_participant
def next_page(_request: HttpRequest, participant: Participant) -> HttpResponse:
    """Send the participant to where they are."""
    return redirect(journey.address(participant, journey.step_of(participant)))


@require_GET
def resume(request: HttpRequest, study_id: str, key: str) -> HttpResponse:
    """Go on by personal link, on any device."""
    participant = get_object_or_404(
        Participant, study_id=study_id, resume_key=key, withdrawn_at=None
    )
    response = redirect("people:next", study_id)
    remember(request, response, participant)
    return response


@require_POST
def draft(request: HttpRequest, study_id: str, form: str) -> HttpResponse:
    """Keep what is typed. Answers with the time of saving."""
    try:
        participant = current_participant(request, study_id)
        fields = _draft_fields(request.body)
        saved = drafts.save_draft(
            participant=participant, form=form, fields=fields, now=timezone.now()
        )
    except (NotTakingPart, StaleSubmission):
        return JsonResponse({"error": "no participant"}, status=403)
    except (drafts.DraftTooLarge, ValueError) as error:
        return JsonResponse({"error": str(error)}, status=400)
    return JsonResponse({"saved_at": saved.saved_at.isoformat()})


def _draft_fields(body: bytes) -> dict[str, list[str]]:
    document = json.loads(body)
    fields = document.get("fields") if isinstance(document, dict) else None
    if not isinstance(fields, dict):
        raise ValueError('expected {"fields": {name: [value, ...]}}')
    return {
        str(name): [str(value).replace("\x00", "") for value in values]
        for name, values in fields.items()
        if isinstance(values, list) and name != "csrfmiddlewaretoken"
    }


@require_GET
@for_participant
def done(request: HttpRequest, participant: Participant) -> HttpResponse:
    """What was stored, the code, and how to withdraw: only once everything is in the database."""
    if not journey.complete_if_done(participant=participant, now=timezone.now()):
        return redirect("people:next", participant.study_id)
    spec = participant.version.spec
    withdraw_until = None
    if rights.consent_of(participant).withdrawal_days:
        withdraw_until = rights.withdraw_until(participant)
    page = DonePage(
        code=spec.recruitment.completion_code,
        code_url=spec.recruitment.link_with(spec.recruitment.completion_code),
        stored=stored_lines(participant),
        participant_id=str(participant.id),
        consent_version=participant.consent_version,
        withdraw_until=withdraw_until,
        simulated=participant.simulated,
        resume_url=request.build_absolute_uri(
            reverse("people:resume", args=[participant.study_id, participant.resume_key])
        ),
    )
    return render_page(request, participant, "people/done.html", page)
