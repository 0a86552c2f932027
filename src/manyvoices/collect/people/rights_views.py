"""My data: what is stored, taking it along, taking it back; and agreeing to a new text."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from manyvoices.collect.people import operations, rights
from manyvoices.collect.people.access import cookie_name, whoever_takes_part
from manyvoices.collect.people.contexts_rights import ConsentAgainPage, ErasedPage, MyDataPage
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study
from manyvoices.collect.texts import study_html


@require_GET
@whoever_takes_part
def my_data(request: HttpRequest, participant: Participant) -> HttpResponse:
    """What is stored of this person, in plain words."""
    return _my_data(request, participant)


def _my_data(
    request: HttpRequest, participant: Participant, errors: dict[str, str] | None = None
) -> HttpResponse:
    page = MyDataPage(
        lines=stored_lines(participant),
        participant_id=str(participant.pk),
        consented_at=participant.consented_at,
        consent_version=participant.consent_version,
        releases=rights.releases_with(participant.pk),
        may_withdraw=rights.may_withdraw(participant, timezone.now()),
        withdraw_until=rights.withdraw_until(participant),
        is_complete=participant.completed_at is not None,
        errors=errors or {},
        wrote_in_trees=participant.messages.exists(),
    )
    context = {"page": page, "study": participant.study, "participant": participant}
    return render(request, "people/my_data.html", context, status=422 if errors else 200)


def stored_lines(participant: Participant) -> list[str]:
    """How much of what is stored, one line for each kind."""
    return _lines(
        {
            "answers": participant.answers.count(),
            "conversations": participant.conversations.count(),
            "comparisons": participant.comparisons.count(),
            "messages": participant.messages.count(),
            "labels": participant.labels.count(),
            "rankings": participant.rankings.count()
            + participant.places.exclude(sent_at=None).values("ranking").distinct().count(),
            "drafts": participant.drafts.count(),
        }
    )


def _lines(counts: dict[str, int]) -> list[str]:
    lines = []
    if n := counts.get("answers", 0):
        lines.append(ngettext("%(n)d survey answer", "%(n)d survey answers", n) % {"n": n})
    if n := counts.get("conversations", 0):
        lines.append(ngettext("%(n)d conversation", "%(n)d conversations", n) % {"n": n})
    if n := counts.get("comparisons", 0):
        lines.append(ngettext("%(n)d comparison", "%(n)d comparisons", n) % {"n": n})
    if n := counts.get("messages", 0):
        text = ngettext("%(n)d text that you wrote", "%(n)d texts that you wrote", n)
        lines.append(text % {"n": n})
    if n := counts.get("labels", 0):
        lines.append(ngettext("%(n)d review", "%(n)d reviews", n) % {"n": n})
    if n := counts.get("rankings", 0):
        lines.append(ngettext("%(n)d ranking", "%(n)d rankings", n) % {"n": n})
    if n := counts.get("drafts", 0):
        text = ngettext("%(n)d page not sent yet", "%(n)d pages not sent yet", n)
        lines.append(text % {"n": n})
    return lines


@require_GET
@whoever_takes_part
def download(_request: HttpRequest, participant: Participant) -> HttpResponse:
    """One's own data as a file."""
    text = json.dumps(rights.own_data(participant), indent=2, ensure_ascii=False, default=str)
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    name = f"{participant.study_id}-{participant.pk}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@whoever_takes_part
def erase(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Withdraw: everything is erased, and the receipt shown. It needs the tick above the button."""
    if not request.POST.get("sure"):
        message = _("Please tick this box if you want everything to be erased.")
        return _my_data(request, participant, {"sure": message})
    try:
        receipt = rights.withdraw(participant=participant, now=timezone.now())
    except rights.WindowClosed:
        return redirect("people:my_data", participant.study_id)
    address = reverse("people:erased", args=[participant.study_id])
    signed = rights.sign_receipt(receipt)
    response = redirect(f"{address}?{urlencode({'receipt': signed})}")
    response.delete_cookie(cookie_name(participant.study_id))
    return response


@require_GET
def erased(request: HttpRequest, study_id: str) -> HttpResponse:
    """A receipt as a page. It is read from the address, because here nothing is left of it."""
    study = get_object_or_404(Study, pk=study_id)
    signed = request.GET.get("receipt", "")
    receipt = rights.read_receipt(signed)
    if receipt is None or receipt.study_id != study_id:
        raise Http404("no receipt of this study")
    erased_at = parse_datetime(receipt.erased_at)
    assert erased_at is not None, "a signed receipt has a time"
    page = ErasedPage(
        erased_at=erased_at,
        participant_id=receipt.participant_id,
        lines=_lines(receipt.erased),
        releases=receipt.releases,
        signed=signed,
    )
    return render(request, "people/erased.html", {"page": page, "study": study})


@require_http_methods(["GET", "HEAD", "POST"])
@whoever_takes_part
def consent_again(request: HttpRequest, participant: Participant) -> HttpResponse:
    """The text has changed: agree to the new one and go on, or stop here."""
    version = participant.study.current
    wording = version.original.consent_version
    if wording == participant.consent_version or participant.completed_at:
        return redirect("people:next", participant.study_id)
    errors = {}
    if request.method == "POST":
        # Agreed to is what was read: a text that changed in between is shown again.
        if request.POST.get("agree") and request.POST.get("version") == wording:
            operations.consent_again(participant=participant, version=version, now=timezone.now())
            return redirect("people:next", participant.study_id)
        errors["agree"] = _("Please tick this box if you agree to the new text.")
    version.read_in(participant.language)
    page = ConsentAgainPage(
        consent_html=study_html(version.spec.consent.text), version=wording, errors=errors
    )
    context = {"page": page, "study": participant.study}
    return render(request, "people/consent_again.html", context, status=422 if errors else 200)
