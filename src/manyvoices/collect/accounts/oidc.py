"""Signing in with another service (OpenID Connect), where django-allauth is installed.

Nothing here needs it: without the package, or without a provider named in the environment, the
pages show no such button. ``MANYVOICES_OIDC`` holds JSON: ``{"id": "orcid", "name": "ORCID",
"client_id": "…", "secret": "…", "server_url": "https://orcid.org"}``. ``"token_auth"`` may say how
this server names itself when it fetches tokens; else it is as the service's own list suggests.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from manyvoices.schema.errors import ManyvoicesError, MissingExtraError

NEEDED = ("id", "name", "client_id", "secret", "server_url")
TOKEN_AUTH = ("client_secret_basic", "client_secret_post")
"""A service may know a program by one of these only, although it offers both in general."""


class WrongProvider(ManyvoicesError):
    """``MANYVOICES_OIDC`` is not JSON, or something in it is missing or unknown."""


def read_provider(text: str) -> dict[str, str]:
    """The provider that the environment names; empty without one.

    Raises:
        WrongProvider: It is not JSON, or something in it is missing or unknown.
        MissingExtraError: One is named, and django-allauth is not installed.
    """
    if not text:
        return {}
    try:
        found = json.loads(text)
        missing = [name for name in NEEDED if not isinstance(found[name], str) or not found[name]]
    except (ValueError, TypeError, KeyError) as error:
        raise WrongProvider(f"MANYVOICES_OIDC must be JSON with {', '.join(NEEDED)}") from error
    if missing:
        raise WrongProvider(f"MANYVOICES_OIDC has no {', '.join(missing)}")
    chosen = found.get("token_auth", "")
    if chosen not in ("", *TOKEN_AUTH):
        raise WrongProvider(
            f"MANYVOICES_OIDC: token_auth is {chosen!r}; it may be {' or '.join(TOKEN_AUTH)}"
        )
    if importlib.util.find_spec("allauth") is None:
        raise MissingExtraError("signing in with another service", "oidc")
    return {name: found[name] for name in NEEDED} | {"token_auth": chosen}


def add_to(names: MutableMapping[str, Any]) -> None:
    """Extend the server's settings (`names` is the module's own namespace), if asked to."""
    import os

    provider = read_provider(os.environ.get("MANYVOICES_OIDC", ""))
    names["OIDC_PROVIDER"] = provider.get("id", "")
    names["OIDC_NAME"] = provider.get("name", "")
    if not provider:
        return
    kind = "allauth.socialaccount.providers.openid_connect"
    names["INSTALLED_APPS"] += ["allauth", "allauth.account", "allauth.socialaccount", kind]
    names["MIDDLEWARE"] += ["allauth.account.middleware.AccountMiddleware"]
    app = {
        "provider_id": provider["id"],
        "name": provider["name"],
        "client_id": provider["client_id"],
        "secret": provider["secret"],
        "settings": {
            # Services write their own name with a slash at its end or without.
            "server_url": provider["server_url"].rstrip("/"),
            "token_auth_method": provider["token_auth"],
        },
    }
    names["SOCIALACCOUNT_PROVIDERS"] = {
        "openid_connect": {"APPS": [app], "OAUTH_PKCE_ENABLED": True}
    }
    # Whose account it is, `oidc_views` says: an address that a provider only claims must not open
    # an account that somebody else has.
    names["SOCIALACCOUNT_EMAIL_AUTHENTICATION"] = False
    names["SOCIALACCOUNT_ADAPTER"] = "manyvoices.collect.accounts.oidc_views.SignInAdapter"
    names["SOCIALACCOUNT_STORE_TOKENS"] = False


@dataclass(frozen=True, slots=True)
class Service:
    """The service that people may sign in with."""

    id: str
    name: str
    url: str
    """Where signing in with it begins."""
    connect_url: str
    """Where an account and it are brought together."""
    leave_url: str
    """Where an account and it are parted."""


def service() -> Service | None:
    """The service that the settings name, if any."""
    # Not at the top: the settings themselves import this module.
    from django.conf import settings
    from django.urls import NoReverseMatch, reverse

    provider = getattr(settings, "OIDC_PROVIDER", "")
    if not provider:
        return None
    try:
        begin, connect, leave = (
            reverse(f"openid_connect_{act}", args=[provider])
            for act in ("login", "connect", "leave")
        )
    except NoReverseMatch:
        return None
    name = getattr(settings, "OIDC_NAME", "") or provider
    return Service(provider, name, url=begin, connect_url=connect, leave_url=leave)
