"""Who sees the console: Alice is staff, Charlie is logged in and not staff, others are nobody."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from manyvoices.collect.conversations.models import Conversation
from manyvoices.collect.people.models import Participant

LISTS = ("study", "people", "conversations", "failures")


@pytest.fixture
def urls(participant: Participant, talk: Callable[..., Conversation]) -> list[str]:
    """Every page of the console that somebody's data is on."""
    conversation = talk(participant, 1)
    return [
        reverse("console:studies"),
        *(reverse(f"console:{name}", args=["small"]) for name in LISTS),
        reverse("console:conversation", args=["small", conversation.pk]),
    ]


def test_a_researcher_sees_every_page(staff_client: Client, urls: list[str]) -> None:
    for url in urls:
        assert staff_client.get(url).status_code == 200, url


def test_a_stranger_who_is_logged_in_is_refused(stranger_client: Client, urls: list[str]) -> None:
    for url in urls:
        response = stranger_client.get(url)
        assert response.status_code == 403, url
        assert "charlie" in response.content.decode()
        assert "A small study" not in response.content.decode()


def test_whoever_is_not_logged_in_is_asked_to(client: Client, urls: list[str]) -> None:
    for url in urls:
        response = client.get(url)
        assert response.status_code == 302
        assert response["Location"] == f"{reverse('console:login')}?next={url}"


def test_a_participant_is_nobody_in_the_console(
    client: Client, participant: Participant, urls: list[str]
) -> None:
    client.get(reverse("people:resume", args=["small", participant.resume_key]))
    assert all(client.get(url).status_code == 302 for url in urls)


def test_an_account_that_was_switched_off_sees_nothing(
    staff_client: Client, alice: User, urls: list[str]
) -> None:
    alice.is_active = False
    alice.save()
    assert all(staff_client.get(url).status_code == 302 for url in urls)


def test_pages_only_show_and_take_no_forms(staff_client: Client, urls: list[str]) -> None:
    assert all(staff_client.post(url).status_code == 405 for url in urls)


def test_logging_in_leads_to_the_page_that_was_asked_for(client: Client, alice: User) -> None:
    wanted = reverse("console:people", args=["small"])
    form = {"username": "alice", "password": "correct horse battery", "next": wanted}
    assert client.post(reverse("console:login"), form)["Location"] == wanted


def test_logging_in_never_leads_to_another_server(client: Client, alice: User) -> None:
    form = {
        "username": "alice",
        "password": "correct horse battery",
        "next": "https://elsewhere.example/",
    }
    response = client.post(reverse("console:login"), form)
    assert response["Location"] == reverse("console:studies")


def test_a_wrong_password_keeps_the_name_and_says_what_to_do(client: Client, alice: User) -> None:
    response = client.post(reverse("console:login"), {"username": "alice", "password": "no"})
    assert response.status_code == 200
    assert 'value="alice"' in response.content.decode()
    assert "do not fit together" in response.content.decode()
    assert 'value="no"' not in response.content.decode()


def test_logging_out_takes_a_form_and_ends_the_session(staff_client: Client) -> None:
    assert staff_client.get(reverse("console:logout")).status_code == 405
    response = staff_client.post(reverse("console:logout"))
    assert response["Location"] == reverse("console:login")
    assert staff_client.get(reverse("console:studies")).status_code == 302


def test_a_study_that_does_not_exist_is_not_found(staff_client: Client) -> None:
    for name in LISTS:
        assert staff_client.get(reverse(f"console:{name}", args=["none"])).status_code == 404


def test_a_conversation_is_found_under_its_own_study_only(
    staff_client: Client, participant: Participant, talk: Callable[..., Conversation]
) -> None:
    conversation = talk(participant, 1, finish=False)
    elsewhere = reverse("console:conversation", args=["other", conversation.pk])
    nowhere = reverse("console:conversation", args=["small", uuid.uuid4()])
    assert staff_client.get(elsewhere).status_code == 404
    assert staff_client.get(nowhere).status_code == 404


def test_a_study_without_trees_has_no_links_to_rooms_about_them(
    staff_client: Client, participant: Participant
) -> None:
    page = staff_client.get(reverse("console:study", args=["small"])).content.decode()
    for room in ("moderating:queue", "moderating:trees", "quality:reliability"):
        assert reverse(room, args=["small"]) not in page, room
    assert reverse("console:tables", args=["small"]) in page
