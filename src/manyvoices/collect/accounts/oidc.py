"""Signing in with another service (OpenID Connect), where django-allauth is installed.

Nothing here needs it: without the package, or without a provider named in the environment, the
pages show no such button. ``MANYVOICES_OIDC`` holds JSON: ``{"id": "orcid", "name": "ORCID",
"client_id": "…", "secret": "…", "server_url": "https://orcid.org"}``.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import MutableMapping
from typing import Any

from manyvoices.schema.errors import ManyvoicesError, MissingExtraError

NEEDED = ("id", "name", "client_id", "secret", "server_url")


class WrongProvider(ManyvoicesError):
    """``MANYVOICES_OIDC`` is not JSON, or something in it is missing."""


def read_provider(text: str) -> dict[str, str]:
    """The provider that the environment names; empty without one.

    Raises:
        WrongProvider: It is not JSON, or misses something.
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
    if importlib.util.find_spec("allauth") is None:
        raise MissingExtraError("signing in with another service", "oidc")
    return {name: found[name] for name in NEEDED}


def add_to(names: MutableMapping[str, Any]) -> None:
    """Extend the server's settings (`names` is the module's own namespace), if asked to."""
    import os

    provider = read_provider(os.environ.get("MANYVOICES_OIDC", ""))
    names["OIDC_PROVIDER"] = provider.get("id", "")
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
        "settings": {"server_url": provider["server_url"]},
    }
    names["SOCIALACCOUNT_PROVIDERS"] = {
        "openid_connect": {"APPS": [app], "OAUTH_PKCE_ENABLED": True}
    }
    # Whose account it is, `oidc_views` says: an address that a provider only claims must not open
    # an account that somebody else has.
    names["SOCIALACCOUNT_EMAIL_AUTHENTICATION"] = False
    names["SOCIALACCOUNT_ADAPTER"] = "manyvoices.collect.accounts.oidc_views.SignInAdapter"
    names["SOCIALACCOUNT_STORE_TOKENS"] = False


def sign_in_url() -> str:
    """Where signing in with the provider begins; empty where there is none."""
    # Not at the top: the settings themselves import this module.
    from django.conf import settings
    from django.urls import NoReverseMatch, reverse

    provider = getattr(settings, "OIDC_PROVIDER", "")
    if not provider:
        return ""
    try:
        return reverse("openid_connect_login", args=[provider])
    except NoReverseMatch:
        return ""
