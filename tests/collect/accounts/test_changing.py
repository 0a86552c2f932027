"""Another address for an account, and its end: what it takes, what goes and what stays."""

from __future__ import annotations

import random
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail, signing
from django.test import Client
from django.utils import timezone
from tests.collect.trees.growing import NOW, give, growing_tree, people
from tests.threads import at_once

from manyvoices.collect.accounts import changing, limits, links
from manyvoices.collect.accounts.changing import ChangeRefused, Purpose
from manyvoices.collect.accounts.keys import create_key, verify_key
from manyvoices.collect.accounts.models import ApiKey, Membership, SignInLink
from manyvoices.collect.console.models import AuditEntry
from manyvoices.collect.console.roles import give_role
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.trees import operations
from manyvoices.collect.trees.models import Message
from manyvoices.design.trees import TaskKind

pytestmark = pytest.mark.django_db
ADA, NEW = "ada@example.org", "countess@example.org"
PASSWORD = "a long enough secret"


def link_in_mail(number: int = -1) -> str:
    found = re.search(r"http://testserver(\S+)", str(mail.outbox[number].body))
    assert found is not None
    return found.group(1)


def signed_in(address: str = ADA) -> Client:
    browser = Client()
    mail.outbox.clear()
    browser.post("/account/sign-in/send/", {"address": address})
    browser.post(link_in_mail())
    mail.outbox.clear()
    return browser


def ask(browser: Client, address: str = NEW, **fields: str) -> str:
    """Ask for another address; the link that was sent there."""
    assert browser.post("/account/address/", {"address": address, **fields}).status_code == 200
    assert mail.outbox[-1].to == [address]
    return link_in_mail()


def test_an_address_changes_once_its_button_was_pressed_and_the_old_one_is_told() -> None:
    browser = signed_in()
    link = ask(browser)
    page = browser.get(link)
    assert (page.status_code, page["Referrer-Policy"]) == (200, "same-origin")
    assert NEW in page.content.decode()
    assert User.objects.get().email == ADA
    after = browser.post(link, follow=True).content.decode()
    assert "Your account has the new address." in after
    assert User.objects.get().email == NEW
    assert mail.outbox[-1].to == [ADA]
    assert NEW not in str(mail.outbox[-1].body)
    assert browser.post(link).status_code == 410
    assert browser.get("/account/").status_code == 200


def test_the_old_address_opens_the_account_no_more_and_the_new_one_does() -> None:
    browser = signed_in()
    mine = User.objects.get()
    browser.post(ask(browser))
    again = signed_in(NEW)
    assert User.objects.get().pk == mine.pk
    assert NEW in again.get("/account/").content.decode()
    stranger = signed_in(ADA)
    assert User.objects.get(email=ADA).pk != mine.pk
    assert NEW not in stranger.get("/account/").content.decode()


def test_a_link_that_a_stranger_opens_changes_nobodys_account() -> None:
    thief = signed_in("thief@example.org")
    link = ask(thief, ADA)
    ada = signed_in(ADA)
    assert Client().post(link).headers["Location"] == "/account/sign-in/"
    assert ada.get(link).status_code == 410
    assert ada.post(link).status_code == 410
    assert sorted(User.objects.values_list("email", flat=True)) == [ADA, "thief@example.org"]


def test_an_address_that_has_an_account_is_refused_only_to_who_owns_it() -> None:
    signed_in(NEW)
    browser = signed_in()
    link = ask(browser)
    answer = browser.post(link)
    assert answer.status_code == 410
    assert "belongs to another account" in answer.content.decode()
    assert User.objects.filter(email=ADA).exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_accounts_that_want_one_address_at_once_one_gets_it() -> None:
    now = timezone.now()
    for i in range(3):
        wanted, users = f"both{i}@example.org", []
        for address in (f"left{i}@example.org", f"right{i}@example.org"):
            user = links.account_for(address)
            assert user is not None
            users.append(user)

        def change(user: User, address: str = wanted) -> bool:
            token = changing.new_token(user=user, purpose=Purpose.ADDRESS, now=now, address=address)
            found = changing.read_token(token)
            assert found is not None
            try:
                changing.change_address(found, user=user, now=now)
            except ChangeRefused:
                return False
            return True

        assert sorted(at_once([lambda u=user: change(u) for user in users])) == [False, True]
        assert User.objects.filter(email=wanted).count() == 1


def test_old_links_and_links_for_another_purpose_do_nothing() -> None:
    user, now = links.account_for(ADA), timezone.now()
    assert user is not None
    token = changing.new_token(user=user, purpose=Purpose.ADDRESS, now=now, address=NEW)
    found = changing.read_token(token)
    assert found is not None
    with pytest.raises(ChangeRefused):
        changing.change_address(found, user=user, now=now + changing.GOOD_FOR)
    with pytest.raises(ChangeRefused):
        changing.delete_by_link(found, user=user, now=now)
    assert links.read_link(token) is None
    assert changing.read_token(token[:-3] + "abc") is None
    assert changing.read_token(signing.dumps([1], salt=changing.SALT)) is None
    changing.change_address(found, user=user, now=now + timedelta(minutes=30))
    assert SignInLink.objects.get().used_at is not None


def test_a_link_asked_for_before_the_address_changed_does_nothing_afterwards() -> None:
    browser = signed_in()
    first = ask(browser, "first@example.org")
    browser.post(ask(browser))
    assert browser.post(first).status_code == 410
    assert User.objects.get().email == NEW


def test_whoever_has_a_password_must_know_it_and_who_guesses_waits() -> None:
    browser = signed_in()
    browser.post("/account/password/", {"new": PASSWORD})
    wrong = browser.post("/account/address/", {"address": NEW, "password": "guess"})
    assert wrong.status_code == 422
    assert not mail.outbox
    browser.post(ask(browser, password=PASSWORD))
    assert User.objects.get().email == NEW
    deleting = browser.post("/account/delete/", {"sure": "yes", "password": "guess"})
    assert deleting.status_code == 422
    assert User.objects.exists()


def test_links_to_new_addresses_are_few() -> None:
    browser = signed_in()
    codes = [
        browser.post("/account/address/", {"address": f"a{i}@example.org"}).status_code
        for i in range(limits.RATES["send_link"].burst + 2)
    ]
    assert codes[-1] == 429
    assert len(mail.outbox) == codes.count(200) <= limits.RATES["send_link"].burst


def test_what_is_no_address_is_refused_and_kept_to_be_corrected() -> None:
    answer = signed_in().post("/account/address/", {"address": "no-address"})
    assert answer.status_code == 422
    assert 'value="no-address"' in answer.content.decode()


def test_an_account_without_a_password_ends_by_a_link() -> None:
    browser = signed_in()
    assert browser.post("/account/delete/", {}).status_code == 422
    browser.post("/account/delete/", {"sure": "yes"})
    assert User.objects.exists()
    assert mail.outbox[-1].to == [ADA]
    link = link_in_mail()
    assert browser.get(link).status_code == 200
    assert "Your account is deleted" in browser.post(link).content.decode()
    assert not User.objects.exists()
    assert mail.outbox[-1].to == [ADA]
    assert browser.get("/account/").status_code == 302
    assert ADA not in str(list(AuditEntry.objects.values()))


def test_an_account_that_ends_takes_its_keys_and_links_and_leaves_what_was_contributed(
    orchard: StudyVersion,
) -> None:
    growing_tree(orchard)
    (person,) = people(orchard, 1)
    handed = give(person, TaskKind.ASSISTANT_REPLY)
    assert handed is not None
    text = operations.send_text(task=handed.task, text="Gravity.", now=NOW, rng=random.Random(0))
    browser = signed_in()
    browser.post("/account/password/", {"new": PASSWORD})
    user, now = User.objects.get(), timezone.now()
    Membership.objects.create(user=user, study=orchard.study, participant=person, linked_at=now)
    _key, secret = create_key(user=user, name="bot", scopes=("tasks",), now=now)
    shown = browser.get("/account/delete/").content.decode()
    assert "You have 1 key in force." in shown
    assert "My data, and taking it back" in shown
    data = browser.post("/account/studies/orchard/go-on/", {"data": "yes"})
    assert data.headers["Location"] == "/s/orchard/my-data/"
    browser.post("/account/delete/", {"sure": "yes", "password": PASSWORD})
    assert verify_key(secret, scope="tasks", now=now) is None
    assert not ApiKey.objects.exists()
    assert not Membership.objects.exists()
    assert Message.objects.get(pk=text.pk).author == person
    assert browser.get("/s/orchard/my-data/").status_code == 200
    anew = signed_in()
    assert "Nowhere yet with this account." in anew.get("/account/").content.decode()


def test_accounts_with_a_role_and_the_servers_own_do_not_end_here(orchard: StudyVersion) -> None:
    browser = signed_in()
    user = User.objects.get()
    give_role(actor="x", user=user, study_id="orchard", role="owner", now=timezone.now())
    assert "ask an owner" in browser.get("/account/delete/").content.decode()
    assert browser.post("/account/delete/", {"sure": "yes"}).status_code == 422
    with pytest.raises(ChangeRefused):
        changing.delete(user=user, now=timezone.now())
    root = User.objects.create_user("root", "root@example.org", PASSWORD, is_staff=True)
    own = Client()
    own.force_login(root)
    assert "Change your e-mail address" not in own.get("/account/").content.decode()
    assert own.post("/account/address/", {"address": NEW, "password": PASSWORD}).status_code == 422
    assert own.post("/account/delete/", {"sure": "yes", "password": PASSWORD}).status_code == 422
    assert User.objects.count() == 2


def test_every_page_leads_to_the_account_of_who_is_signed_in(orchard: StudyVersion) -> None:
    marked = '<a href="/account/">Your account</a>'
    assert marked in signed_in().get("/s/orchard/").content.decode()
    assert marked not in Client().get("/s/orchard/").content.decode()
