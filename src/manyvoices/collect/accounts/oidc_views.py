"""Signing in with another service: django-allauth's OpenID Connect, held to what we ask of it.

Imported only where a provider is named (`oidc`). allauth begins the flow, keeps its state and the
PKCE verifier in the session, and fetches the tokens; `oidc_tokens` says what these must be, and
`oidc_accounts` whose account it is.
"""

from __future__ import annotations

import functools
import logging
import secrets
from collections.abc import Callable
from typing import Any, cast

import requests
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from manyvoices.collect.accounts import oidc_accounts
from manyvoices.collect.accounts.change_views import wrong_password
from manyvoices.collect.accounts.contexts import ServicePage
from manyvoices.collect.accounts.limits import limited
from manyvoices.collect.accounts.oidc_accounts import CannotConnect
from manyvoices.collect.accounts.oidc_tokens import NONCES, CheckedAdapter
from manyvoices.collect.accounts.views import BACKEND, safe_next, show_account, with_account

log = logging.getLogger(__name__)
MOST_NONCES = 5
"""Windows in which somebody may be on their way at once."""


class SignInAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """What comes of a flow, in place of allauth's own pages."""

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        answer = _connected if sociallogin.state.get("process") == AuthProcess.CONNECT else _entered
        raise ImmediateHttpResponse(answer(request, sociallogin))

    def on_authentication_error(
        self, request: HttpRequest, *_args: Any, error: Any = "", **more: Any
    ) -> None:
        said = request.GET.get("error", "")
        raise ImmediateHttpResponse(_refused(request, more.get("exception") or said or error))


def _entered(request: HttpRequest, sociallogin: Any) -> HttpResponse:
    """Sign in whom the service has named."""
    account = sociallogin.account
    address = next((one.email for one in sociallogin.email_addresses if one.verified), "")
    user = oidc_accounts.account_of(provider=account.provider, sub=account.uid, address=address)
    if user is None:
        return _refused(request, "the account is closed, or runs the server")
    login(request, user, backend=BACKEND)
    return redirect(safe_next(request, str(sociallogin.state.get("next") or "")))


def _connected(request: HttpRequest, sociallogin: Any) -> HttpResponse:
    """Let whom the service has named open the account of whoever is signed in."""
    if not request.user.is_authenticated:
        return _refused(request, "nobody is signed in to connect an account")
    account = sociallogin.account
    try:
        oidc_accounts.connect(
            user=request.user, provider=account.provider, sub=account.uid, now=timezone.now()
        )
    except CannotConnect as reason:
        messages.warning(request, str(reason))
    else:
        messages.success(request, _("The other service opens this account from now on."))
    return redirect("accounts:account")


def _refused(request: HttpRequest, reason: object) -> HttpResponse:
    """Back to where it began. Why it did not work is for who runs the server: in the log, without
    a line break of whoever wrote it."""
    log.warning("signing in with the other service: %r", str(reason)[:500])
    messages.warning(request, _("Signing in with the other service did not work. Nothing changed."))
    return redirect("accounts:account" if request.user.is_authenticated else "accounts:sign_in")


def _careful(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @functools.wraps(view)
    def run(request: HttpRequest, provider_id: str) -> HttpResponse:
        try:
            return view(request, provider_id)
        except SocialApp.DoesNotExist:
            raise Http404("no such service") from None
        except ImmediateHttpResponse as instead:
            answer: HttpResponse = instead.response
            return answer
        except (requests.RequestException, OAuth2Error, KeyError, ValueError) as error:
            return _refused(request, repr(error))  # It cannot be reached, or answers nonsense.

    return run


@require_POST
@limited("sign_in")
@_careful
def begin(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Send the browser to the service, to sign in. A form and no link: nobody is signed in by a
    picture."""
    return _on_the_way(request, provider_id, AuthProcess.LOGIN, request.POST.get("next", ""))


@sensitive_post_parameters("password")
@require_POST
@with_account
@limited("sign_in")
@_careful
def begin_connecting(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Send the browser to the service, so that it opens the account of whoever is signed in."""
    if wrong := wrong_password(request, cast(User, request.user)):
        return show_account(request, {"service_password": wrong})
    return _on_the_way(request, provider_id, AuthProcess.CONNECT, "")


def _on_the_way(request: HttpRequest, provider_id: str, process: str, wanted: str) -> HttpResponse:
    """By a page that leads on, and not by a redirect: our policy lets no form lead to another
    server, and a redirect after a form counts as the form's."""
    provider = CheckedAdapter(request, provider_id).get_provider()
    nonce = secrets.token_urlsafe(24)
    request.session[NONCES] = [*request.session.get(NONCES, ()), nonce][-MOST_NONCES:]
    answer = provider.redirect(
        request, process, next_url=safe_next(request, wanted), auth_params={"nonce": nonce}
    )
    page = ServicePage(name=provider.app.name, url=answer["Location"])
    response = render(request, "accounts/with.html", {"page": page})
    response["Refresh"] = f"0; url={page.url}"
    return response


@require_GET
@_careful
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Where the service sends the browser back to."""
    view = OAuth2CallbackView.adapter_view(CheckedAdapter(request, provider_id))
    answer: HttpResponse = view(request)
    return answer


@require_POST
@with_account
@limited("account")
def leave(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Part the account and the service."""
    try:
        oidc_accounts.disconnect(
            user=cast(User, request.user), provider=provider_id, now=timezone.now()
        )
    except CannotConnect as reason:
        return show_account(request, {"main": str(reason)})
    messages.success(request, _("The other service does not open this account any more."))
    return redirect("accounts:account")
