"""A page that was sent can be opened again and changed, until the survey is complete."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.operations import publish_study
from manyvoices.collect.surveys.models import ReplacedAnswer, SurveyAnswer, SurveyPage
from manyvoices.design import load_study

pytestmark = pytest.mark.django_db

STUDY = """
manyvoices: 1
id: back
title: Back
stages:
  - consent: {text: I agree.}
  - survey:
      questions:
        - title: One
          questions:
            - {id: pet, kind: single, label: Pet, options: ["Yes", "No"], required: true}
            - {id: marks, kind: vas, label: Marks, anchors: [low, high], items: [{id: a, label: A}]}
        - title: Two
          questions:
            - {id: name, kind: text, label: Name, visible_if: {question: pet, equals: "Yes"}}
            - id: colour
              kind: single
              label: Colour
              options: [red, {value: other, label: Other, text: true}]
        - title: Three
          questions:
            - {id: last, kind: text, label: More}
"""
TRACE = '{"start":40,"first_touch_ms":900,"n_changes":1,"input_kind":"touch","last":40}'


@pytest.fixture
def browser(tmp_path: Path) -> Client:
    (tmp_path / "study.yaml").write_text(STUDY, encoding="utf-8")
    publish_study(spec=load_study(tmp_path / "study.yaml"), now=timezone.now())
    browser = Client()
    found = re.search(r'name="entry" value="([^"]+)"', browser.get("/s/back/").content.decode())
    assert found is not None
    browser.post("/s/back/", {"agree": "1", "age": "1", "entry": found[1]})
    browser.post(
        "/s/back/survey/1/0/", {"q-pet": "Yes", "q-marks-a": "40", "q-marks-a-trace": TRACE}
    )
    browser.post(
        "/s/back/survey/1/1/", {"q-name": "Goat", "q-colour": "other", "q-colour-1-text": "tan"}
    )
    return browser


def stored() -> dict[str, object]:
    return dict(SurveyAnswer.objects.values_list("question", "value"))


def test_a_stored_page_comes_back_as_it_was_sent(browser: Client) -> None:
    first = browser.get("/s/back/survey/1/0/").content.decode()
    second = browser.get("/s/back/survey/1/1/").content.decode()
    assert re.search(r'value="Yes" checked', first)
    assert 'value="40"' in first
    assert "first_touch_ms" in first
    assert 'value="Goat"' in second
    assert 'value="tan"' in second


def test_traces_and_texts_are_stored_with_the_answer(browser: Client) -> None:
    marks = SurveyAnswer.objects.get(question="marks")
    assert marks.traces["a"]["input_kind"] == "touch"
    assert "last" not in marks.traces["a"]
    assert SurveyAnswer.objects.get(question="colour").texts == {"other": "tan"}


def test_a_changed_answer_takes_the_place_of_the_old_one_which_is_kept(browser: Client) -> None:
    browser.post("/s/back/survey/1/1/", {"again": "1", "q-name": "Ox", "q-colour": "red"})
    assert stored()["name"] == "Ox"
    kept = dict(ReplacedAnswer.objects.values_list("question", "value"))
    assert kept == {"name": "Goat", "colour": "other"}
    assert SurveyPage.objects.get(page=1).changed_at is not None


def test_the_same_again_changes_nothing(browser: Client) -> None:
    browser.post("/s/back/survey/1/0/", {"again": "1", "q-pet": "Yes", "q-marks-a": "40"})
    assert not ReplacedAnswer.objects.exists()


def test_pressing_send_twice_is_no_change(browser: Client) -> None:
    browser.post("/s/back/survey/1/0/", {"q-pet": "No"})
    assert stored()["pet"] == "Yes"


def test_what_hung_on_a_changed_answer_is_taken_out_and_asked_again_when_it_returns(
    browser: Client,
) -> None:
    browser.post("/s/back/survey/1/0/", {"again": "1", "q-pet": "No", "q-marks-a": "40"})
    assert "name" not in stored()
    assert ReplacedAnswer.objects.filter(question="name", value="Goat").exists()
    assert browser.get("/s/back/next/").headers["Location"].endswith("/survey/1/2/")
    browser.post("/s/back/survey/1/0/", {"again": "1", "q-pet": "Yes", "q-marks-a": "40"})
    assert browser.get("/s/back/next/").headers["Location"].endswith("/survey/1/1/")
    browser.post("/s/back/survey/1/1/", {"q-name": "Cow", "q-colour": "red"})
    assert stored()["name"] == "Cow"
    assert stored()["colour"] == "red"


def test_a_complete_survey_is_closed(browser: Client) -> None:
    browser.post("/s/back/survey/1/2/", {"q-last": ""})
    assert Participant.objects.count() == 1
    assert browser.get("/s/back/survey/1/0/").status_code == 302
    browser.post("/s/back/survey/1/0/", {"again": "1", "q-pet": "No"})
    assert stored()["pet"] == "Yes"
