"""What an answer of another service must be before it is believed.

allauth fetches the tokens. Beyond what it does, an ID token here must be signed by one of the
service's keys, carry the nonce of this browser, and come from the issuer that the settings name.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

import jwt
import requests
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest

ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"),
    "EdDSA",
)
"""Signatures with a key pair only: with a shared secret, who checks could sign as well."""
KEY_TYPES = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
"""Which kind of key (``kty``) makes signatures whose name begins so."""
NONCES = "oidc_nonces"
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
            why = f"the service's answer is not one that can be used: {error!r}"
            raise OAuth2Error(why) from error
        found = self.get_provider().sociallogin_from_response(request, {"id_token": known})
        # allauth stores what the service said whenever somebody comes again; we keep nothing of it.
        found.account.extra_data = {}
        return found

    def _verified(self, app: SocialApp, token: str) -> dict[str, Any]:
        claims = jwt.decode(
            token,
            self._key(jwt.get_unverified_header(token)),
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

    def _key(self, header: Mapping[str, Any]) -> jwt.PyJWK:
        """The service's key that has signed a token with this header.

        A token names its key, unless the service has but one (OpenID Connect Core, 10.1). What a
        key is used with it need not say (RFC 7517, 4.4); then the token does.
        """
        alg = header["alg"]
        if alg not in ALGORITHMS:
            raise OAuth2Error(f"the token is signed by {alg!r}")
        answer = requests.get(self.openid_config["jwks_uri"], timeout=10)
        answer.raise_for_status()
        fitting = [key for key in answer.json()["keys"] if _may_sign(key, alg)]
        if "kid" in header:
            fitting = [key for key in fitting if key.get("kid") == header["kid"]]
        if len(fitting) != 1:
            raise OAuth2Error(f"{len(fitting)} keys of the service could have signed this")
        return jwt.PyJWK(fitting[0], algorithm=alg)

    def _use_nonce(self, request: HttpRequest, nonce: str) -> None:
        waiting = list(request.session.get(NONCES, ()))
        if not any(hmac.compare_digest(nonce.encode(), known.encode()) for known in waiting):
            raise OAuth2Error("this answer belongs to no question of this browser")
        request.session[NONCES] = [known for known in waiting if known != nonce]


def _may_sign(key: Mapping[str, Any], alg: str) -> bool:
    """Whether a published key is one for signatures of this kind."""
    is_kind = key.get("kty") == KEY_TYPES[alg[:2]] and key.get("alg", alg) == alg
    return is_kind and key.get("use", "sig") == "sig"


def _address(claims: Mapping[str, Any]) -> dict[str, Any]:
    """An address that the service has confirmed; what it only repeats is not looked at."""
    # Some services write what should be true as text (Amazon Cognito, Apple).
    confirmed = claims.get("email_verified")
    if claims.get("email") and (confirmed is True or confirmed == "true"):
        return {"email": str(claims["email"]), "email_verified": True}
    return {}
