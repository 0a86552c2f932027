"""Questions about contributors: an ordinary survey before the trees; nobody has to answer."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.test import Client
from tests.collect.trees.conftest import ORCHARD

from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.operations import publish_study
from manyvoices.collect.surveys.models import SurveyAnswer
from manyvoices.collect.trees import policies
from manyvoices.design import load_study

SURVEY = """
pages:
  - title: About you
    questions:
      - id: gender
        kind: single
        label: What is your gender?
        options:
          - Female
          - Male
          - {value: Prefer not to say, label: Prefer not to say, keep_last: true}
      - id: age_group
        kind: single
        label: How old are you?
        options: [18 to 34, 35 or older]
"""


@pytest.fixture
def browser(db: None, tmp_path: Path) -> Client:
    """Somebody who has agreed to take part in the orchard with a survey."""
    policies._read.clear()
    written = ORCHARD.read_text().replace(
        "  - tree_tasks:", "  - survey: {questions: survey.yaml}\n  - tree_tasks:"
    )
    (tmp_path / "study.yaml").write_text(written)
    (tmp_path / "survey.yaml").write_text(SURVEY)
    (tmp_path / "consent.md").write_text("We keep what you write and publish it.")
    publish_study(spec=load_study(tmp_path / "study.yaml"), now=datetime(2026, 11, 21, tzinfo=UTC))
    client = Client()
    found = re.search(r'name="entry" value="([^"]+)"', client.get("/s/orchard/").content.decode())
    assert found is not None
    client.post("/s/orchard/", {"agree": "1", "age": "1", "entry": found[1]})
    return client


def test_the_survey_comes_first_and_every_question_may_be_left_open(browser: Client) -> None:
    assert browser.get("/s/orchard/next/").headers["Location"] == "/s/orchard/survey/1/0/"
    browser.post("/s/orchard/survey/1/0/", {})
    assert browser.get("/s/orchard/next/").headers["Location"] == "/s/orchard/trees/"
    assert set(SurveyAnswer.objects.values_list("value", flat=True)) <= {None}


def test_prefer_not_to_say_is_an_answer_and_stands_apart_from_the_trees(browser: Client) -> None:
    browser.post("/s/orchard/survey/1/0/", {"q-gender": "Prefer not to say"})
    assert SurveyAnswer.objects.get(question="gender").value == "Prefer not to say"
    data = json.loads(browser.get("/s/orchard/my-data/download/").content)
    assert {row["question_id"] for row in data["answers"]} >= {"gender"}
    assert "Prefer not" not in json.dumps(data["trees"])
    browser.post("/s/orchard/my-data/erase/", {"sure": "yes"})
    assert not SurveyAnswer.objects.exists()
    assert Participant.objects.get().withdrawn_at is not None
