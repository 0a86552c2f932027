"""Calls of models for comparisons are counted where those for conversations are."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests.collect.comparisons.conftest import MODELS, NOW, Publish, judge_next, make_person

from manyvoices.collect.comparisons import operations
from manyvoices.collect.comparisons.models import Comparison, SideAnswer
from manyvoices.collect.console import views
from manyvoices.collect.console.queries import calls, progress
from manyvoices.collect.console.roles import give_role
from manyvoices.collect.conversations.models import Conversation, Turn, Utterance
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.studies.operations import publish_study
from manyvoices.design import load_study

pytestmark = pytest.mark.django_db
STUDY = "/console/studies/pairs/"
LATE, EMPTY, TONGUE, DOWN = "timeout", "empty", "other_language", "http_error"


@pytest.fixture
def version(publish: Publish) -> StudyVersion:
    return publish(source="live", count=3)


def ask(
    version: StudyVersion, *failures: str | None, now: datetime = NOW, **person: Any
) -> Comparison:
    """Ask both models, of which each gives what `failures` says: None is an answer."""
    someone = make_person(version, **person)
    row = operations.start_comparison(participant=someone, stage=1, number=1, now=now)
    assert row is not None
    for position, failure in enumerate(failures):
        SideAnswer.objects.filter(
            exchange__comparison=row, position=row_place(row, position)
        ).update(
            failure=failure,
            text=None if failure in (LATE, EMPTY, DOWN) else "Hello.",
            settled_at=now,
            latency_ms=100.0 * (position + 1),
            prompt_tokens=7,
            completion_tokens=5,
        )
    return row


def row_place(row: Comparison, position: int) -> int:
    """Where the model stands that is number `position` by name: places are drawn."""
    return int(row.models.index(sorted(row.models)[position]))


def shown(client: Client, page: str, query: str = "") -> Any:
    response = client.get(reverse(f"console:{page}", args=["pairs"]) + query)
    assert response.status_code == 200
    return response.context["page"]


def models_sheet(client: Client) -> list[dict[str, str]]:
    text = client.get(f"{STUDY}progress/models.csv").content.decode()
    return list(csv.DictReader(io.StringIO(text)))


def test_each_model_has_one_row_with_its_failures_by_kind(
    version: StudyVersion, staff_client: Client
) -> None:
    for failures in ((LATE, None), (EMPTY, None), (TONGUE, DOWN), (None, None)):
        ask(version, *failures)
    ask(version)
    people = shown(staff_client, "study").groups[0]
    first, second = (row for row in people.responders if row.asked)
    assert [first.name, second.name] == sorted(MODELS[:2])
    assert (first.asked, first.answered.n, first.missing.n, first.waiting) == (5, 1, 3, 1)
    assert {reason.label: reason.n for reason in first.failures} == {
        "did not answer in time": 1,
        "empty answer": 1,
        "answered in another language": 1,
    }
    assert (second.answered.n, second.missing.n) == (3, 1)
    assert (first.tokens, first.latency, second.latency) == (48, "0.10 s", "0.20 s")
    by_name = {row["model"]: row for row in models_sheet(staff_client)}
    kinds = (LATE, EMPTY, TONGUE, DOWN, "answered", "waiting")
    assert [by_name[first.name][kind] for kind in kinds] == ["1", "1", "1", "0", "1", "1"]
    assert [by_name[second.name][kind] for kind in kinds] == ["0", "0", "0", "1", "3", "1"]


def test_simulated_people_have_rows_of_their_own(
    version: StudyVersion, staff_client: Client
) -> None:
    ask(version, LATE, None)
    ask(version, LATE, LATE, simulated=True)
    people, bots = shown(staff_client, "study").groups
    assert [row.missing.n for row in people.responders[:2]] == [1, 0]
    assert [row.missing.n for row in bots.responders[:2]] == [1, 1]
    assert [row.simulated for row in shown(staff_client, "failures", "?who=simulated").rows] == [
        True, True,
    ]  # fmt: skip


def test_a_number_of_failures_leads_to_just_these_calls(
    version: StudyVersion, staff_client: Client
) -> None:
    late = ask(version, LATE, None)
    ask(version, EMPTY, LATE, now=NOW + timedelta(minutes=1))
    model = shown(staff_client, "study").groups[0].responders[0]
    reason = next(r for r in model.failures if r.label == "did not answer in time")
    page = staff_client.get(reason.url)
    (row,) = page.context["page"].rows
    assert (row.responder, row.kind, row.is_comparison) == (model.name, LATE, True)
    assert row.url == f"{STUDY}comparisons/{late.pk}/"
    assert "comparison, message 1" in page.content.decode()
    assert staff_client.get(row.url).status_code == 200
    options = {option.value for c in page.context["page"].choices for option in c.options}
    assert TONGUE in options


def test_who_may_not_read_texts_sees_failures_that_lead_nowhere(version: StudyVersion) -> None:
    ask(version, LATE, None)
    user = User.objects.create_user("viewer", password="correct horse battery")
    give_role(actor="x", user=user, study_id="pairs", role="viewer", now=NOW)
    client = Client()
    client.force_login(user)
    (row,) = shown(client, "failures").rows
    assert (row.url, row.kind) == ("", LATE)


def test_stored_outputs_are_no_calls_and_models_that_are_not_asked_have_no_table(
    publish: Publish, staff_client: Client
) -> None:
    judge_next(make_person(publish()))
    assert calls.counts("pairs", now=NOW).outcomes == {}
    page = shown(staff_client, "study")
    assert (page.has_conversations, page.has_models) == (False, False)


def test_ratings_have_no_column_where_nothing_is_rated(
    version: StudyVersion, staff_client: Client
) -> None:
    ask(version, None, None)
    page = staff_client.get(STUDY).content.decode()
    table = page[page.index('id="models-1"') :]
    table = table[: table.index("</table>")]
    assert "Median latency" in table
    assert "Ratings" not in table
    row = table[table.index("<tbody>") :].partition("</tr>")[0]
    assert table.count('<th scope="col">') == 1 + row.count("<td>")


def test_a_model_that_left_every_call_of_the_hour_unanswered_is_named(
    version: StudyVersion, staff_client: Client
) -> None:
    for _ in range(3):
        ask(version, LATE, None, now=timezone.now())
    told = [check.text for check in shown(staff_client, "study").checks if not check.good]
    (silent,) = [text for text in told if "has not answered" in text]
    assert sorted(MODELS[:2])[0] in silent
    assert sorted(MODELS[:2])[1] not in silent


def test_whoever_withdrew_is_in_no_count(version: StudyVersion) -> None:
    row = ask(version, LATE, None)
    Participant.objects.filter(pk=row.participant_id).update(withdrawn_at=NOW)
    assert calls.counts("pairs", now=NOW).outcomes == {}


BOTH = """
manyvoices: 1
id: pairs
title: Talk, then compare
languages: [en]
recruitment: {provider: open, completion_code: BOTH-1}
stages:
  - consent: {text: "Please read this.", minimum_age: 18, withdrawal_days: 14}
  - conversations:
      types: {free: {count: 1}}
      opening: {responders: 1}
      continuing: {responses: 1, turns: [1, 3]}
  - comparisons:
      id: beside
      source: live
      count: 1
      prompts: [{id: p0, text: "Why?"}]
models:
  - {id: zqalpha-7b, provider: scripted, persona: brief}
  - {id: zqbravo/large, provider: scripted, persona: plain}
"""


def _talk(person: Participant, n: int, **fields: Any) -> None:
    talk = Conversation.objects.create(
        participant=person, stage=1, number=n, type="free", seed=1, consent_version="x",
        started_at=NOW,
    )  # fmt: skip
    turn = Turn.objects.create(
        conversation=talk, index=0, prompt="Hi", seed=1, created_at=NOW, deadline_at=NOW
    )
    Utterance.objects.create(turn=turn, position=0, settled_at=NOW, **fields)


def test_conversations_and_comparisons_of_one_study_are_one_count_and_one_list(
    db: None, tmp_path: Path, staff_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(BOTH, encoding="utf-8")
    version = publish_study(spec=load_study(path), now=NOW)
    person = make_person(version)
    model = MODELS[0]
    _talk(person, 1, responder=model, failure=LATE)
    _talk(person, 2, responder=model, text="Hello.", latency_ms=300.0, prompt_tokens=1, score=40)
    row = operations.start_comparison(participant=person, stage=2, number=1, now=NOW)
    assert row is not None
    own = SideAnswer.objects.filter(position=row.models.index(model))
    own.update(failure=TONGUE, text="Bonjour.", settled_at=NOW + timedelta(seconds=5))
    facts = calls.counts("pairs", now=NOW)
    outcomes = {kind: n for (_who, name, kind), n in facts.outcomes.items() if name == model}
    assert outcomes == {LATE: 1, "answered": 1, TONGUE: 1}
    assert facts.scores == {(False, model): {40: 1}}
    monkeypatch.setattr(views, "PAGE_SIZE", 1)
    first, second = (shown(staff_client, "failures", f"?page={n}") for n in (1, 2))
    assert (first.pager.total, second.pager.total) == (2, 2)
    assert [page.rows[0].kind for page in (first, second)] == [TONGUE, LATE]
    assert [page.rows[0].is_comparison for page in (first, second)] == [True, False]


def test_the_median_is_of_all_answers_wherever_they_were_given(version: StudyVersion) -> None:
    for latency in (100.0, 104.0, 900.0):
        row = ask(version, None, None)
        SideAnswer.objects.filter(exchange__comparison=row).update(latency_ms=latency)
    medians = calls.median_latency_ms("pairs")
    assert set(medians.values()) == {102.0}


def test_whoever_compares_is_active_and_what_they_store_is_activity(version: StudyVersion) -> None:
    person = make_person(version)
    later = NOW + timedelta(hours=3)
    assert progress.active_now(now=later) == {}
    row = operations.start_comparison(participant=person, stage=1, number=1, now=later)
    assert progress.active_now(now=later) == {("pairs", False): 1}
    assert progress.last_activity()["pairs"] == later
    assert row is not None
    judged = later + timedelta(hours=1)
    Comparison.objects.filter(pk=row.pk).update(judged_at=judged, verdict="tie")
    assert progress.active_now(now=judged + timedelta(minutes=9)) == {("pairs", False): 1}
    assert progress.active_now(now=judged + timedelta(minutes=11)) == {}
    assert progress.last_activity()["pairs"] == judged
    written = judged + timedelta(hours=1)
    row.exchanges.update(created_at=written)
    assert progress.active_now(now=written) == {("pairs", False): 1}
    assert progress.last_activity()["pairs"] == written


def test_pages_cost_the_same_as_comparisons_grow(
    version: StudyVersion, staff_client: Client
) -> None:
    urls = (STUDY, reverse("console:failures", args=["pairs"]))
    costs = []
    for _ in range(3):
        ask(version, LATE, None)
        ask(version, EMPTY, TONGUE, simulated=True)
        with CaptureQueriesContext(connection) as captured:
            for url in urls:
                assert staff_client.get(url).status_code == 200
        costs.append(len(captured))
    assert len(set(costs)) == 1
