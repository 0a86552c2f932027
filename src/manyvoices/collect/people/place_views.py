"""Pages of those who do not come in, wait for a place, or are out before the end: always why."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from manyvoices.collect.people import admission
from manyvoices.collect.people.access import whoever_takes_part
from manyvoices.collect.people.contexts_rights import PlacePage, WaitingPage
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study
from manyvoices.design.admission import Admission

Left = Participant.Left
CLOSED = "people/closed.html"


def no_entry(request: HttpRequest, study: Study, door: Admission) -> HttpResponse:
    """Nobody comes in at the moment, or ever: why, and what to do."""
    rules = study.current.spec.recruitment
    code = None
    if door.kind == "over_quota":
        page_title, reason = _("All places are taken"), _no_places()
        code = rules.over_quota_code
    elif door.kind == "waiting":
        page_title = _("All places are taken at the moment")
        reason = _(
            "As many people as this study can take are taking part right now. Some of them may"
            " stop, and their places become free."
        )
    elif door.reason == "budget":
        page_title = _("This study takes nobody new at the moment")
        reason = _(
            "Those who are taking part use all that the study can do at a time. This has nothing"
            " to do with you."
        )
    else:
        page_title = _("This study is not open")
        reason = _("Nobody can start at the moment.")
    page = PlacePage(
        kind=door.reason if door.kind == "closed" else door.kind,
        title=page_title,
        reason=reason,
        next=_next_at_the_door(door),
        code=code,
        code_url=rules.link_with(code),
    )
    return _place(request, study, page, status=410 if door.kind == "closed" else 409)


def _next_at_the_door(door: Admission) -> str:
    if door.kind == "over_quota":
        return _("Nothing about you has been stored.")
    if door.reason == "closed":
        return _(
            "If you had started before, open the page in the browser that you used then, or by"
            " your personal link, and you can go on."
        )
    return _("Nothing about you has been stored. You can open this page again later.")


def not_invited(request: HttpRequest, study: Study) -> HttpResponse:
    """The study is for invited people, or the invitation is not one of ours."""
    page = PlacePage(
        kind="not_invited",
        title=_("This page needs a personal invitation"),
        reason=_("This link is not complete, or it is not valid any more."),
        next=_("Please open the link of your invitation again, as a whole."),
    )
    return _place(request, study, page, status=403)


def seen_before(request: HttpRequest, participant: Participant) -> HttpResponse:
    """The person is known, but this is not the visit that may open what they have stored."""
    page = PlacePage(
        kind="seen_before",
        title=_("You have taken part in this study already"),
        reason=_("Each person takes part once, so this link does not start it a second time."),
        next=_("To go on, use the browser in which you started, or your personal link."),
    )
    return _place(request, participant.study, page, status=409)


def _no_places() -> str:
    return _(
        "The study has heard from as many people as it can. This has nothing to do with how you"
        " answered."
    )


def _place(request: HttpRequest, study: Study, page: PlacePage, status: int = 200) -> HttpResponse:
    return render(request, CLOSED, {"page": page, "study": study}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@whoever_takes_part
def waiting(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Look whether a place has come free; whoever finds one goes on where they were."""
    if participant.waiting_since is not None:
        found = admission.admit(participant=participant, now=timezone.now())
        if found.kind == "waiting" and participant.waiting_since is not None:
            page = WaitingPage(
                since=participant.waiting_since,
                check_url=reverse("people:waiting", args=[participant.study_id]),
            )
            context = {"page": page, "study": participant.study}
            return render(request, "people/waiting.html", context)
    address = reverse("people:next", args=[participant.study_id])
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)


@require_http_methods(["GET", "HEAD", "POST"])
@whoever_takes_part
def left(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Why somebody is out before the end; a place that went to others can be asked for again."""
    if not participant.left_because:
        return redirect("people:next", participant.study_id)
    tried = request.method == "POST"
    if tried:
        found = admission.come_back(participant=participant, now=timezone.now())
        if found.is_ok:
            return redirect("people:next", participant.study_id)
    return _place(request, participant.study, _left_page(participant, tried=tried))


def _left_page(participant: Participant, *, tried: bool) -> PlacePage:
    rules = participant.version.spec.recruitment
    may_come_back = participant.left_because in (Left.TIMEOUT, Left.RETURN)
    code = None
    if participant.left_because == Left.SCREEN_OUT:
        title, code = _("This study looks for other people"), rules.screen_out_code
        reason = participant.left_words
    elif participant.left_because == Left.OVER_QUOTA:
        title, code = _("All places for people like you are taken"), rules.over_quota_code
        reason = _no_places()
    elif participant.left_because == Left.TIMEOUT:
        title = _("The time for this study is over")
        reason = _("It was not finished in time, so your place was given to somebody else.")
    else:
        title, reason = _("You have given back your place"), _("Somebody else can have it now.")
    if not may_come_back:
        step = _("There is nothing more to do. What you answered is kept; you can have it erased.")
    elif tried:
        step = _("There is no free place at the moment. You can try again later.")
    else:
        step = _("What you did so far is kept. If there is a free place, you can go on.")
    return PlacePage(
        kind=participant.left_because,
        title=title,
        reason=reason,
        next=step,
        code=code,
        code_url=rules.link_with(code),
        may_come_back=may_come_back,
        is_participant=True,
    )


@require_POST
@whoever_takes_part
def give_back(_request: HttpRequest, participant: Participant) -> HttpResponse:
    """Somebody gives back their place; what they did is kept until they erase it."""
    admission.leave(participant=participant, because=Left.RETURN, now=timezone.now())
    return redirect("people:left", participant.study_id)
