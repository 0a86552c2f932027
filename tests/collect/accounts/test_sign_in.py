"""Signing in: a link that works once, a password, and pages that do not say who has an account."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail, signing
from django.test import Client
from django.utils import timezone
from tests.threads import at_once

from manyvoices.collect.accounts import limits, links
from manyvoices.collect.accounts.models import ApiKey, SignInLink

pytestmark = pytest.mark.django_db
ADA = "ada@example.org"
PASSWORD = "a long enough secret"


def ask(browser: Client, address: str = ADA, **fields: str) -> str:
    """Ask for a link; its address, from the mail."""
    mail.outbox.clear()
    answer = browser.post("/account/sign-in/send/", {"address": address, **fields})
    assert answer.status_code == 200
    found = re.search(r"http://testserver(\S+)", str(mail.outbox[0].body))
    assert found is not None
    return found.group(1)


def signed_in(address: str = ADA) -> Client:
    browser = Client()
    browser.post(ask(browser, address))
    return browser


def test_a_link_signs_in_once_after_its_button_was_pressed() -> None:
    browser, thief = Client(), Client()
    link = ask(browser)
    assert mail.outbox[0].to == [ADA]
    for _ in range(2):  # a mail scanner opens it
        page = browser.get(link)
        assert (page.status_code, page["Referrer-Policy"]) == (200, "same-origin")
        assert ADA in page.content.decode()
    assert not User.objects.exists()
    assert browser.post(link).headers["Location"] == "/account/"
    assert ADA in browser.get("/account/").content.decode()
    assert thief.post(link).status_code == 410
    assert thief.get(link).status_code == 410
    assert thief.get("/account/").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_of_two_who_press_the_button_at_once_one_gets_in() -> None:
    now = timezone.now()
    for _ in range(3):
        found = links.read_link(links.new_link(address=ADA, now=now))
        assert found is not None
        users = at_once([lambda link=found: links.use_link(link, now=now)] * 4)
        assert sum(user is not None for user in users) == 1


@pytest.mark.django_db(transaction=True)
def test_two_links_of_one_address_used_at_once_make_one_account() -> None:
    now = timezone.now()
    found = [links.read_link(links.new_link(address=ADA, now=now)) for _ in range(4)]
    at_once([lambda link=link: links.use_link(link, now=now) for link in found])
    assert User.objects.filter(email=ADA).count() == 1


def test_an_old_link_and_a_changed_one_open_nothing() -> None:
    now = timezone.now()
    token = links.new_link(address=ADA, now=now)
    found = links.read_link(token)
    assert found is not None
    assert links.use_link(found, now=now + links.GOOD_FOR) is None
    assert links.read_link(token[:-3] + "abc") is None
    assert links.read_link(signing.dumps([1], salt=links.SALT)) is None
    assert links.read_link(signing.dumps(["s", ADA, ""], salt="another")) is None
    assert Client().get("/account/sign-in/x/").status_code == 410


def test_addresses_that_nobody_confirmed_are_stored_nowhere() -> None:
    ask(Client(), "Victim@Example.org")
    assert "example.org" not in str(list(SignInLink.objects.values())).lower()
    assert not User.objects.exists()


def test_capitals_make_no_second_account_and_old_links_are_forgotten() -> None:
    signed_in(ADA)
    signed_in("ADA@Example.ORG ")
    assert User.objects.count() == 1
    SignInLink.objects.update(expires_at=timezone.now() - timedelta(days=2))
    ask(Client())
    assert SignInLink.objects.count() == 1


def test_a_link_never_opens_a_staff_account() -> None:
    User.objects.create_user("root", ADA, "correct horse battery", is_staff=True)
    browser = Client()
    assert browser.post(ask(browser)).status_code == 410
    assert browser.get("/account/").status_code == 302
    wrong = {"login": ADA, "password": "correct horse battery"}
    assert browser.post("/account/sign-in/", wrong).status_code == 422


def test_a_closed_account_stays_closed() -> None:
    browser = signed_in()
    User.objects.update(is_active=False)
    assert browser.post(ask(browser)).status_code == 410


@pytest.mark.parametrize(
    ("wanted", "goes"),
    [
        ("/s/orchard/", "/s/orchard/"),
        ("https://evil.example/", "/account/"),
        ("//evil", "/account/"),
    ],
)
def test_one_comes_back_to_where_one_was_on_this_server_only(wanted: str, goes: str) -> None:
    browser = Client()
    link = ask(browser, next=wanted)
    assert browser.post(link).headers["Location"] == goes


def test_a_mailbox_is_not_flooded_whoever_asks_and_nobody_is_told() -> None:
    mail.outbox.clear()
    for i in range(limits.RATES["send_link"].burst + 3):
        browser = Client(REMOTE_ADDR=f"10.0.0.{i}")
        answer = browser.post("/account/sign-in/send/", {"address": ADA})
        assert answer.status_code == 200
    assert len(mail.outbox) == limits.RATES["send_link"].burst


def test_one_sender_is_asked_for_patience() -> None:
    browser = Client()
    codes = [
        browser.post("/account/sign-in/send/", {"address": f"a{i}@example.org"}).status_code
        for i in range(limits.RATES["ask_link"].burst + 1)
    ]
    assert codes[-2:] == [200, 429]


def test_a_class_behind_one_address_can_sign_in_together() -> None:
    for i in range(30):
        browser = Client(REMOTE_ADDR="10.0.0.1")
        answer = browser.post(ask(browser, f"pupil-{i}@example.org"))
        assert answer.status_code == 302


def test_what_is_no_address_is_said_to_be_none() -> None:
    answer = Client().post("/account/sign-in/send/", {"address": "ada\nBcc: x@y.z"})
    assert answer.status_code == 422
    assert not SignInLink.objects.exists()


def test_a_password_is_set_on_the_page_and_works_afterwards() -> None:
    browser = signed_in()
    assert browser.post("/account/password/", {"new": "short"}).status_code == 422
    assert browser.post("/account/password/", {"new": PASSWORD}).status_code == 302
    assert browser.get("/account/").status_code == 200, "still signed in"
    assert browser.post("/account/password/", {"new": PASSWORD + "!"}).status_code == 422
    other = Client()
    right = {"login": ADA.upper(), "password": PASSWORD, "next": "/s/orchard/"}
    assert other.post("/account/sign-in/", right).headers["Location"] == "/s/orchard/"
    assert other.post("/account/sign-out/").status_code == 302
    assert other.get("/account/").status_code == 302


def test_a_wrong_password_and_an_unknown_address_read_the_same() -> None:
    browser = signed_in()
    browser.post("/account/password/", {"new": PASSWORD})
    pages = []
    for address in (ADA, "nobody@example.org"):
        page = Client().post("/account/sign-in/", {"login": address, "password": "wrong"})
        assert page.status_code == 422
        text = re.sub(r'csrfmiddlewaretoken" value="\w+"', "", page.content.decode())
        pages.append(text.replace(address, "X"))
    assert pages[0] == pages[1]


def test_whoever_guesses_is_blocked_even_with_the_right_password() -> None:
    browser = signed_in()
    browser.post("/account/password/", {"new": PASSWORD})
    guesser = Client()
    for _ in range(5):
        guesser.post("/account/sign-in/", {"login": ADA, "password": "guess"})
    right = guesser.post("/account/sign-in/", {"login": ADA, "password": PASSWORD})
    assert right.status_code == 429


def test_a_key_is_on_the_page_that_made_it_and_on_no_other() -> None:
    browser = signed_in()
    assert browser.post("/account/keys/", {"name": "bot"}).status_code == 422
    page = browser.post("/account/keys/", {"name": "<b>bot", "scope": ["tasks"]})
    found = re.search(r'id="new-key" dir="ltr">(\S+)</code>', page.content.decode())
    assert found is not None
    assert page["Cache-Control"] == "no-store"
    again = browser.get("/account/keys/").content.decode()
    assert found.group(1) not in again
    assert "&lt;b&gt;bot" in again
    prefix = ApiKey.objects.get().prefix
    signed_in("eve@example.org").post("/account/keys/", {"revoke": prefix})
    assert ApiKey.objects.get().revoked_at is None
    browser.post("/account/keys/", {"revoke": prefix})
    assert ApiKey.objects.get().revoked_at is not None
    assert Client().get("/account/keys/").headers["Location"].startswith("/account/sign-in/")
