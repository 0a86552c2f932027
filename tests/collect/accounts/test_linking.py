"""One person, one record: what becomes of what a browser and an account each gave."""

from __future__ import annotations

import random
import re

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import transaction
from django.test import Client
from tests.collect.trees.growing import NOW, give, growing_tree, people
from tests.threads import together

from manyvoices.collect.accounts import linking, merging
from manyvoices.collect.accounts.models import Membership
from manyvoices.collect.people import rights
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.surveys.models import SurveyAnswer
from manyvoices.collect.trees import operations
from manyvoices.collect.trees.models import LabelsGiven, Message, Need, Task
from manyvoices.design.trees import TaskKind

RNG = random.Random(1)
REPLY, REVIEW = TaskKind.ASSISTANT_REPLY, TaskKind.LABEL_ASSISTANT_REPLY


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada", "ada@example.org")


def link(user: User, person: Participant) -> Participant:
    return linking.link(user=user, participant=person, now=NOW, rng=RNG)


def write(person: Participant, text: str = "Gravity.") -> Message:
    handed = give(person, REPLY)
    assert handed is not None
    return operations.send_text(task=handed.task, text=text, now=NOW, rng=RNG)


def review(person: Participant) -> LabelsGiven:
    handed = give(person, REVIEW)
    assert handed is not None
    return operations.send_labels(task=handed.task, labels={"spam": 0.0}, now=NOW, rng=RNG)


def survey(person: Participant) -> None:
    SurveyAnswer.objects.create(
        participant=person, survey="s", question="q", kind="text", value="a", answered_at=NOW,
        consent_version="c",
    )  # fmt: skip


def is_buried(person: Participant) -> bool:
    return Participant.objects.get(pk=person.pk).withdrawn_at is not None


def test_a_record_is_linked_once_and_linking_again_changes_nothing(
    ada: User, orchard: StudyVersion
) -> None:
    (person,) = people(orchard, 1)
    assert link(ada, person) == link(ada, person) == person
    assert Membership.objects.count() == 1
    assert linking.record_of(ada, "orchard") == person


def test_the_record_of_another_account_is_not_taken(ada: User, orchard: StudyVersion) -> None:
    (person,) = people(orchard, 1)
    link(User.objects.create_user("ben"), person)
    with pytest.raises(linking.CannotLink, match="another account"):
        link(ada, person)


def test_an_empty_record_gives_way_whichever_side_it_is_on(
    ada: User, orchard: StudyVersion
) -> None:
    growing_tree(orchard)
    first, empty, second = people(orchard, 3)
    link(ada, first)
    write(second)
    assert link(ada, second) == second, "the account's own record held nothing"
    assert is_buried(first)
    assert link(ada, empty) == second
    assert is_buried(empty)
    assert linking.record_of(ada, "orchard") == second


def test_work_on_trees_is_moved_into_the_record_of_the_account(
    ada: User, orchard: StudyVersion
) -> None:
    mine, other, third = people(orchard, 3)
    growing_tree(orchard)
    text = write(third)
    link(ada, mine)
    first = review(mine)
    again = review(other)
    own = write(other, "Newton.")
    review(mine)
    held = give(other, REPLY) or give(other)
    assert link(ada, other) == mine
    own.refresh_from_db()
    assert own.author == mine
    kept = LabelsGiven.objects.filter(message=text)
    assert [row.pk for row in kept] == [first.pk], "one person says one thing of one text"
    assert not LabelsGiven.objects.filter(pk=again.pk).exists()
    assert not LabelsGiven.objects.filter(message=own).exists(), "nobody reviews their own text"
    own.refresh_from_db()
    text.refresh_from_db()
    assert own.n_reviews == 0
    assert Need.objects.get(message=own, kind=REVIEW.value).seats == 2
    if held is not None:
        held.task.refresh_from_db()
        assert held.task.state == Task.State.EXPIRED
    assert is_buried(other)
    assert not Task.objects.filter(participant=other).exists()


def test_two_surveys_are_not_made_one_and_nothing_changes(ada: User, orchard: StudyVersion) -> None:
    mine, other = people(orchard, 2)
    link(ada, mine)
    survey(mine), survey(other)
    with pytest.raises(linking.CannotLink, match="write to the team"):
        link(ada, other)
    assert not is_buried(mine)
    assert not is_buried(other)
    assert SurveyAnswer.objects.count() == 2


def test_a_bot_and_a_tombstone_are_nobodys(ada: User, orchard: StudyVersion) -> None:
    bot, gone = people(orchard, 2)
    bot.simulated = True
    bot.save()
    rights.withdraw(participant=gone, now=NOW)
    for person in (bot, Participant.objects.get(pk=gone.pk)):
        with pytest.raises(linking.CannotLink):
            link(ada, person)


def test_every_kind_of_row_is_moved_passing_or_a_reason_not_to_merge(
    ada: User, orchard: StudyVersion
) -> None:
    """What another app adds counts as given, until somebody decides otherwise."""
    names = {relation.get_accessor_name() for relation in Participant._meta.related_objects}
    assert names >= merging.MOVED
    assert {"answers", "conversations"} <= names - merging.MOVED - linking.PASSING


def test_withdrawing_takes_the_link_along_and_leaves_the_account(
    ada: User, orchard: StudyVersion
) -> None:
    (person,) = people(orchard, 1)
    link(ada, person)
    rights.withdraw(participant=person, now=NOW)
    assert not Membership.objects.exists()
    assert User.objects.filter(pk=ada.pk).exists()
    assert linking.record_of(ada, "orchard") is None


@pytest.mark.django_db(transaction=True)
def test_two_browsers_linked_at_once_leave_one_record(orchard: StudyVersion) -> None:
    ada = User.objects.create_user("ada")
    crowd = people(orchard, 4)
    results = together([lambda p=person: link(ada, p) for person in crowd])
    assert not [result for result in results if isinstance(result, Exception)]
    assert Membership.objects.count() == 1
    assert sum(not is_buried(person) for person in crowd) == 1
    assert {result.pk for result in results[-1:]} <= {person.pk for person in crowd}  # type: ignore[union-attr]
    with transaction.atomic():
        assert linking.record_of(ada, "orchard") is not None


def test_from_a_browser_without_an_account_to_another_that_goes_on(orchard: StudyVersion) -> None:
    (person,) = people(orchard, 1)
    first, second = Client(), Client()
    first.get(f"/s/orchard/resume/{person.resume_key}/")
    for browser in (first, second):
        browser.post("/account/sign-in/send/", {"address": "ada@example.org"})
        found = re.search(r"http://testserver(\S+)", str(mail.outbox[-1].body))
        assert found is not None
        browser.post(found.group(1))
    assert "without an account" in first.get("/account/").content.decode()
    assert first.post("/account/studies/orchard/link/").status_code == 302
    page = second.get("/account/").content.decode()
    assert "Growing conversations together" in page
    assert "without an account" not in page
    assert second.post("/account/studies/orchard/go-on/").headers["Location"] == "/s/orchard/next/"
    assert str(person.pk) in second.get("/s/orchard/my-data/").content.decode()


def test_a_stranger_links_nothing(orchard: StudyVersion) -> None:
    assert (
        Client()
        .post("/account/studies/orchard/link/")
        .headers["Location"]
        .startswith("/account/sign-in/")
    )
    assert not Membership.objects.exists()
