"""One tree or forty, one contribution or forty: each page asks the database equally often."""

from __future__ import annotations

import random

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.collect.trees.growing import growing_tree, people
from tests.collect.trees.test_pages import answered_tree, browser_of, task_for, url

from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.trees import operations, policies
from manyvoices.collect.trees.models import LabelsGiven, Message
from manyvoices.design.trees import TaskKind

pytestmark = pytest.mark.django_db
RNG = random.Random(3)


def statements(client: Client, where: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(where).status_code == 200
    return len(captured.captured_queries)


def contribute(orchard: StudyVersion, person: Participant) -> Message:
    growing_tree(orchard)
    task = task_for(person)
    text = f"Something of my own {RNG.random()}"
    return operations.send_text(task=task, text=text, now=timezone.now(), rng=RNG)


def test_pages_ask_equally_often_as_rows_grow(
    orchard: StudyVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a slow machine a policy would be read again in the midst of it.
    monkeypatch.setattr(policies, "KEPT_S", float("inf"))
    (person,) = people(orchard, 1)
    client = browser_of(person)
    mine = contribute(orchard, person)
    answered_tree(orchard)
    growing_tree(orchard)
    review = task_for(person, TaskKind.LABEL_ASSISTANT_REPLY)
    write = task_for(person)
    places = [
        url("home"),
        url("mine"),
        url("message", mine.pk),
        url("edit", mine.pk),
        url("write", write.pk),
        url("label", review.pk),
        url("guidelines"),
    ]
    assert policies.policy_for(orchard.study, "en")
    for place in places:
        statements(client, place)  # what a first visit remembers (session, plans) is not counted
    before = {place: statements(client, place) for place in places}
    for _ in range(8):
        contribute(orchard, person)
        answered_tree(orchard)
        growing_tree(orchard)
        task_for(person)
    for reviewer in people(orchard, 6):
        LabelsGiven.objects.create(
            message=mine, participant=reviewer, labels={}, created_at=timezone.now()
        )
    after = {place: statements(client, place) for place in places}
    assert after == before
    assert max(after.values()) <= 16
