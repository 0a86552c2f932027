"""The pages on which somebody gives their account another address, or ends it."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from manyvoices.collect.accounts import changing, limits, links
from manyvoices.collect.accounts.changing import ChangeRefused, Purpose
from manyvoices.collect.accounts.contexts import ConfirmPage, DeletePage
from manyvoices.collect.accounts.limits import limited
from manyvoices.collect.accounts.views import records_of, show_account, with_account
from manyvoices.collect.console import throttle


@sensitive_post_parameters("password")
@require_POST
@with_account
@limited("send_link")
def ask_address(request: HttpRequest) -> HttpResponse:
    """Send a link to the new address. Whether another account has it is not said here."""
    user, now = cast(User, request.user), timezone.now()
    address = links.plain_address(request.POST.get("address", ""))
    try:
        validate_email(address)
    except ValidationError:
        errors = {"address": _("This is no e-mail address.")}
        return show_account(request, errors, typed=address)
    if user.is_staff:
        return show_account(request, {"main": changing.why_not(user)})
    if wrong := wrong_password(request, user):
        return show_account(request, {"password": wrong}, typed=address)
    if not limits.take("send_link", f"mail:{address}", now=now):
        token = changing.new_token(user=user, purpose=Purpose.ADDRESS, now=now, address=address)
        url = request.build_absolute_uri(reverse("accounts:confirm_address", args=[token]))
        text = render_to_string("accounts/mail_address.txt", {"url": url})
        send_mail(_("Confirm your new address"), text, None, [address])
    return render(request, "accounts/change_sent.html")


@require_http_methods(["GET", "HEAD", "POST"])
@with_account
@limited("sign_in")
def confirm_address(request: HttpRequest, token: str) -> HttpResponse:
    """The page of a link to a new address: its button makes it the account's, once."""
    user, now, found = cast(User, request.user), timezone.now(), changing.read_token(token)
    is_open = (
        found is not None
        and found.purpose is Purpose.ADDRESS
        and changing.is_open(found, user=user, now=now)
    )
    if found is None or not is_open or request.method != "POST":
        page = ConfirmPage(is_open=is_open, address=found.address if found and is_open else "")
        return _quietly(render(request, "accounts/change.html", {"page": page}), is_open)
    try:
        before = changing.change_address(found, user=user, now=now)
    except ChangeRefused as reason:
        page = ConfirmPage(is_open=False, errors={"main": str(reason)})
        return _quietly(render(request, "accounts/change.html", {"page": page}), False)
    if before:
        text = render_to_string("accounts/mail_changed.txt")
        send_mail(_("The address of your account was changed"), text, None, [before])
    messages.success(request, _("Your account has the new address."))
    return redirect("accounts:account")


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@with_account
@limited("send_link")
def ask_delete(request: HttpRequest) -> HttpResponse:
    """What goes and what stays when an account ends; with its password, or by a link, it does."""
    user, now = cast(User, request.user), timezone.now()
    if request.method != "POST" or changing.why_not(user):
        return _delete_page(request, user)
    if "sure" not in request.POST:
        return _delete_page(request, user, {"sure": _("Please tick the box if you are sure.")})
    if user.has_usable_password():
        if wrong := wrong_password(request, user):
            return _delete_page(request, user, {"password": wrong})
        return _end(request, user)
    if not user.email:
        return _delete_page(
            request,
            user,
            {"sure": _("This account has no address to write to: set a password first.")},
        )
    if not limits.take("send_link", f"mail:{links.plain_address(user.email)}", now=now):
        token = changing.new_token(user=user, purpose=Purpose.DELETE, now=now)
        url = request.build_absolute_uri(reverse("accounts:confirm_delete", args=[token]))
        text = render_to_string("accounts/mail_delete.txt", {"url": url})
        send_mail(_("Confirm that your account is to end"), text, None, [user.email])
    return render(request, "accounts/change_sent.html")


@require_http_methods(["GET", "HEAD", "POST"])
@with_account
@limited("sign_in")
def confirm_delete(request: HttpRequest, token: str) -> HttpResponse:
    """The page of the link that ends an account: its button does."""
    user, now, found = cast(User, request.user), timezone.now(), changing.read_token(token)
    is_open = (
        found is not None
        and found.purpose is Purpose.DELETE
        and changing.is_open(found, user=user, now=now)
    )
    if found is None or not is_open or request.method != "POST":
        page = ConfirmPage(is_open=is_open)
        return _quietly(render(request, "accounts/change.html", {"page": page}), is_open)
    return _end(request, user, found)


def _end(
    request: HttpRequest, user: User, found: changing.Confirmation | None = None
) -> HttpResponse:
    """End the account and sign out; its last mail says so."""
    address, now = user.email, timezone.now()
    try:
        if found is None:
            changing.delete(user=user, now=now)
        else:
            changing.delete_by_link(found, user=user, now=now)
    except ChangeRefused as reason:
        page = ConfirmPage(is_open=False, errors={"main": str(reason)})
        return _quietly(render(request, "accounts/change.html", {"page": page}), False)
    logout(request)
    if address:
        text = render_to_string("accounts/mail_deleted.txt")
        send_mail(_("Your account was deleted"), text, None, [address])
    return render(request, "accounts/deleted.html")


def _delete_page(
    request: HttpRequest, user: User, errors: dict[str, str] | None = None
) -> HttpResponse:
    reason = changing.why_not(user)
    page = DeletePage(
        address=user.email or user.get_username(),
        has_password=user.has_usable_password(),
        records=records_of(user),
        n_keys=user.api_keys.filter(revoked_at=None).count(),
        refused=reason,
        errors=errors or {},
    )
    is_wrong = bool(errors) or (bool(reason) and request.method == "POST")
    return render(request, "accounts/delete.html", {"page": page}, status=422 if is_wrong else 200)


def wrong_password(request: HttpRequest, user: User) -> str:
    """In words, what is wrong with the password sent along; whoever guesses has to wait."""
    if not user.has_usable_password():
        return ""
    name, where, now = f"account:{user.pk}", request.META.get("REMOTE_ADDR", ""), timezone.now()
    if throttle.is_blocked(name, where, now=now):
        return _("There were too many wrong passwords. Wait a quarter of an hour, or use a link.")
    if user.check_password(request.POST.get("password", "")):
        throttle.forgive(name)
        return ""
    throttle.note_failure(name, where, now=now)
    return _("This is not your password.")


def _quietly(response: HttpResponse, is_open: bool) -> HttpResponse:
    """A page whose address is a secret tells no other site of it."""
    response.status_code = 200 if is_open else 410
    # Not "no-referrer": with it browsers send forms with no origin, which are refused as forged.
    response["Referrer-Policy"] = "same-origin"
    return response
