"""The interface for programs: who may ask, and that it says what the console says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

import manyvoices
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study, StudyVersion
from manyvoices.collect.surveys.operations import store_page

STUDIES = "/api/v1/studies"
PROGRESS = "/api/v1/studies/small/progress"
Make = Callable[..., Participant]


def test_health_is_for_everybody(client: Client, db: None) -> None:
    answer = client.get("/api/v1/health")
    assert answer.json() == {"status": "ok", "version": manyvoices.__version__}


@pytest.mark.parametrize("url", [STUDIES, PROGRESS])
def test_only_staff_may_ask(
    client: Client, staff_client: Client, charlie: User, version: StudyVersion, url: str
) -> None:
    assert client.get(url).status_code == 401
    assert staff_client.get(url).status_code == 200
    client.force_login(charlie)
    refused = client.get(url)
    assert refused.status_code == 403
    assert "detail" in refused.json()


def test_studies_are_listed_with_their_current_version(
    staff_client: Client, version: StudyVersion
) -> None:
    Study.objects.create(id="bare", title="Bare", created_at=version.created_at, is_open=False)
    listed = {study["id"]: study for study in staff_client.get(STUDIES).json()}
    assert listed["small"]["current_version"] == 1
    assert listed["bare"]["current_version"] is None
    assert listed["bare"]["is_open"] is False
    assert datetime.fromisoformat(listed["small"]["created_at"]) == version.created_at


def test_progress_counts_people_and_simulated_people_apart(
    staff_client: Client, version: StudyVersion, make_participant: Make
) -> None:
    now = version.created_at
    for simulated in (False, False, True):
        person = make_participant(simulated=simulated)
        store_page(participant=person, stage=1, page=0, values={}, now=now)
    make_participant()
    make_participant(withdrawn_at=now)
    found = staff_client.get(PROGRESS).json()
    assert found["people"]["consented"] == 3
    assert found["people"]["withdrawn"] == 1
    assert found["simulated"]["consented"] == 1
    first = found["steps"][0]
    assert (first["kind"], first["stage"], first["number"]) == ("survey", 1, 0)
    assert (first["people"], first["people_of"]) == (2, 3)
    assert (first["simulated"], first["simulated_of"]) == (1, 1)
    assert [step["kind"] for step in found["steps"]] == ["survey"] * 2 + ["conversation"] * 2
    assert found["queue"]["state"] == "idle"


def test_progress_counts_what_was_asked_of_models(
    staff_client: Client, participant: Participant, answer_all: Callable[..., None]
) -> None:
    from manyvoices.collect.conversations import operations

    now = participant.consented_at
    conversation = operations.start_conversation(
        participant=participant, stage=2, number=1, type_name="unguided", now=now
    )
    turn = operations.send_prompt(conversation=conversation, index=0, text="Hello", now=now)
    answer_all(turn, failing=frozenset({0}))
    responders = staff_client.get(PROGRESS).json()["responders"]
    assert sum(row["asked"] for row in responders) == 4
    assert sum(row["answered"] for row in responders) == 3
    failed = [row for row in responders if row["missing"]]
    assert [row["failures"] for row in failed] == [{"timeout": 1}]
    assert failed[0]["median_latency_ms"] is None
    assert {row["median_latency_ms"] for row in responders if row["answered"]} == {120.0}


def test_a_study_that_does_not_exist_is_not_found(staff_client: Client) -> None:
    assert staff_client.get("/api/v1/studies/none/progress").status_code == 404


def test_progress_costs_the_same_with_more_people(
    staff_client: Client, make_participant: Make
) -> None:
    make_participant()
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            staff_client.get(PROGRESS)
        counts.append(len(captured))
        for simulated in (False, True, True):
            make_participant(simulated=simulated)
    assert counts[0] == counts[1]


def test_the_interface_describes_itself(client: Client, db: None) -> None:
    document = client.get("/api/v1/openapi.json").json()
    assert set(document["paths"]) >= {
        "/api/v1/health",
        "/api/v1/studies",
        "/api/v1/studies/{study_id}/progress",
    }
    assert "security" not in document["paths"]["/api/v1/health"]["get"]
    assert document["paths"]["/api/v1/studies"]["get"]["security"]


def test_no_answer_holds_a_secret(staff_client: Client, make_participant: Make) -> None:
    person = make_participant(external_id="PROLIFIC-5f3a")
    text = staff_client.get(PROGRESS).content.decode() + staff_client.get(STUDIES).content.decode()
    assert person.resume_key not in text
    assert "PROLIFIC-5f3a" not in text
