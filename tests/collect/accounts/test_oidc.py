"""Signing in with another service, the whole flow, against a stand-in for one on this machine.

The stand-in (`oidc_flow`) keeps to the standard where a scenario does not say otherwise. What
services of others do differently, `test_oidc_real` shows where they are installed.
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
    assert found["again"]["kept"] == found["new"]["kept"]


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
        *("other-alg", "no-kid-of-two"),
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


def test_a_service_may_say_in_words_that_an_address_is_confirmed(found: dict[str, Any]) -> None:
    assert found["in words"]["as"] == found["in words"]["mine"] is not None


@pytest.mark.parametrize("unusual", ["no-alg", "no-kid"])
def test_a_key_need_not_say_what_it_is_used_with_and_a_token_not_which_is_the_only_one(
    found: dict[str, Any], unusual: str
) -> None:
    assert found[unusual]["users"] == [[found[unusual]["as"], "ada@example.org"]]


def test_whoever_is_signed_in_lets_the_service_open_their_account(found: dict[str, Any]) -> None:
    mine = found["connected"]
    assert mine["users"] == [[mine["as"], "ada@example.org"]]
    assert (mine["status"], mine["to"], len(mine["kept"])) == (302, "/account/", 1)
    assert found["shown"]
    assert found["opens"]["as"] == mine["as"]


def test_what_opens_an_account_is_never_moved_to_another(found: dict[str, Any]) -> None:
    assert found["taken"]["kept"] == found["connected"]["kept"]
    assert found["taken"]["as"] != found["connected"]["as"]


def test_an_account_is_parted_from_the_service_unless_there_is_no_other_way_in(
    found: dict[str, Any],
) -> None:
    assert found["parted"]["kept"] == []
    assert found["opens no more"]["as"] != found["connected"]["as"]
    assert (found["the only way"]["status"], len(found["the only way"]["kept"])) == (422, 1)


def test_connecting_asks_for_the_password_of_an_account_that_has_one(found: dict[str, Any]) -> None:
    assert (found["no password"]["status"], found["no password"]["kept"]) == (422, [])
    assert len(found["password"]["kept"]) == 1


def test_whoever_cancels_while_connecting_stays_signed_in(found: dict[str, Any]) -> None:
    assert found["cancelled"]["to"] == "/account/"
    assert found["cancelled"]["as"] == found["password"]["as"]
    assert found["of nobody"]["as"] is None
    assert found["of nobody"]["to"].startswith("/account/sign-in/")
