"""What is sent, to whom, how often: a real receiver on this machine, a real runner."""

from __future__ import annotations

import random
import socket
from datetime import timedelta
from ipaddress import ip_address
from typing import Any

import pytest
from tests.collect.trees.growing import NOW, give, growing_tree, people
from tests.collect.webhooks.conftest import Receiver, hook_for, work

from manyvoices.collect.console.models import AuditEntry
from manyvoices.collect.jobs.models import Job
from manyvoices.collect.people import rights
from manyvoices.collect.studies.models import Study, StudyVersion
from manyvoices.collect.trees import operations
from manyvoices.collect.trees.models import Message
from manyvoices.collect.webhooks import addresses, purging, trying
from manyvoices.collect.webhooks.emitting import emit
from manyvoices.collect.webhooks.models import Delivery, Event, Webhook
from manyvoices.collect.webhooks.operations import (
    change_webhook,
    delete_webhook,
    rotate_secret,
    send_test,
)
from manyvoices.collect.webhooks.signing import secret_of, sign, verify
from manyvoices.design.trees import TaskKind

pytestmark = pytest.mark.django_db(transaction=True)
RNG = random.Random(0)
LATER = timedelta(hours=9)
"""Longer than the longest wait between two tries."""


def _emit(study: Study, **said: Any) -> list[Delivery]:
    return emit(study, Event.TREE_STATE_CHANGED, said or {"tree": "t"}, now=NOW)


def test_a_request_is_signed_and_says_which_event_it_is(
    orchard: StudyVersion, receiver: Receiver
) -> None:
    study = orchard.study
    _hook, secret = hook_for(study, receiver.url)
    (row,) = _emit(study, tree="t", after="growing")
    assert work(NOW) == 1
    assert receiver.is_signed(secret)
    assert not receiver.is_signed("mvs_another")
    (said,) = receiver.said
    assert said == {
        "id": str(row.event_id),
        "event": "tree.state_changed",
        "study": "orchard",
        "at": NOW.isoformat(),
        "simulated": False,
        "data": {"tree": "t", "after": "growing"},
    }
    assert receiver.headers[0]["X-Manyvoices-Event-Id"] == said["id"]
    row.refresh_from_db()
    assert (row.state, row.status, row.attempts) == ("sent", 200, 1)


def test_a_signature_holds_for_its_body_and_its_time_only() -> None:
    header = sign("mvs_s", b"{}", at=1000)
    assert verify("mvs_s", header, b"{}", now=1299)
    assert not verify("mvs_s", header, b"{ }", now=1000)
    assert not verify("mvs_s", header, b"{}", now=1301)
    assert not verify("mvs_s", header.replace("t=1000", "t=1001"), b"{}", now=1001)
    for nonsense in ("", "t=,v1=", "v1=aa", "t=x,v1=aa", "t=1000"):
        assert not verify("mvs_s", nonsense, b"{}", now=1000)


def test_what_failed_is_tried_again_and_what_arrived_is_not(
    orchard: StudyVersion, receiver: Receiver
) -> None:
    hook, _secret = hook_for(orchard.study, receiver.url)
    receiver.statuses = [500, 200]
    (row,) = _emit(orchard.study)
    work(NOW)
    row.refresh_from_db()
    assert (row.state, row.status, row.problem, row.attempts) == ("waiting", 500, "status", 1)
    assert row.next_try_at is not None
    assert work(row.next_try_at - timedelta(seconds=1)) == 0
    assert work(row.next_try_at) == 1
    row.refresh_from_db()
    hook.refresh_from_db()
    assert (row.state, row.attempts, hook.failures) == ("sent", 2, 0)
    assert receiver.said[0] == receiver.said[1]  # The same event id: the receiver can tell.
    assert work(NOW + LATER) == 0
    assert len(receiver.bodies) == 2
    assert Job.objects.get().state == Job.State.DONE


def test_waits_double_and_are_scattered() -> None:
    waits = [trying.wait_s(n, 0.5) for n in (1, 2, 3, 4)]
    assert waits == [30, 60, 120, 240]
    assert trying.wait_s(1, 0.0) == 15
    assert trying.wait_s(10_000, 1.0) == 1.5 * trying.LONGEST_WAIT_S


def test_a_request_that_never_arrives_is_given_up_and_shown(
    orchard: StudyVersion, receiver: Receiver
) -> None:
    hook_for(orchard.study, receiver.url)
    receiver.statuses = [503]
    (row,) = _emit(orchard.study)
    for turn in range(trying.TRIES + 3):
        work(NOW + turn * LATER)
    row.refresh_from_db()
    assert (row.state, row.attempts, row.status) == ("failed", trying.TRIES, 503)
    assert len(receiver.bodies) == trying.TRIES


def test_an_address_that_fails_twenty_times_in_a_row_is_switched_off_and_it_is_noted(
    orchard: StudyVersion, receiver: Receiver
) -> None:
    hook, _secret = hook_for(orchard.study, receiver.url)
    receiver.statuses = [500]
    for turn in range(trying.OFF_AFTER):
        _emit(orchard.study, tree=f"tree-{turn}")
        hook.refresh_from_db()
        assert hook.is_active
        work(NOW + turn * LATER)
    hook.refresh_from_db()
    assert (hook.is_active, hook.off_because, hook.failures) == (False, "status", 20)
    note = AuditEntry.objects.get(action="switch webhook off")
    assert (note.actor, note.target) == ("server", str(hook.pk))
    assert Study.objects.get(pk="orchard").announces == []
    assert not Delivery.objects.filter(state="waiting").exists()
    n_before = len(receiver.bodies)
    assert work(NOW + 30 * LATER) == 0
    assert len(receiver.bodies) == n_before


def test_a_hundred_events_for_an_address_that_is_down_are_one_failure(
    orchard: StudyVersion, receiver: Receiver
) -> None:
    hook, _secret = hook_for(orchard.study, receiver.url)
    receiver.statuses = [500]
    for turn in range(30):
        _emit(orchard.study, tree=f"tree-{turn}")
    work(NOW)
    hook.refresh_from_db()
    assert (hook.is_active, hook.failures) == (True, 1)
    tried = len(receiver.bodies)
    _emit(orchard.study, tree="while it is down")
    work(NOW + timedelta(seconds=1))
    assert len(receiver.bodies) == tried  # Left alone for a while.
    receiver.statuses = [204]
    work(NOW + LATER)
    assert Delivery.objects.filter(state="sent").count() == 31


def test_a_redirect_is_not_followed(orchard: StudyVersion, receiver: Receiver) -> None:
    hook_for(orchard.study, receiver.url)
    receiver.statuses = [302]
    (row,) = _emit(orchard.study)
    work(NOW)
    row.refresh_from_db()
    assert (row.status, row.problem, len(receiver.bodies)) == (302, "redirect", 1)


def test_an_answer_that_does_not_come_is_a_failure(orchard: StudyVersion) -> None:
    silent = socket.create_server(("127.0.0.1", 0))
    addresses_allowed = {"url": f"http://127.0.0.1:{silent.getsockname()[1]}/"}
    from django.test import override_settings

    with silent, override_settings(WEBHOOKS_PRIVATE=True):
        hook_for(orchard.study, addresses_allowed["url"])
        (row,) = _emit(orchard.study)
        work(NOW, timeout_s=0.2)
    row.refresh_from_db()
    assert (row.state, row.status, row.problem) == ("waiting", None, "timeout")


def test_an_address_at_which_nobody_listens_is_a_failure(
    orchard: StudyVersion, receiver: Receiver
) -> None:
    hook_for(orchard.study, receiver.url)
    receiver.close()
    (row,) = _emit(orchard.study)
    work(NOW)
    row.refresh_from_db()
    assert row.problem == "connection ConnectionRefusedError"
    receiver.__init__()  # type: ignore[misc]  # for the fixture to close


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "10.1.2.3", "192.168.0.9", "172.16.0.1", "169.254.169.254", "0.0.0.0"),
        *("100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fd00::1"),
        *("::ffff:127.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "ff02::1", "2001::1"),
    ],
)
def test_private_addresses_are_refused_in_every_disguise(host: str) -> None:
    assert not addresses.is_public(ip_address(host))
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with pytest.raises(addresses.PrivateAddress):
        addresses.guarded_socket((family, socket.SOCK_STREAM, 6, "", (host, 443)))


@pytest.mark.parametrize("host", ["93.184.216.34", "2606:4700::1111", "64:ff9b::5db8:d822"])
def test_public_addresses_are_let_through(host: str) -> None:
    assert addresses.is_public(ip_address(host))


def test_a_name_that_leads_to_this_machine_is_not_connected_to(
    orchard: StudyVersion, receiver: Receiver, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = receiver.url.rsplit(":", 1)[1]
    settings.WEBHOOKS_PRIVATE = False
    hook_for(orchard.study, f"http://innocent.example:{port}")
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda *_a, **_k: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))],
    )
    (row,) = _emit(orchard.study)
    work(NOW)
    row.refresh_from_db()
    assert (row.problem, receiver.bodies) == ("private", [])


def test_numbers_of_this_machine_are_not_connected_to_either(
    orchard: StudyVersion, receiver: Receiver, settings: Any
) -> None:
    hook_for(orchard.study, receiver.url)
    settings.WEBHOOKS_PRIVATE = False
    (row,) = _emit(orchard.study)
    work(NOW)
    row.refresh_from_db()
    assert (row.problem, receiver.bodies) == ("private", [])


def test_who_withdraws_is_in_no_request_that_was_not_sent_yet(
    orchard: StudyVersion, receiver: Receiver
) -> None:
    author, *reviewers = people(orchard, 3)
    growing_tree(orchard)
    hook_for(orchard.study, receiver.url, "message.decided", "message.deleted", include_text=True)
    handed = give(author, TaskKind.ASSISTANT_REPLY)
    assert handed is not None
    reply = operations.send_text(task=handed.task, text="They are ripe.", now=NOW, rng=RNG)
    for person in reviewers:
        review = give(person, TaskKind.LABEL_ASSISTANT_REPLY)
        assert review is not None
        operations.send_labels(
            task=review.task, labels={"spam": 0.0, "quality": 1.0}, now=NOW, rng=RNG
        )
    assert Delivery.objects.get().event == "message.decided"
    rights.withdraw(participant=author, now=NOW)
    work(NOW + timedelta(days=1))
    (said,) = receiver.said
    assert said["event"] == "message.deleted"
    assert said["data"] == {"messages": [str(reply.pk)], "because": "erased"}


def test_a_text_is_told_only_where_it_was_asked_for_and_as_it_is_now(
    orchard: StudyVersion, receiver: Receiver
) -> None:
    tree = growing_tree(orchard, author=people(orchard, 1)[0])
    root = Message.objects.get(tree=tree)
    hook_for(orchard.study, f"{receiver.url}?plain", "message.decided")
    hook_for(orchard.study, f"{receiver.url}?text", "message.decided", include_text=True)
    from manyvoices.collect.trees import happenings

    root = Message.objects.select_related("tree__study").get(pk=root.pk)
    happenings.message_decided.send(sender=Message, message=root)
    happenings.message_decided.send(sender=Message, message=root)
    Message.objects.filter(pk=root.pk).update(text="Why do pears fall?")
    work(NOW + timedelta(days=1), limit=2)
    Message.objects.filter(pk=root.pk).update(deleted=True)
    work(NOW + timedelta(days=1))
    texts = [said["data"].get("text", "not told") for said in receiver.said]
    assert sorted(map(str, texts)) == ["None", "Why do pears fall?", "not told", "not told"]
    whole = b"".join(receiver.bodies).decode()
    assert str(root.author_id) not in whole
    assert receiver.said[0]["data"]["participant"].startswith("p-")
    assert len({said["data"]["participant"] for said in receiver.said}) == 1


def test_a_secret_is_stored_nowhere_and_another_one_takes_its_place(
    orchard: StudyVersion, receiver: Receiver
) -> None:
    hook, secret = hook_for(orchard.study, receiver.url)
    stored = Webhook.objects.filter(pk=hook.pk).values().get()
    assert secret not in map(str, stored.values())
    newer = rotate_secret(hook=hook, by="olga", now=NOW)
    assert newer != secret
    _emit(orchard.study)
    work(NOW)
    assert receiver.is_signed(newer)
    assert not receiver.is_signed(secret)
    assert secret_of(Webhook.objects.get()) == newer


def test_a_test_goes_to_its_address_whatever_is_chosen(
    orchard: StudyVersion, receiver: Receiver
) -> None:
    hook, secret = hook_for(orchard.study, receiver.url, "export.finished")
    send_test(hook=hook, by="olga", now=NOW)
    work(NOW)
    assert receiver.said[0]["event"] == "test"
    assert receiver.is_signed(secret)


def test_what_waits_for_a_webhook_that_is_switched_off_or_deleted_is_not_sent(
    orchard: StudyVersion, receiver: Receiver
) -> None:
    hook, _secret = hook_for(orchard.study, receiver.url)
    _emit(orchard.study)
    change_webhook(hook=hook, by="olga", now=NOW, is_active=False)
    assert work(NOW + LATER) == 0
    change_webhook(hook=hook, by="olga", now=NOW, is_active=True)
    _emit(Study.objects.get(pk="orchard"))
    delete_webhook(hook=hook, by="olga", now=NOW)
    assert work(NOW + LATER) == 0
    assert receiver.bodies == []
    gone = Webhook.objects.get()
    assert (gone.url, gone.nonce, gone.is_active) == ("", "", False)


def test_a_webhook_that_is_deleted_while_a_request_is_on_its_way_stays_deleted(
    orchard: StudyVersion, receiver: Receiver
) -> None:
    hook, _secret = hook_for(orchard.study, receiver.url)
    _emit(orchard.study)
    from django.db import connections

    def delete() -> None:
        delete_webhook(hook=hook, by="olga", now=NOW)
        connections.close_all()

    receiver.during = delete
    work(NOW)
    assert Delivery.objects.get().state == "failed"
    assert Webhook.objects.get().deleted_at == NOW


def test_old_requests_are_forgotten_with_their_jobs(
    orchard: StudyVersion, receiver: Receiver
) -> None:
    hook, _secret = hook_for(orchard.study, receiver.url)
    _emit(orchard.study)
    work(NOW)
    assert purging.purge(now=NOW + timedelta(days=29)) == 0
    delete_webhook(hook=hook, by="olga", now=NOW)
    assert purging.purge(now=NOW + timedelta(days=31)) == 1
    assert (Delivery.objects.count(), Job.objects.count(), Webhook.objects.count()) == (0, 0, 0)
