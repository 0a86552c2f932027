"""Signing in with another service, the whole flow, against a stand-in for one on this machine.

The stand-in (`oidc_flow`) keeps to the standard where a scenario does not say otherwise. It is no
real service: what ORCID or a university's own does differently, this cannot show.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("allauth") is None, reason="django-allauth is not installed"
)
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What came of every scenario."""
    folder = tmp_path_factory.mktemp("oidc")
    script = Path(__file__).with_name("oidc_flow.py")
    done = subprocess.run(
        [sys.executable, str(script), str(folder)],
        capture_output=True, text=True, check=False, cwd=ROOT, timeout=1800,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_the_page_offers_the_service_as_a_form_and_a_page_leads_there(
    found: dict[str, Any],
) -> None:
    assert found["button"]
    assert found["way"] == [True, 200]  # A redirect after a form is what our policy forbids.


def test_a_confirmed_address_makes_an_account_as_a_link_by_mail_does(found: dict[str, Any]) -> None:
    new = found["new"]
    assert (new["status"], new["to"]) == (302, "/account/keys/")
    assert new["users"] == [[new["as"], "ada@example.org"]]
    assert found["again"]["as"] == new["as"]
    assert found["again"]["users"] == new["users"]


def test_only_the_services_own_id_of_a_person_is_kept(found: dict[str, Any]) -> None:
    assert found["new"]["kept"] == [{"provider": "stand-in", "uid": "s-1", "extra_data": {}}]


def test_a_confirmed_address_opens_the_account_that_a_link_opens(found: dict[str, Any]) -> None:
    assert found["linked"]["as"] == found["linked"]["mine"] is not None
    assert len(found["linked"]["users"]) == 1


def test_whoever_changes_their_address_at_the_service_keeps_their_account(
    found: dict[str, Any],
) -> None:
    assert found["moved"]["as"] == found["linked"]["as"]
    assert found["moved"]["users"] == found["linked"]["users"]


def test_an_address_is_also_read_where_only_the_services_profile_has_it(
    found: dict[str, Any],
) -> None:
    assert found["userinfo"]["users"] == [[found["userinfo"]["as"], "ada@example.org"]]


def test_an_address_that_is_only_claimed_opens_no_account_of_somebody_else(
    found: dict[str, Any],
) -> None:
    claimed = found["claimed"]
    assert len(claimed["users"]) == 2
    assert dict(claimed["users"])[claimed["as"]] == ""


def test_without_an_address_an_account_is_made_by_the_services_id(found: dict[str, Any]) -> None:
    assert found["nameless"]["users"] == [[found["nameless"]["as"], ""]]


@pytest.mark.parametrize("who", ["staff", "closed"])
def test_accounts_that_run_the_server_or_are_closed_are_not_opened(
    found: dict[str, Any], who: str
) -> None:
    assert found[who]["as"] is None
    assert found[who]["to"] == "/account/sign-in/"


def test_nobody_is_sent_to_another_server_afterwards(found: dict[str, Any]) -> None:
    assert found["elsewhere"]["as"] is not None
    assert found["elsewhere"]["to"] == "/account/"


@pytest.mark.parametrize(
    "wrong",
    [
        *("state", "nonce", "no-nonce", "issuer", "discovery", "audience", "audiences"),
        *("expired", "signature", "kid", "none", "shared", "no-sub", "denied", "token"),
        *("userinfo of another", "another browser", "twice", "unreachable"),
    ],
)
def test_an_answer_that_is_not_right_signs_nobody_in(found: dict[str, Any], wrong: str) -> None:
    came = found[wrong]
    assert came["as"] is None
    assert (came["status"], came["to"]) == (302, "/account/sign-in/")
    if wrong not in ("twice", "unreachable"):
        assert (came["users"], came["kept"]) == ([], [])


def test_only_the_two_addresses_of_the_flow_are_there(found: dict[str, Any]) -> None:
    assert found["by a link"] == 405
    assert found["no service"] == 404
    assert found["pages of allauth"] == [404, 404, 404]
