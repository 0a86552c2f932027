"""No page asks the database more often because there are more rows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from manyvoices.collect.console.roles import give_role
from manyvoices.collect.conversations.models import Conversation
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study, StudyVersion
from manyvoices.collect.studies.operations import publish_study

Walk = Callable[..., Participant]


def n_queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


GIVEN = {"role": "viewer", "now": timezone.now()}
PAGES = (
    *("study", "people", "conversations", "failures", "quality", "quality-file", "cost"),
    *("cost-file", "tables", "roles", "audit"),
)


@pytest.mark.parametrize("name", PAGES)
def test_a_study_costs_the_same_with_more_people(
    staff_client: Client, walk: Walk, talk: Callable[..., Conversation], name: str
) -> None:
    url = reverse(f"console:{name}", args=["small"])
    walk(pages=2, conversations=1)
    talk(walk(), 1, failing=frozenset({0}))
    before = n_queries(staff_client, url)
    for simulated in (False, True, False):
        walk(pages=2, conversations=2, simulated=simulated)
        talk(walk(simulated=simulated), 1, failing=frozenset({1, 2}))
    assert n_queries(staff_client, url) == before


@pytest.mark.parametrize(
    ("page", "name"),
    [("sheet", "funnel"), ("sheet", "models"), ("table", "utterance"), ("table", "participant")],
)
def test_a_file_costs_the_same_with_more_rows(
    staff_client: Client, walk: Walk, page: str, name: str
) -> None:
    url = reverse(f"console:{page}", args=["small", name])

    def counted() -> int:
        with CaptureQueriesContext(connection) as captured:
            list(staff_client.get(url))
        return len(captured)

    walk(pages=2, conversations=1)
    before = counted()
    for simulated in (False, True):
        walk(pages=2, conversations=2, simulated=simulated)
    assert counted() == before


def test_roles_and_the_audit_log_cost_the_same_with_more_of_them(
    staff_client: Client, walk: Walk
) -> None:
    walk()
    urls = [reverse(f"console:{name}", args=["small"]) for name in ("roles", "audit")]
    give_role(actor="alice", user=User.objects.create_user("u0"), study_id="small", **GIVEN)
    before = [n_queries(staff_client, url) for url in urls]
    for number in range(1, 5):
        user = User.objects.create_user(f"u{number}")
        give_role(actor="alice", user=user, study_id="small", **GIVEN)
    assert [n_queries(staff_client, url) for url in urls] == before


def test_a_study_costs_the_same_with_more_versions(
    staff_client: Client, walk: Walk, version: StudyVersion
) -> None:
    url = reverse("console:study", args=["small"])
    walk()
    before = n_queries(staff_client, url)
    for letter in "abc":
        spec = version.spec.model_copy(update={"digest": letter * 64})
        walk(version=publish_study(spec=spec, now=version.created_at))
    assert n_queries(staff_client, url) == before


def test_the_list_of_studies_costs_the_same_with_more_studies(
    staff_client: Client, walk: Walk, version: StudyVersion
) -> None:
    url = reverse("console:studies")
    walk()
    before = n_queries(staff_client, url)
    for letter in "abc":
        spec = version.spec.model_copy(update={"id": f"study-{letter}", "digest": letter * 64})
        newer = publish_study(spec=spec, now=version.created_at)
        walk(version=newer, study=Study.objects.get(pk=spec.id))
    assert n_queries(staff_client, url) == before


def test_a_conversation_costs_the_same_with_more_turns(
    staff_client: Client,
    participant: Participant,
    talk: Callable[..., Conversation],
    rate: Callable[..., object],
) -> None:
    from manyvoices.collect.conversations import operations

    conversation = talk(participant, 1, finish=False)
    url = reverse("console:conversation", args=["small", conversation.pk])
    before = n_queries(staff_client, url)
    turn = operations.send_prompt(
        conversation=conversation, index=2, text="And then?", now=conversation.started_at
    )
    rate(turn)
    assert n_queries(staff_client, url) == before
