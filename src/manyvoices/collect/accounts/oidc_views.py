"""Signing in with another service: django-allauth's OpenID Connect, held to what we ask of it.

Imported only where a provider is named (`oidc`). allauth begins the flow, keeps its state and the
PKCE verifier in the session, and fetches the tokens. Beyond what it does, an ID token here must be
signed by one of the provider's keys, carry the nonce of this browser, and come from the issuer
that the settings name. Of a person the service's own id (``sub``) is kept, and the e-mail address
where the service has confirmed it: then the account is the one that a link to that address opens.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping
from typing import Any

import jwt
import requests
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from manyvoices.collect.accounts import links
from manyvoices.collect.accounts.contexts import ServicePage
from manyvoices.collect.accounts.limits import limited

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Signatures with a key pair only: with a shared secret, who checks could sign as well."""
NONCES = "oidc_nonces"
MOST_NONCES = 5
"""Windows in which somebody may be on their way at once."""
LEEWAY_S = 60
WELL_KNOWN = "/.well-known/"


class CheckedAdapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth has no types
    """Reads who it is from an ID token that was checked in full."""

    def complete_login(
        self, request: HttpRequest, app: SocialApp, token: Any, **kwargs: Any
    ) -> Any:
        try:
            claims = self._verified(app, kwargs["response"]["id_token"])
            self._use_nonce(request, str(claims.get("nonce", "")))
            known = {"sub": claims["sub"]} | _address(claims)
            if "userinfo_endpoint" in self.openid_config and "email" not in known:
                said = self._fetch_user_info(token.token)
                if said["sub"] != claims["sub"]:
                    raise OAuth2Error("the service speaks of somebody else")
                known |= _address(said)
        except (jwt.PyJWTError, KeyError, TypeError, ValueError) as error:
            raise OAuth2Error("the service's answer is not one that can be used") from error
        return self.get_provider().sociallogin_from_response(request, {"id_token": known})

    def _verified(self, app: SocialApp, token: str) -> dict[str, Any]:
        claims = jwt.decode(
            token,
            self._key(jwt.get_unverified_header(token).get("kid")),
            algorithms=list(ALGORITHMS),
            issuer=self._issuer(app),
            audience=app.client_id,
            leeway=LEEWAY_S,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
        if claims.get("azp", app.client_id) != app.client_id:
            raise OAuth2Error("the token is for another program")
        return dict(claims)

    def _issuer(self, app: SocialApp) -> str:
        """As the service names itself; it must be whom the settings name."""
        issuer = str(self.openid_config["issuer"])
        named = str(app.settings["server_url"]).partition(WELL_KNOWN)[0]
        if issuer.rstrip("/") != named.rstrip("/"):
            raise OAuth2Error("the service names another issuer than the settings do")
        return issuer

    def _key(self, name: str | None) -> Any:
        answer = requests.get(self.openid_config["jwks_uri"], timeout=10)
        answer.raise_for_status()
        for key in answer.json()["keys"]:
            if key.get("kid") == name and key.get("use", "sig") == "sig":
                return jwt.PyJWK(key)
        raise OAuth2Error("no key of the service has signed this")

    def _use_nonce(self, request: HttpRequest, nonce: str) -> None:
        waiting = list(request.session.get(NONCES, ()))
        if not any(hmac.compare_digest(nonce.encode(), known.encode()) for known in waiting):
            raise OAuth2Error("this answer belongs to no question of this browser")
        request.session[NONCES] = [known for known in waiting if known != nonce]


def _address(claims: Mapping[str, Any]) -> dict[str, Any]:
    """An address that the service has confirmed; what it only repeats is not looked at."""
    if claims.get("email") and claims.get("email_verified") is True:
        return {"email": str(claims["email"]), "email_verified": True}
    return {}


class SignInAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """What comes of a flow, in place of allauth's own pages."""

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        account = sociallogin.account
        address = next((one.email for one in sociallogin.email_addresses if one.verified), "")
        user = account_of(provider=account.provider, sub=account.uid, address=address)
        if user is None:
            raise ImmediateHttpResponse(_refused(request))
        from manyvoices.collect.accounts.views import BACKEND, safe_next

        login(request, user, backend=BACKEND)
        wanted = str(sociallogin.state.get("next") or "")
        raise ImmediateHttpResponse(redirect(safe_next(request, wanted)))

    def on_authentication_error(self, request: HttpRequest, *_args: Any, **_more: Any) -> None:
        raise ImmediateHttpResponse(_refused(request))


@transaction.atomic
def account_of(*, provider: str, sub: str, address: str) -> User | None:
    """The account of whom a service calls `sub`, made if there is none; None where it is closed or
    runs the server. `address`: confirmed by the service, or empty."""
    known = SocialAccount.objects.select_related("user").filter(provider=provider, uid=sub).first()
    user: User | None
    if known is not None:
        user = known.user
    elif address:
        user = links.account_for(links.plain_address(address))
    else:
        # As for links: the name is made of the id, so that two answers at once make one account.
        name = salted_hmac("manyvoices.oidc", f"{provider}\x00{sub}", algorithm="sha256")
        user, _created = User.objects.get_or_create(
            username=f"contributor-{name.hexdigest()[:40]}", defaults={"password": "!"}
        )
    if user is None or user.is_staff or not user.is_active:
        return None
    if known is None:
        SocialAccount.objects.get_or_create(provider=provider, uid=sub, defaults={"user": user})
    return user


def _refused(request: HttpRequest) -> HttpResponse:
    messages.warning(request, _("Signing in with the other service did not work. Nothing changed."))
    return redirect("accounts:sign_in")


def _careful(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    def run(request: HttpRequest, provider_id: str) -> HttpResponse:
        try:
            return view(request, provider_id)
        except SocialApp.DoesNotExist:
            raise Http404("no such service") from None
        except ImmediateHttpResponse as instead:
            answer: HttpResponse = instead.response
            return answer
        except (requests.RequestException, OAuth2Error, KeyError, ValueError):
            return _refused(request)  # It cannot be reached, or answers nonsense.

    return run


@require_POST
@limited("sign_in")
@_careful
def begin(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Send the browser to the service. A form and no link: nobody is signed in by a picture.

    By a page that leads on, and not by a redirect: our policy lets no form lead to another server,
    and a redirect after a form counts as the form's.
    """
    from manyvoices.collect.accounts.views import safe_next

    provider = CheckedAdapter(request, provider_id).get_provider()
    nonce = secrets.token_urlsafe(24)
    request.session[NONCES] = [*request.session.get(NONCES, ()), nonce][-MOST_NONCES:]
    answer = provider.redirect(
        request,
        "login",
        next_url=safe_next(request, request.POST.get("next", "")),
        auth_params={"nonce": nonce},
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
