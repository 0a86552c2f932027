"""Signing in and out, the account's page, and which record in a study belongs to it.

Whether an address has an account is never said: the pages read the same for all.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from typing import Any, cast

from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from manyvoices.collect.accounts import limits, linking, links, oidc
from manyvoices.collect.accounts.contexts import AccountPage, LinkPage, Record, SignInPage
from manyvoices.collect.accounts.limits import limited
from manyvoices.collect.accounts.models import Membership
from manyvoices.collect.console import throttle
from manyvoices.collect.people.access import current_participant, remember
from manyvoices.collect.people.errors import NotTakingPart
from manyvoices.collect.studies.models import Study

BACKEND = "django.contrib.auth.backends.ModelBackend"


def with_account(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let in whoever is signed in; others are asked to, and come back afterwards."""

    @functools.wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            back = request.get_full_path() if request.method == "GET" else ""
            query = f"?{urlencode({'next': back})}" if back else ""
            return redirect(reverse("accounts:sign_in") + query)
        return view(request, *args, **kwargs)

    return run


def safe_next(request: HttpRequest, wanted: str) -> str:
    """Where to go after signing in: only within this server."""
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if wanted and is_ours else reverse("accounts:account")


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@limited("sign_in")
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask who it is; with a password, let them in."""
    if request.method != "POST":
        return _sign_in(request, SignInPage(next=request.GET.get("next", "")))
    address = links.plain_address(request.POST.get("login", ""))
    where, now = request.META.get("REMOTE_ADDR", ""), timezone.now()
    page = SignInPage(next=request.POST.get("next", ""), login=address)
    if throttle.is_blocked(f"account:{address}", where, now=now):
        wait = _("There were too many wrong passwords. Wait a quarter of an hour, or use a link.")
        return _sign_in(request, page, {"login": wait}, status=429)
    user = _by_password(request, address, request.POST.get("password", ""))
    if user is None:
        throttle.note_failure(f"account:{address}", where, now=now)
        return _sign_in(request, page, {"login": _("Address and password do not fit together.")})
    throttle.forgive(f"account:{address}")
    login(request, user, backend=BACKEND)
    return redirect(safe_next(request, page.next))


def _by_password(request: HttpRequest, address: str, password: str) -> User | None:
    """The contributor with this address and password. A password is looked at in any case, so that
    the time taken does not tell whether there is such an account."""
    rows = (
        User.objects.filter(email__iexact=address, is_staff=False)
        if address
        else User.objects.none()
    )
    known = rows.order_by("pk").first()
    name = known.username if known is not None else "\x1fnobody"
    return authenticate(request, username=name, password=password)


def _sign_in(
    request: HttpRequest,
    page: SignInPage,
    errors: dict[str, str] | None = None,
    *,
    status: int = 422,
) -> HttpResponse:
    shown = SignInPage(
        next=page.next,
        address=page.address,
        login=page.login,
        service=oidc.service(),
        errors=errors or {},
    )
    context = {"page": shown}
    return render(request, "accounts/sign_in.html", context, status=status if errors else 200)


@require_POST
@limited("ask_link")
def send(request: HttpRequest) -> HttpResponse:
    """Send a link to an address. The answer is the same whether it has an account or not."""
    address, now = links.plain_address(request.POST.get("address", "")), timezone.now()
    page = SignInPage(next=request.POST.get("next", ""), address=address)
    try:
        validate_email(address)
    except ValidationError:
        return _sign_in(request, page, {"address": _("This is no e-mail address.")})
    # Nobody's mailbox is flooded from many addresses either; the sender is not told.
    if not limits.take("send_link", f"mail:{address}", now=now):
        token = links.new_link(address=address, now=now, next_url=page.next)
        url = request.build_absolute_uri(reverse("accounts:by_link", args=[token]))
        links.send(address=address, url=url)
    return render(request, "accounts/sent.html")


@require_http_methods(["GET", "HEAD", "POST"])
@limited("sign_in")
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    """The page of a link: its button signs in, once."""
    found, now = links.read_link(token), timezone.now()
    if found is not None and request.method == "POST":
        user = links.use_link(found, now=now)
        if user is not None:
            login(request, user, backend=BACKEND)
            return redirect(safe_next(request, found.next))
    is_open = found is not None and request.method != "POST" and links.is_open(found, now=now)
    page = LinkPage(is_open=is_open, address=found.address if found and is_open else "")
    response = render(request, "accounts/link.html", {"page": page}, status=200 if is_open else 410)
    # Not "no-referrer": with it browsers send forms with no origin, which are refused as forged.
    response["Referrer-Policy"] = "same-origin"
    return response


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Sign out; the browser still takes part where it did."""
    logout(request)
    return redirect("accounts:sign_in")


@require_safe
@with_account
def account(request: HttpRequest) -> HttpResponse:
    """Where somebody takes part, and what they can change."""
    return show_account(request)


def records_of(user: User) -> list[Record]:
    """Where somebody takes part with their account."""
    held = Membership.objects.filter(user=user).select_related("study").order_by("study__title")
    return [Record(row.study_id, row.study.title) for row in held]


def show_account(
    request: HttpRequest, errors: dict[str, str] | None = None, *, typed: str = ""
) -> HttpResponse:
    """The account's page, with what was wrong with a form of it."""
    user, service = cast(User, request.user), oidc.service()
    page = AccountPage(
        address=user.email or user.get_username(),
        has_password=user.has_usable_password(),
        records=records_of(user),
        here=_here(request),
        can_change=not user.is_staff,
        typed=typed,
        service=service,
        is_connected=service is not None and _is_connected(user, service.id),
        errors=errors or {},
    )
    return render(request, "accounts/account.html", {"page": page}, status=422 if errors else 200)


def _is_connected(user: User, provider: str) -> bool:
    # Not at the top: it needs allauth, and most servers have none.
    from manyvoices.collect.accounts import oidc_accounts

    return oidc_accounts.is_connected(user, provider=provider)


def _here(request: HttpRequest) -> list[Record]:
    """Studies in which this browser takes part with a record that no account has."""
    found = []
    for study in Study.objects.only("pk", "title").order_by("title"):
        if f"mv-{study.pk}" not in request.COOKIES:
            continue
        try:
            person = current_participant(request, study.pk)
        except NotTakingPart:
            continue
        if not person.simulated and not Membership.objects.filter(participant=person).exists():
            found.append(Record(study.pk, study.title))
    return found


@require_POST
@with_account
@limited("account")
def link(request: HttpRequest, study_id: str) -> HttpResponse:
    """Add this browser's record to the account, and go on with what comes of it."""
    try:
        person = current_participant(request, study_id)
        record = linking.link(
            user=cast(User, request.user),
            participant=person,
            now=timezone.now(),
            rng=random.SystemRandom(),
        )
    except NotTakingPart:
        return redirect("accounts:account")
    except linking.CannotLink as reason:
        return show_account(request, {"main": str(reason)})
    response = redirect("accounts:account")
    remember(request, response, record)
    return response


@require_POST
@with_account
@limited("account")
def go_on(request: HttpRequest, study_id: str) -> HttpResponse:
    """Let this browser go on as the account's record in a study, or see what is stored of it."""
    record = linking.record_of(cast(User, request.user), study_id)
    if record is None:
        return redirect("people:enter", study_id)
    response = redirect("people:my_data" if "data" in request.POST else "people:next", study_id)
    remember(request, response, record)
    return response


@sensitive_post_parameters("old", "new")
@require_POST
@with_account
@limited("account")
def password(request: HttpRequest) -> HttpResponse:
    """Set a password, or another one: whoever has one must know it."""
    user, new = cast(User, request.user), request.POST.get("new", "")
    if user.has_usable_password() and not user.check_password(request.POST.get("old", "")):
        return show_account(request, {"old": _("This is not your password until now.")})
    try:
        validate_password(new, user)
    except ValidationError as error:
        return show_account(request, {"new": " ".join(error.messages)})
    user.set_password(new)
    user.save(update_fields=["password"])
    update_session_auth_hash(request, user)
    return redirect("accounts:account")
