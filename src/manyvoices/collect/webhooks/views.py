"""The console's pages about webhooks: for owners only."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from manyvoices.collect.accounts.limits import limited
from manyvoices.collect.console.access import Ability, StaffRequest, allowed
from manyvoices.collect.studies.models import Study
from manyvoices.collect.webhooks import operations, words
from manyvoices.collect.webhooks.addresses import WrongAddress
from manyvoices.collect.webhooks.contexts import DeliveryLine, HookPage, HooksPage
from manyvoices.collect.webhooks.models import Webhook
from manyvoices.collect.webhooks.operations import HookRefused
from manyvoices.collect.webhooks.queries import deliveries_of


@require_http_methods(["GET", "HEAD", "POST"])
@limited("webhook")
@allowed(Ability.MANAGE)
def hooks(request: StaffRequest, found: Study) -> HttpResponse:
    """Every webhook; make one. Its secret is in the answer to the form, and never again."""
    if request.method != "POST":
        return _hooks(request, found)
    wish = _wish(request)
    try:
        hook, secret = operations.create_webhook(
            study=found,
            url=wish.url,
            events=wish.events,
            include_text=wish.include_text,
            by=request.user.get_username(),
            now=timezone.now(),
        )
    except (WrongAddress, HookRefused) as problem:
        return _hooks(request, found, wish, errors=_errors(problem))
    return _hook(request, found, hook, secret=secret)


@dataclass(frozen=True)
class _Wish:
    """What the form about a webhook says."""

    url: str = ""
    events: Sequence[str] = ()
    include_text: bool = False

    def choices(self) -> list[tuple[str, str, bool]]:
        return [(name, text, name in self.events) for name, text in words.choices()]


def _wish(request: HttpRequest) -> _Wish:
    url = request.POST.get("url", "").replace("\x00", "")
    return _Wish(url, request.POST.getlist("event"), "include_text" in request.POST)


def _errors(problem: WrongAddress | HookRefused) -> dict[str, str]:
    is_event = isinstance(problem, HookRefused) and problem.field == "events"
    return {"event-0" if is_event else "url": str(problem)}


def _hooks(
    request: StaffRequest,
    found: Study,
    wish: _Wish = _Wish(),
    *,
    errors: dict[str, str] | None = None,
) -> HttpResponse:
    page = HooksPage(
        hooks=operations.hooks_of(found),
        choices=wish.choices(),
        url=wish.url,
        include_text=wish.include_text,
        errors=errors or {},
    )
    context = {"study": found, "page": page}
    return render(request, "console/webhooks.html", context, status=422 if errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@limited("webhook")
@allowed(Ability.MANAGE)
def hook(request: StaffRequest, found: Study, key: uuid.UUID) -> HttpResponse:
    """One webhook, the last requests to it, and what can be done with it."""
    rows = Webhook.objects.filter(pk=key, study=found, deleted_at=None).select_related("study")
    one = rows.first()
    if one is None:
        raise Http404("no such webhook")
    if request.method != "POST":
        return _hook(request, found, one)
    action = request.POST.get("action", "")
    act = ACTS.get(action)
    if act is None:
        return redirect("webhooks:hook", found.pk, key)
    instead = act(request, found, one)
    if instead is not None:
        return instead
    messages.info(request, words.done_words(action))
    if action == "delete":
        return redirect("webhooks:hooks", found.pk)
    return redirect("webhooks:hook", found.pk, key)


def _rotate(request: StaffRequest, found: Study, one: Webhook) -> HttpResponse:
    secret = operations.rotate_secret(hook=one, **_by(request))
    return _hook(request, found, one, secret=secret)


def _test(request: StaffRequest, found: Study, one: Webhook) -> HttpResponse | None:
    try:
        operations.send_test(hook=one, **_by(request))
    except HookRefused as problem:
        return _hook(request, found, one, problem=str(problem))
    return None


def _change(request: StaffRequest, found: Study, one: Webhook) -> HttpResponse | None:
    wish = _wish(request)
    try:
        operations.change_webhook(
            hook=one,
            url=wish.url,
            events=wish.events,
            include_text=wish.include_text,
            **_by(request),
        )
    except (WrongAddress, HookRefused) as wrong:
        return _hook(request, found, one, wish=wish, errors=_errors(wrong))
    return None


def _switch(request: StaffRequest, _found: Study, one: Webhook) -> None:
    is_active = request.POST["action"] == "on"
    operations.change_webhook(hook=one, is_active=is_active, **_by(request))


def _delete(request: StaffRequest, _found: Study, one: Webhook) -> None:
    operations.delete_webhook(hook=one, **_by(request))


class _By(TypedDict):
    by: str
    now: datetime


def _by(request: StaffRequest) -> _By:
    return {"by": request.user.get_username(), "now": timezone.now()}


ACTS: dict[str, Callable[[StaffRequest, Study, Webhook], HttpResponse | None]] = {
    "rotate": _rotate,
    "test": _test,
    "change": _change,
    "on": _switch,
    "off": _switch,
    "delete": _delete,
}
"""What a form of the page may ask for; it answers itself, or with None where it is done."""


def _hook(
    request: StaffRequest,
    found: Study,
    hook: Webhook,
    *,
    secret: str = "",
    problem: str = "",
    wish: _Wish | None = None,
    errors: dict[str, str] | None = None,
) -> HttpResponse:
    wish = wish or _Wish(hook.url, hook.events, hook.include_text)
    page = HookPage(
        hook=hook,
        events=[(name, words.event_words(name)) for name in hook.events],
        lines=[
            DeliveryLine(
                row,
                words.event_words(row.event),
                words.state_words(row.state),
                words.problem_words(row.problem),
            )
            for row in deliveries_of(hook)
        ],
        off_because=words.problem_words(hook.off_because),
        secret=secret,
        problem=problem,
        choices=wish.choices(),
        url=wish.url,
        include_text=wish.include_text,
        errors=errors or {},
    )
    context = {"study": found, "page": page}
    status = 422 if problem or errors else 200
    response = render(request, "console/webhook.html", context, status=status)
    if secret:
        response["Cache-Control"] = "no-store"
    return response
