"""How mail is sent, and signing in with another service, both from the environment."""

from __future__ import annotations

import importlib.util
import json

import pytest

from manyvoices.collect.accounts import oidc
from manyvoices.collect.mailing import WrongMailAddress, mail_settings
from manyvoices.schema.errors import MissingExtraError

PROVIDER = {
    "id": "orcid",
    "name": "ORCID",
    "client_id": "c",
    "secret": "s",
    "server_url": "https://orcid.org",
}


def test_mail_goes_into_the_log_into_files_or_to_a_server() -> None:
    assert mail_settings("")["EMAIL_BACKEND"].endswith("console.EmailBackend")
    assert mail_settings("file:/tmp/out")["EMAIL_FILE_PATH"] == "/tmp/out"
    sent = mail_settings("smtp://ada%40x.org:se%2Fcret@mail.example.org")
    assert (sent["EMAIL_HOST_USER"], sent["EMAIL_HOST_PASSWORD"]) == ("ada@x.org", "se/cret")
    assert (sent["EMAIL_PORT"], sent["EMAIL_USE_TLS"], sent["EMAIL_USE_SSL"]) == (587, True, False)
    assert mail_settings("smtps://mail.example.org")["EMAIL_PORT"] == 465


@pytest.mark.parametrize("wrong", ["file:", "smtp://", "imap://x", "ada:secret"])
def test_another_address_is_refused_without_repeating_its_secret(wrong: str) -> None:
    with pytest.raises(WrongMailAddress) as raised:
        mail_settings(wrong)
    assert "secret" not in str(raised.value)


def test_without_a_provider_nothing_changes() -> None:
    assert oidc.read_provider("") == {}
    assert oidc.service() is None


@pytest.mark.parametrize("wrong", ["{", "[]", "{}", json.dumps({**PROVIDER, "secret": ""})])
def test_a_provider_must_be_whole(wrong: str) -> None:
    with pytest.raises(oidc.WrongProvider):
        oidc.read_provider(wrong)


def test_a_provider_without_the_package_is_said_when_the_server_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(MissingExtraError, match="oidc"):
        oidc.read_provider(json.dumps(PROVIDER))


def test_with_the_package_the_settings_name_the_provider_and_trust_no_claimed_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: object())
    monkeypatch.setenv("MANYVOICES_OIDC", json.dumps(PROVIDER))
    names: dict[str, object] = {"INSTALLED_APPS": [], "MIDDLEWARE": []}
    oidc.add_to(names)
    assert names["OIDC_PROVIDER"] == "orcid"
    assert "allauth.socialaccount.providers.openid_connect" in names["INSTALLED_APPS"]  # type: ignore[operator]
    assert names["SOCIALACCOUNT_EMAIL_AUTHENTICATION"] is False
