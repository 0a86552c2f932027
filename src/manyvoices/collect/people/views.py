"""The invitation, the way on, drafts, and the last page."""

from __future__ import annotations

import json
from datetime import timedelta

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from manyvoices.collect.people import drafts, journey, operations
from manyvoices.collect.people.access import current_participant, for_participant, remember
from manyvoices.collect.people.contexts import ConsentPage, DonePage, HomePage, StudyLink
from manyvoices.collect.people.errors import NotTakingPart
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study
from manyvoices.collect.texts import study_html
from manyvoices.collect.views import last, posted_lists, render_page
from manyvoices.design.translations import study_language


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What this server asks people about; in a demo, what to open first."""
    from manyvoices.collect.console.demo import demo_notes

    links = [
        StudyLink(
            title=study.title,
            url=reverse("people:enter", args=[study.id]),
            description=study_html(study.current.spec.description),
        )
        for study in Study.objects.filter(is_open=True)
    ]
    return render(request, "home.html", {"page": HomePage(studies=links, demo=demo_notes(links))})


@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest, study_id: str) -> HttpResponse:
    """Invitation and consent; whoever takes part already goes on where they were."""
    study = get_object_or_404(Study, pk=study_id)
    try:
        current_participant(request, study_id)
        return redirect("people:next", study_id)
    except NotTakingPart:
        if not study.is_open:
            return render(request, "people/closed.html", {"study": study}, status=410)
    return _consent(request, study) if request.method == "POST" else _invitation(request, study)


def _invitation(
    request: HttpRequest, study: Study, errors: dict[str, str] | None = None
) -> HttpResponse:
    version = study.current
    version.read_in(get_language() or "en")
    consent = version.spec.consent
    source = request.POST if request.method == "POST" else request.GET
    page = ConsentPage(
        consent_html=study_html(consent.text),
        minimum_age=consent.minimum_age,
        entry=operations.new_entry(),
        errors=errors or {},
        rehearsal=source.get("rehearsal", ""),
        # Prolific's own name for it, so that a study's link needs no mapping.
        external_id=source.get("PROLIFIC_PID", "") or source.get("external_id", ""),
    )
    return render(
        request,
        "people/consent.html",
        {"page": page, "study": study, "study_title": version.spec.title},
        status=422 if errors else 200,
    )


def _consent(request: HttpRequest, study: Study) -> HttpResponse:
    posted = posted_lists(request.POST)
    errors = _consent_errors(posted, study.current.spec.consent.minimum_age)
    if errors:
        return _invitation(request, study, errors)
    version = study.current
    try:
        participant = operations.give_consent(
            version=version,
            entry=last(posted, "entry"),
            # The language of the data; that of the interface can be changed at any time.
            language=study_language(version.spec, get_language() or "en"),
            external_id=last(posted, "external_id")[:100],
            simulated=operations.is_rehearsal(last(posted, "rehearsal"), study.id),
            now=timezone.now(),
        )
    except operations.EntryExpired:
        message = _("This page was open for a long time. Please confirm once more.")
        return _invitation(request, study, {"agree": message})
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
    except NotTakingPart:
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
    if participant.completed_at and spec.consent.withdrawal_days:
        withdraw_until = participant.completed_at + timedelta(days=spec.consent.withdrawal_days)
    page = DonePage(
        code=spec.recruitment.completion_code,
        stored=_stored(participant),
        participant_id=str(participant.id),
        consent_version=participant.consent_version,
        withdraw_until=withdraw_until,
        simulated=participant.simulated,
        resume_url=request.build_absolute_uri(
            reverse("people:resume", args=[participant.study_id, participant.resume_key])
        ),
    )
    return render_page(request, participant, "people/done.html", page)


def _stored(participant: Participant) -> list[str]:
    answers = participant.answers.count()
    conversations = participant.conversations.count()
    lines = []
    if answers:
        lines.append(
            ngettext("%(n)d survey answer", "%(n)d survey answers", answers) % {"n": answers}
        )
    if conversations:
        lines.append(
            ngettext("%(n)d conversation", "%(n)d conversations", conversations)
            % {"n": conversations}
        )
    return lines
