"""Who makes webhooks, by page and by key; what is told of what happens; and what it costs."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests.collect.trees.growing import NOW, give, growing_tree, let_grow, people
from tests.collect.webhooks.conftest import hook_for

from manyvoices.collect.accounts.keys import create_key
from manyvoices.collect.console.models import AuditEntry, StudyRole
from manyvoices.collect.jobs.models import Job
from manyvoices.collect.moderation import cases, deciding
from manyvoices.collect.moderation.models import Case
from manyvoices.collect.people import rights
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study, StudyVersion
from manyvoices.collect.trees import operations
from manyvoices.collect.trees.models import Message
from manyvoices.collect.webhooks.models import CHOICES, Delivery, Webhook
from manyvoices.collect.webhooks.operations import delete_webhook
from manyvoices.collect.webhooks.payloads import said
from manyvoices.collect.webhooks.signing import secret_of
from manyvoices.design.trees import TaskKind

pytestmark = pytest.mark.django_db
RNG = random.Random(0)
PLACE = "/api/v1/studies/orchard/webhooks"
OUTSIDE = "https://receiver.example/told?key=secret-path"


class Keyed:
    """A program with the key of an account."""

    def __init__(self, user: User, *scopes: str) -> None:
        _key, text = create_key(user=user, name="k", scopes=scopes or ["manage"], now=NOW)
        self._headers = {"Authorization": f"Bearer {text}"}
        self._client = Client(raise_request_exception=False)

    def ask(self, method: str, path: str = "", body: Any = None) -> Any:
        return self._client.generic(
            method, PLACE + path, json.dumps(body), "application/json", headers=self._headers
        )


@pytest.fixture
def owner(orchard: StudyVersion) -> User:
    user = User.objects.create_user("olga")
    StudyRole.objects.create(user=user, study=orchard.study, role="owner", given_at=NOW)
    return user


@pytest.fixture
def program(owner: User) -> Keyed:
    return Keyed(owner)


def _events() -> list[str]:
    return sorted(Delivery.objects.values_list("event", flat=True))


def test_a_webhook_is_made_read_changed_and_deleted_by_key(program: Keyed) -> None:
    made = program.ask("POST", "", {"url": OUTSIDE, "events": ["message.decided"]}).json()
    assert made["secret"].startswith("mvs_")
    listed = program.ask("GET").json()
    assert [hook["id"] for hook in listed] == [made["id"]]
    assert "secret" not in listed[0]
    place = f"/{made['id']}"
    changed = program.ask("PATCH", place, {"events": ["tree.state_changed"]}).json()
    assert (changed["events"], changed["url"]) == (["tree.state_changed"], OUTSIDE)
    assert Study.objects.get(pk="orchard").announces == ["tree.state_changed"]
    assert program.ask("POST", f"{place}/rotate").json()["secret"] != made["secret"]
    tested = program.ask("POST", f"{place}/test").json()
    assert (tested["event"], tested["state"]) == ("test", "waiting")
    assert [row["id"] for row in program.ask("GET", f"{place}/deliveries").json()] == [tested["id"]]
    assert program.ask("DELETE", place).status_code == 204
    assert program.ask("GET", place).status_code == 404
    assert Study.objects.get(pk="orchard").announces == []
    acts = set(AuditEntry.objects.filter(actor="olga").values_list("action", flat=True))
    assert acts == {
        *("make webhook", "change webhook", "rotate webhook secret", "test webhook"),
        "delete webhook",
    }
    assert not any("secret-path" in str(entry.detail) for entry in AuditEntry.objects.all())


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://receiver.example", "no_address"),
        ("receiver.example/told", "no_address"),
        ("https://", "no_address"),
        ("https://a b.example", "no_address"),
        ("http://[::1", "no_address"),
        ("https://name:word@receiver.example", "user_in_address"),
        ("https://receiver.example/#here", "user_in_address"),
        ("http://localhost:8000", "private"),
        ("http://169.254.169.254/latest", "private"),
        ("http://[::1]/", "private"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_with_its_field(
    program: Keyed, url: str, code: str
) -> None:
    answer = program.ask("POST", "", {"url": url, "events": ["message.decided"]})
    assert (answer.status_code, answer.json()["field"]) == (422, "url")
    assert answer.json()["code"] == code
    assert not Webhook.objects.exists()


def test_a_webhook_is_told_of_something_and_a_study_has_a_handful(
    program: Keyed, orchard: StudyVersion
) -> None:
    answer = program.ask("POST", "", {"url": OUTSIDE, "events": []})
    assert (answer.status_code, answer.json()["code"]) == (422, "no_event")
    assert program.ask("POST", "", {"url": OUTSIDE, "events": ["no.such"]}).status_code == 422
    for _ in range(20):
        hook_for(orchard.study, OUTSIDE)
    answer = program.ask("POST", "", {"url": OUTSIDE, "events": ["message.decided"]})
    assert answer.json()["code"] == "too_many"


@pytest.mark.parametrize("role", ["analyst", "moderator", "viewer", ""])
def test_only_owners_see_and_make_webhooks(orchard: StudyVersion, role: str) -> None:
    user = User.objects.create_user("andy")
    if role:
        StudyRole.objects.create(user=user, study=orchard.study, role=role, given_at=NOW)
    hook, _secret = hook_for(orchard.study, OUTSIDE)
    keyed, browser = Keyed(user), Client()
    browser.force_login(user)
    for method, path in (
        ("GET", ""), ("POST", ""), ("GET", f"/{hook.pk}"), ("DELETE", f"/{hook.pk}"),
        ("POST", f"/{hook.pk}/rotate"), ("POST", f"/{hook.pk}/test"),
        ("GET", f"/{hook.pk}/deliveries"), ("PATCH", f"/{hook.pk}"),
    ):  # fmt: skip
        body = {"url": OUTSIDE, "events": ["message.decided"]}
        assert keyed.ask(method, path, body).status_code == 403, (method, path)
    for place in (_page(), _page(hook)):
        assert browser.get(place).status_code == browser.post(place).status_code == 403
    assert Client().get(_page()).status_code == 302


def test_a_key_needs_the_scope(owner: User, orchard: StudyVersion) -> None:
    assert Keyed(owner, "read", "tasks", "export").ask("GET").status_code == 403


def test_a_webhook_of_another_study_is_not_found(program: Keyed, orchard: StudyVersion) -> None:
    other = Study.objects.create(id="other", title="Another", created_at=NOW)
    hook, _secret = hook_for(other, OUTSIDE)
    assert program.ask("GET", f"/{hook.pk}").status_code == 404


def _page(hook: Webhook | None = None) -> str:
    if hook is None:
        return reverse("webhooks:hooks", args=["orchard"])
    return reverse("webhooks:hook", args=["orchard", hook.pk])


def _browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_page_makes_a_webhook_and_shows_its_secret_once(owner: User) -> None:
    browser = _browser(owner)
    answer = browser.post(
        _page(), {"url": OUTSIDE, "event": ["message.decided"], "include_text": "on"}
    )
    hook = Webhook.objects.get()
    assert (hook.include_text, hook.events) == (True, ["message.decided"])
    shown = answer.content.decode()
    assert "mvs_" in shown
    assert answer["Cache-Control"] == "no-store"
    for place in (_page(), _page(hook)):
        page = browser.get(place).content.decode()
        assert "mvs_" not in page
        assert "receiver.example" in page


def test_the_page_says_what_is_wrong_and_keeps_what_was_typed(owner: User) -> None:
    answer = _browser(owner).post(_page(), {"url": "http://10.0.0.7/", "event": "task.done"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "private network" in page
    assert 'value="http://10.0.0.7/"' in page
    assert "checked" in page
    answer = _browser(owner).post(_page(), {"url": OUTSIDE})
    assert "Choose at least one event" in answer.content.decode()


def test_every_button_of_the_page_does_what_it_says(owner: User, orchard: StudyVersion) -> None:
    hook, secret = hook_for(orchard.study, OUTSIDE)
    browser = _browser(owner)
    page = browser.post(_page(hook), {"action": "rotate"}).content.decode()
    assert "mvs_" in page
    assert secret not in page
    browser.post(_page(hook), {"action": "test"})
    assert "A test" in browser.get(_page(hook)).content.decode()
    browser.post(_page(hook), {"action": "off"})
    assert "switched off" in browser.get(_page(hook)).content.decode()
    assert browser.post(_page(hook), {"action": "test"}).status_code == 422
    browser.post(_page(hook), {"action": "on"})
    assert Webhook.objects.get().is_active
    assert browser.post(_page(hook), {"action": "nonsense"}).status_code == 302
    browser.post(_page(hook), {"action": "delete"})
    assert browser.get(_page(hook)).status_code == 404


def test_the_page_changes_address_and_events_and_keeps_what_was_wrong(
    owner: User, orchard: StudyVersion
) -> None:
    client = _browser(owner)
    hook, secret = hook_for(orchard.study, OUTSIDE)
    wish = {"action": "change", "url": "https://other.example/x", "event": ["task.done"]}
    assert client.post(_page(hook), wish).status_code == 302
    hook.refresh_from_db()
    assert (hook.url, hook.events, hook.include_text) == (wish["url"], ["task.done"], False)
    assert secret_of(hook) == secret
    wrong = client.post(_page(hook), {"action": "change", "url": "ftp://x", "event": ["task.done"]})
    assert wrong.status_code == 422
    assert 'value="ftp://x"' in wrong.content.decode()
    hook.refresh_from_db()
    assert hook.url == wish["url"]
    assert AuditEntry.objects.filter(action="change webhook", actor="olga").exists()


def test_the_pages_cost_the_same_with_more_rows(owner: User, orchard: StudyVersion) -> None:
    browser = _browser(owner)
    hook, _secret = hook_for(orchard.study, OUTSIDE)

    def counted() -> list[int]:
        found = []
        for place in (_page(), _page(hook)):
            with CaptureQueriesContext(connection) as captured:
                assert browser.get(place).status_code == 200
            found.append(len(captured))
        return found

    counted()
    before = counted()
    for turn in range(3):
        hook_for(orchard.study, f"{OUTSIDE}{turn}")
        browser.post(_page(hook), {"action": "test"})
    browser.get(_page(hook))  # shows the notice once
    assert counted() == before


def _reviewed(version: StudyVersion, author: Participant, spam: float = 0.0) -> Message:
    handed = give(author, TaskKind.ASSISTANT_REPLY)
    assert handed is not None
    reply = operations.send_text(task=handed.task, text="They are ripe.", now=NOW, rng=RNG)
    for person in people(version, 2):
        review = give(person, TaskKind.LABEL_ASSISTANT_REPLY)
        assert review is not None
        labels = {"spam": spam, "quality": 1.0 - spam}
        operations.send_labels(task=review.task, labels=labels, now=NOW, rng=RNG)
    return reply


def test_a_decided_message_is_told_once_and_its_author_by_pseudonym(orchard: StudyVersion) -> None:
    growing_tree(orchard)
    hook_for(orchard.study, OUTSIDE, "message.decided")
    (author,) = people(orchard, 1)
    reply = _reviewed(orchard, author)
    row = Delivery.objects.select_related("hook__study").get()
    told = said(row, now=NOW)["data"]
    assert (told["message"], told["accepted"], told["by"]) == (str(reply.pk), True, "reviews")
    assert told["participant"].startswith("p-")
    assert "text" not in told
    assert str(author.pk) not in json.dumps(row.payload) + json.dumps(told)
    assert Job.objects.get(kind="webhook").key == str(row.pk)


def test_an_event_that_is_undone_is_told_to_nobody(orchard: StudyVersion) -> None:
    from django.db import transaction

    growing_tree(orchard)
    hook_for(orchard.study, OUTSIDE)
    with transaction.atomic():
        _reviewed(orchard, people(orchard, 1)[0])
        assert Delivery.objects.exists()
        transaction.set_rollback(True)
    assert not Delivery.objects.exists()
    assert not Job.objects.filter(kind="webhook").exists()


def test_decisions_of_moderators_are_told_without_their_reasons(orchard: StudyVersion) -> None:
    growing_tree(orchard)
    reply = _reviewed(orchard, people(orchard, 1)[0])
    hook_for(orchard.study, OUTSIDE, "moderation.decided", "message.deleted")
    cases.flag(Message.objects.get(pk=reply.pk), "team", now=NOW)
    made = deciding.decide(
        case=Case.objects.get(), action="delete", reason="rude words", by="mo", now=NOW, rng=RNG
    )
    deciding.undo(decision=made, by="mo", reason="was fine", now=NOW, rng=RNG)
    told = [row.payload for row in Delivery.objects.order_by("pk")]
    assert told[0] == {"messages": [str(reply.pk)], "because": "moderator"}
    assert [(one["action"], one["undone"]) for one in told[1:]] == [
        ("delete", False),
        ("delete", True),
    ]
    assert "rude" not in json.dumps(told)


def test_tasks_are_told_as_counts_of_a_minute(orchard: StudyVersion) -> None:
    growing_tree(orchard)
    hook_for(orchard.study, OUTSIDE, "task.done")
    _reviewed(orchard, people(orchard, 1)[0])
    row = Delivery.objects.select_related("hook__study").get()
    assert row.next_try_at == NOW + timedelta(seconds=65)
    told = said(row, now=NOW)["data"]
    assert told["tasks"] == {"en": {"assistant_reply": 1, "label_assistant_reply": 2}}
    assert told["simulated_tasks"] == {}


def test_who_came_to_the_end_is_told_by_pseudonym(orchard: StudyVersion) -> None:
    from manyvoices.collect.people import journey

    hook_for(orchard.study, OUTSIDE, "participant.completed")
    (person,) = people(orchard, 1)
    person = Participant.objects.select_related("study").get(pk=person.pk)
    journey.completed.send(sender=Participant, participant=person, now=NOW)
    row = Delivery.objects.select_related("hook__study").get()
    assert set(said(row, now=NOW)["data"]) == {"participant"}
    assert rights.own_data(person)["told_to_programs_of_the_team"] == [
        {
            "event": "participant.completed",
            "at": NOW,
            "state": "waiting",
            "to": "receiver.example",
        }
    ]
    rights.withdraw(participant=person, now=NOW)
    assert not Delivery.objects.exists()


def test_steps_of_trees_are_told(orchard: StudyVersion) -> None:
    hook_for(orchard.study, OUTSIDE, "tree.state_changed")
    let_grow(people(orchard, 6), rounds=60)
    told = [row.payload for row in Delivery.objects.all()]
    assert told
    assert {"before", "after", "tree", "language"} == set(told[0])


def _cost(version: StudyVersion, events: tuple[str, ...]) -> list[str]:
    """The statements of a text, two reviews and what they decide."""
    growing_tree(version)
    _reviewed(version, people(version, 1)[0])  # what is remembered, is
    for hook in Webhook.objects.filter(deleted_at=None):
        delete_webhook(hook=hook, by="olga", now=NOW)
    if events:
        hook_for(version.study, OUTSIDE, *events)
    growing_tree(version)
    (author,) = people(version, 1)
    with CaptureQueriesContext(connection) as captured:
        _reviewed(version, author)
    return [query["sql"] for query in captured]


def test_a_study_without_webhooks_pays_no_statement_for_them(orchard: StudyVersion) -> None:
    quiet = _cost(orchard, ())
    assert not [sql for sql in quiet if "webhooks_" in sql]
    other = _cost(orchard, ("export.finished",))
    assert not [sql for sql in other if "webhooks_" in sql]
    assert [sql for sql in _cost(orchard, CHOICES) if "webhooks_" in sql]


def test_an_export_by_key_is_told(owner: User, orchard: StudyVersion) -> None:
    hook_for(orchard.study, OUTSIDE, "export.finished")
    _key, text = create_key(user=owner, name="k", scopes=["export"], now=timezone.now())
    answer = Client().get(
        "/api/v1/trees/orchard/export", headers={"Authorization": f"Bearer {text}"}
    )
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content) == b""  # type: ignore[arg-type]
    assert Delivery.objects.get().payload == {"format": "trees", "trees": 0}
