"""The moderator's pages: who opens them, what they cost, and that nothing is decided twice."""

from __future__ import annotations

import random
import uuid

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.collect.trees.growing import NOW, give, growing_tree, people

from manyvoices.collect.console.models import AuditEntry, StudyRole
from manyvoices.collect.moderation import cases, console_urls, deciding, restrictions
from manyvoices.collect.moderation.models import Case, Decision, Kind, Restriction, Signal
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.trees.models import Message, Tree
from manyvoices.design.trees import TaskKind
from manyvoices.schema import TreeState

ROLES = ("owner", "analyst", "moderator", "viewer")
MAY = {"owner", "moderator", "staff"}


def clients(version: StudyVersion) -> dict[str, Client]:
    """An account of each role, of staff, and a stranger."""
    found = {}
    for name in (*ROLES, "staff", "stranger"):
        user = User.objects.create_user(name, password="x", is_staff=name == "staff")
        if name in ROLES:
            StudyRole.objects.create(user=user, study=version.study, role=name, given_at=NOW)
        found[name] = Client()
        found[name].force_login(user)
    return found


@pytest.fixture
def moderator(orchard: StudyVersion) -> Client:
    return clients(orchard)["moderator"]


def resume(person: Participant) -> Client:
    client = Client()
    client.get(reverse("people:resume", args=["orchard", person.resume_key]))
    return client


def flagged(message: Message) -> Case:
    return cases.flag(message, "evidence", {"pasted": 0.9}, now=NOW).case


def _arguments(name: str, reply: Message, case: Case) -> list[object]:
    return {
        "case": [case.pk], "claim": [case.pk], "release": [case.pk], "decide": [case.pk],
        "undo": [1], "tree": [reply.tree_id], "tree_act": [reply.tree_id], "open": [reply.pk],
        "person": [reply.author_id], "restrict": [reply.author_id], "lift": [1],
    }.get(name, [])  # fmt: skip


def test_only_those_who_moderate_open_the_pages_or_use_the_forms(reply: Message) -> None:
    case = flagged(reply)
    cast = clients(reply.tree.study.current)
    shown = {"queue", "outcomes", "case", "trees", "tree", "person"}
    for page in console_urls.urlpatterns:
        name = str(page.name)
        url = reverse(f"moderating:{name}", args=["orchard", *_arguments(name, reply, case)])
        assert Client().get(url).status_code in (302, 405), name
        for role, client in cast.items():
            if role in MAY and name not in shown:
                continue
            answer = client.get(url) if name in shown else client.post(url, {"reason": "x"})
            assert answer.status_code == (200 if role in MAY else 403), (name, role)
    assert Decision.objects.count() == Restriction.objects.count() == 0
    assert not AuditEntry.objects.filter(action__startswith="moderate").exists()


def test_a_case_of_another_study_is_not_found(reply: Message, moderator: Client) -> None:
    url = reverse("moderating:case", args=["orchard", uuid.uuid4()])
    assert moderator.get(url).status_code == 404


def test_a_decision_leads_to_the_queue_with_its_undo(reply: Message, moderator: Client) -> None:
    case = flagged(reply)
    url = reverse("moderating:decide", args=["orchard", case.pk])
    assert moderator.post(url, {"action": "reject"}).status_code == 422
    answer = moderator.post(url, {"action": "reject", "reason": "advertising"}, follow=True)
    html = answer.content.decode()
    assert "1 message rejected" in html
    made = Decision.objects.get()
    undone = moderator.post(
        reverse("moderating:bulk", args=["orchard"]),
        {"undo": "1", "decision": made.pk, "reason": "undone at once"},
    )
    assert undone.status_code == 302
    made.refresh_from_db()
    assert made.undone_by == "moderator"
    reply.refresh_from_db()
    assert reply.accepted is None


def test_what_was_typed_stays_where_something_is_wrong(reply: Message, moderator: Client) -> None:
    url = reverse("moderating:decide", args=["orchard", flagged(reply).pk])
    answer = moderator.post(url, {"action": "edit", "text": "", "reason": "a name"})
    assert answer.status_code == 422
    assert "The text needs" in answer.content.decode()


def test_a_judge_of_the_sample_is_not_told_what_others_said(
    reply: Message, moderator: Client
) -> None:
    Message.objects.filter(pk=reply.pk).update(accepted=False, decided_because="spam")
    (case,) = (
        c
        for c in cases.draw_sample(
            study=reply.tree.study, n=9, by="mo", now=NOW, rng=random.Random(0)
        )
        if c.message_id == reply.pk
    )
    html = moderator.get(reverse("moderating:case", args=["orchard", case.pk])).content.decode()
    assert "rejected" not in html
    assert "by itself" in html


def test_a_tree_is_stopped_and_goes_on_from_its_page(reply: Message, moderator: Client) -> None:
    url = reverse("moderating:tree_act", args=["orchard", reply.tree_id])
    moderator.post(url, {"action": "halt", "reason": "heated"})
    assert Tree.objects.get().state == TreeState.HALTED_BY_MODERATOR.value
    assert moderator.post(url, {"action": "halt", "reason": "again"}).status_code == 422
    moderator.post(url, {"action": "restart", "reason": "calm"})
    assert Tree.objects.get().state == TreeState.GROWING.value


def test_somebody_is_limited_and_let_go_from_their_page(reply: Message, moderator: Client) -> None:
    url = reverse("moderating:restrict", args=["orchard", reply.author_id])
    assert moderator.post(url, {"what": "limit", "reason": "flood"}).status_code == 422
    assert (
        moderator.post(url, {"what": "limit", "reason": "flood", "per_day": "many"}).status_code
        == 422
    )
    moderator.post(url, {"what": "limit", "reason": "flood", "per_day": "5", "days": "3"})
    row = Restriction.objects.get()
    assert (row.per_day, row.until is None, row.by) == (5, False, "moderator")
    moderator.post(reverse("moderating:lift", args=["orchard", row.pk]), {"reason": "calm"})
    row.refresh_from_db()
    assert row.lifted_by == "moderator"


@pytest.mark.parametrize("name", ["queue", "trees", "outcomes"])
def test_a_page_costs_the_same_with_more_rows(
    orchard: StudyVersion, moderator: Client, name: str
) -> None:
    def more() -> None:
        message = growing_tree(orchard, author=people(orchard, 1)[0]).messages.get()
        cases.report(
            message=message, participant=people(orchard, 1)[0], reason="rude", now=NOW,
            rng=random.Random(0),
        )  # fmt: skip
        flagged(message)

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert moderator.get(reverse(f"moderating:{name}", args=["orchard"])).status_code == 200
        return len(captured)

    more()
    before = cost()
    for _ in range(4):
        more()
    assert cost() == before


def test_no_page_that_shows_writes_anything(reply: Message, moderator: Client) -> None:
    case = flagged(reply)
    for name, arguments in (("queue", []), ("case", [case.pk]), ("tree", [reply.tree_id])):
        with CaptureQueriesContext(connection) as captured:
            moderator.get(reverse(f"moderating:{name}", args=["orchard", *arguments]))
        said = [query["sql"].split()[0] for query in captured]
        assert set(said) <= {"SELECT", "BEGIN", "SAVEPOINT", "RELEASE"}, name


def test_a_contributor_reports_what_they_were_shown(reply: Message) -> None:
    (reader,) = people(reply.tree.study.current, 1)
    url = reverse("moderation:report", args=["orchard", reply.pk])
    client = resume(reader)
    assert client.get(url).status_code == 404
    assert give(reader, TaskKind.LABEL_ASSISTANT_REPLY) is not None
    page = client.get(url).content.decode()
    assert "Gravity." in page
    assert str(reply.author_id) not in page
    assert client.post(url, {"reason": " "}).status_code == 422
    assert client.post(url, {"reason": "It is rude"}).status_code == 200
    signal = Signal.objects.get()
    assert (signal.kind, signal.reason) == (Kind.REPORT, "It is rude")
    assert resume(reply.author).get(url).status_code == 404  # type: ignore[arg-type]


def test_an_author_appeals_on_a_page_of_their_own(reply: Message) -> None:
    url = reverse("moderation:appeal", args=["orchard", reply.pk])
    client = resume(reply.author)  # type: ignore[arg-type]
    assert client.get(url).status_code == 302
    Message.objects.filter(pk=reply.pk).update(accepted=False)
    assert client.get(url).status_code == 200
    assert client.post(url, {"reason": "It is right"}).status_code == 200
    assert Case.objects.get().signals.get().reason == "It is right"
    assert client.get(url).status_code == 302
    stranger = resume(people(reply.tree.study.current, 1)[0])
    assert stranger.get(url).status_code == 404


def test_who_is_banned_reads_why_in_place_of_tasks(orchard: StudyVersion) -> None:
    growing_tree(orchard)
    (person,) = people(orchard, 1)
    client = resume(person)
    restrictions.restrict(
        participant=person, kind="ban", is_shadow=False, reason="much spam", by="mo", now=NOW
    )
    answer = client.post(reverse("trees:next", args=["orchard"]))
    assert answer.status_code == 403
    assert "much spam" in answer.content.decode()
    assert client.get(reverse("trees:mine", args=["orchard"])).status_code == 200


def test_who_is_banned_while_writing_gets_their_words_back(orchard: StudyVersion) -> None:
    growing_tree(orchard)
    (person,) = people(orchard, 1)
    handed = give(person, TaskKind.ASSISTANT_REPLY)
    assert handed is not None
    restrictions.restrict(
        participant=person, kind="ban", reason="spam", is_shadow=False, by="mo", now=NOW
    )
    place = reverse("trees:write", args=["orchard", handed.task.pk])
    answer = resume(person).post(place, {"text": "Half an hour of <work>."})
    assert answer.status_code == 403
    assert "Half an hour of &lt;work&gt;." in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_moderators_take_one_case_and_one_gets_it(reply: Message) -> None:
    from tests.threads import at_once

    case = flagged(reply)

    def take(name: str) -> str:
        try:
            return deciding.claim(case=Case(pk=case.pk), by=name, now=NOW).claimed_by
        except deciding.Refused:
            return ""

    got = at_once([lambda n=n: take(f"mo{n}") for n in range(4)])  # type: ignore[misc]
    assert sorted(bool(name) for name in got) == [False, False, False, True]


@pytest.mark.django_db(transaction=True)
def test_two_who_decide_at_once_decide_once(reply: Message) -> None:
    from tests.threads import at_once

    case = flagged(reply)

    def decide(name: str, action: str) -> str:
        try:
            made = deciding.decide(
                case=Case(pk=case.pk, message_id=reply.pk), action=action, reason="so", by=name,
                now=NOW, rng=random.Random(0),
            )  # fmt: skip
        except deciding.Refused:
            return ""
        return made.by

    got = at_once([lambda: decide("ann", "accept"), lambda: decide("ben", "reject")])
    assert sorted(map(bool, got)) == [False, True]
    assert Decision.objects.count() == 1
    assert AuditEntry.objects.filter(action__startswith="moderate").count() == 1


def test_the_console_leads_a_moderator_to_trees_and_reviewers_where_there_are_some(
    reply: Message, moderator: Client
) -> None:
    page = moderator.get(f"/console/studies/{reply.tree.study_id}/").content.decode()
    assert reverse("moderating:queue", args=["orchard"]) in page
    assert reverse("moderating:trees", args=["orchard"]) in page
    assert reverse("quality:reliability", args=["orchard"]) in page
    assert f'<a href="{reverse("accounts:account")}">' in page
