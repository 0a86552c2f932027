"""What researchers see of comparisons: numbers by pair and category, one vote, files; by role."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.collect.comparisons.conftest import MODELS, NOW, Publish, judge_next, make_person

from manyvoices.collect.comparisons import operations
from manyvoices.collect.comparisons.calls import calls_by_model
from manyvoices.collect.comparisons.models import Comparison, ComparisonsOver, SideAnswer
from manyvoices.collect.console.roles import give_role
from manyvoices.schema.comparisons import ComparisonVerdict

pytestmark = pytest.mark.django_db
PLACE = "/console/studies/pairs/comparisons/"
TIE: dict[str, Any] = {"verdict": ComparisonVerdict.TIE, "order": None}


def _client(role: str) -> Client:
    user = User.objects.create_user(f"{role}-user", password="correct horse battery")
    give_role(actor="x", user=user, study_id="pairs", role=role, now=NOW)
    client = Client()
    client.force_login(user)
    return client


def _sheet(client: Client, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(client.get(f"{PLACE}{name}.csv").content.decode())))


def test_counts_by_pair_and_category_keep_set_aside_votes_apart(
    publish: Publish, staff_client: Client
) -> None:
    version = publish(n_prompts=4, count=4)
    person = make_person(version)
    judge_next(person, best=0)
    judge_next(person, best=1)
    judge_next(person, **TIE)
    judge_next(person, seconds=1)
    judge_next(make_person(version, simulated=True))
    page = staff_client.get(PLACE).content.decode()
    assert all(model in page for model in MODELS[:2])
    people, bots = _sheet(staff_client, "pairs")
    assert (people["simulated"], bots["simulated"]) == ("False", "True")
    assert (people["model_a"], people["model_b"]) == MODELS[:2]
    wins = int(people["a_better"]) + int(people["b_better"])
    assert (wins, people["equal"], people["counted"], people["set_aside"]) == (2, "1", "3", "1")
    by_category = [row for row in _sheet(staff_client, "categories") if row["simulated"] == "False"]
    assert sum(int(row["counted"]) for row in by_category) == 3
    assert sum(int(row["set_aside"]) for row in by_category) == 1
    assert {row["category"] for row in by_category} == {"garden", "kitchen"}


def test_of_three_side_by_side_every_pair_counts(publish: Publish, staff_client: Client) -> None:
    person = make_person(publish(models=MODELS, side_by_side=3))
    judge_next(person, order=[[2], [0, 1]])
    rows = _sheet(staff_client, "pairs")
    models = Comparison.objects.get().models
    best = models[2]
    assert len(rows) == 3
    for row in rows:
        wanted = "equal" if best not in (row["model_a"], row["model_b"]) else (
            "a_better" if row["model_a"] == best else "b_better"
        )  # fmt: skip
        assert row[wanted] == "1"


def test_one_comparison_is_shown_as_the_person_saw_it_and_with_its_models(
    publish: Publish, staff_client: Client
) -> None:
    person = make_person(publish(reasons={"tags": [{"id": "clear", "label": "Clear"}]}))
    row = judge_next(person, best=1, reasons=["clear"], reason_text="Because.", seconds=1)
    assert row is not None
    page = staff_client.get(f"{PLACE}{row.pk}/").content.decode()
    for said in ("B, A", "clear", "Because.", "too_fast", "<strong>style", *row.models):
        assert said in page
    assert staff_client.get(f"{PLACE}{person.pk}/").status_code == 404
    listed = staff_client.get(f"{PLACE}?aside=1").content.decode()
    assert str(row.pk) in listed


def test_roles_are_respected(publish: Publish) -> None:
    row = judge_next(make_person(publish()))
    assert row is not None
    viewer, analyst = _client("viewer"), _client("analyst")
    assert str(row.pk) not in viewer.get(PLACE).content.decode()
    assert str(row.pk) in analyst.get(PLACE).content.decode()
    one = f"{PLACE}{row.pk}/"
    assert (viewer.get(one).status_code, analyst.get(one).status_code) == (403, 200)
    assert viewer.get(f"{PLACE}pairs.csv").status_code == 200
    assert Client().get(PLACE).status_code == 302
    tables = "/console/studies/pairs/tables/"
    assert viewer.get(f"{tables}comparison.csv").status_code == 403
    lines = b"".join(analyst.get(f"{tables}sideanswer.csv").streaming_content)  # type: ignore[attr-defined]
    assert lines.count(b"\r\n") == 3
    assert analyst.get(f"{tables}drawturn.csv").status_code == 404


def test_the_console_knows_where_people_are_and_has_the_page_only_where_it_is_wanted(
    publish: Publish, staff_client: Client, participant: object
) -> None:
    person = make_person(publish(count=2))
    judge_next(person)
    people = staff_client.get("/console/studies/pairs/people/").content.decode()
    assert "Comparisons, at most 2" in people
    assert PLACE in people
    done = "/console/studies/pairs/people/?done=comparisons-1-2"
    assert str(person.pk) not in staff_client.get(done).content.decode()
    judge_next(person)
    over = make_person(person.version)
    ComparisonsOver.objects.create(participant=over, stage=1, at=NOW, because="nothing_left")
    listed = staff_client.get(done).content.decode()
    assert str(person.pk) in listed
    assert str(over.pk) in listed
    (step,) = (
        row
        for row in csv.DictReader(
            io.StringIO(
                staff_client.get("/console/studies/pairs/progress/funnel.csv").content.decode()
            )
        )
        if row["kind"] == "comparisons"
    )
    assert (step["people"], step["begun"], step["of"]) == ("2", "2", "2")
    small = staff_client.get("/console/studies/small/").content.decode()
    pairs = staff_client.get("/console/studies/pairs/").content.decode()
    assert "/comparisons/" not in small
    assert ('id="models-1"' in small, 'id="models-1"' in pairs) == (True, False)


def test_the_page_costs_the_same_as_votes_grow(publish: Publish, staff_client: Client) -> None:
    version = publish(n_prompts=3, count=3)
    costs = []
    for _ in range(3):
        for _person in range(3):
            person = make_person(version)
            while person.comparisons.count() < 3:
                judge_next(person)
        with CaptureQueriesContext(connection) as captured:
            assert staff_client.get(PLACE).status_code == 200
        costs.append(len(captured))
    assert len(set(costs)) == 1
    assert costs[0] <= 11


def test_answers_of_live_models_are_counted_by_model_and_kind_of_failure(
    publish: Publish, staff_client: Client
) -> None:
    person = make_person(publish(source="live", count=3))
    row = operations.start_comparison(participant=person, stage=1, number=1, now=NOW)
    assert row is not None
    answers = SideAnswer.objects.filter(exchange__comparison=row)
    answers.filter(position=0).update(text="Bonjour.", failure="other_language", settled_at=NOW)
    counted = calls_by_model("pairs")
    first, second = (counted[False, model] for model in row.models)
    assert (first.asked, first.answered, dict(first.failures)) == (1, 0, {"other_language": 1})
    assert (second.asked, second.waiting, second.missing) == (1, 1, 0)
    page = staff_client.get(PLACE).content.decode()
    assert "answered in another language" in page
    judge_next(make_person(publish()))
    assert sum(calls.asked for calls in calls_by_model("pairs").values()) == 2


def test_a_batch_in_force_says_how_far_it_is(publish: Publish, staff_client: Client) -> None:
    batch = [{"prompt": "p1", "n": 2}, {"prompt": "p2", "n": 5}]
    rule = {"policy": "batch", "batch": batch, "exploration": 0.0}
    version = publish(n_prompts=3, assignment=rule)
    judge_next(make_person(version))
    judge_next(make_person(version, simulated=True))
    page = staff_client.get(PLACE).content.decode()
    assert "1 of the 7 comparisons that it wants" in page
    assert "In 0 percent of the draws chance decides." in page
