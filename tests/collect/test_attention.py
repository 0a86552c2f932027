"""A question with a correct answer comes back once, and then is stored as it is."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from manyvoices.collect.people import operations
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.operations import publish_study
from manyvoices.collect.surveys.models import SurveyAnswer
from manyvoices.curate.quality import PersonRecords, check_people
from manyvoices.design import Study, read_study
from manyvoices.design.attention import AttentionCheck
from manyvoices.schema import Answer
from manyvoices.schema.errors import StudyError

STUDY = """
manyvoices: 1
id: watchful
title: Reading
stages:
  - consent: {text: Do., minimum_age: 0}
  - survey:
      questions:
        - title: One
          questions:
            - id: colour
              kind: single
              label: Choose blue.
              options: [Red, Blue]
              check: {correct: [Blue]}
"""
PAGE = "/s/watchful/survey/1/0/"


@pytest.fixture
def browser(db: None) -> Client:
    publish_study(spec=read_study({"study.yaml": STUDY}), now=timezone.now())
    client = Client()
    form = {"agree": "1", "age": "1", "entry": operations.new_entry()}
    client.post(reverse("people:enter", args=["watchful"]), form)
    assert Participant.objects.count() == 1
    return client


def _send(browser: Client, colour: str) -> int:
    return browser.post(PAGE, {"q-colour": colour}).status_code


def test_a_wrong_answer_comes_back_once_and_is_then_stored(browser: Client) -> None:
    assert _send(browser, "Red") == 422
    assert not SurveyAnswer.objects.exists()
    assert _send(browser, "Red") == 302
    assert SurveyAnswer.objects.get().value == "Red"


def test_a_right_answer_goes_on_at_once(browser: Client) -> None:
    assert _send(browser, "Blue") == 302


def test_the_second_try_may_be_right(browser: Client) -> None:
    assert [_send(browser, "Red"), _send(browser, "Blue")] == [422, 302]
    assert SurveyAnswer.objects.get().value == "Blue"


def test_quality_says_who_did_not_read(browser: Client) -> None:
    from manyvoices.collect import records

    for _try in range(2):
        _send(browser, "Red")
    everybody = Participant.objects.all()
    answers: list[Answer] = list(records.answers(everybody))
    spec: Study = Participant.objects.get().version.spec
    people = [PersonRecords(who, answers) for who in records.participants(everybody)]
    (found,) = check_people(people, spec)
    assert [signal.check for signal in found.signals] == ["attention"]


def test_a_correct_answer_that_is_not_offered_is_a_fault() -> None:
    with pytest.raises(StudyError, match="Green"):
        read_study({"study.yaml": STUDY.replace("correct: [Blue]", "correct: [Green]")})


def test_a_multiple_choice_needs_all_of_them_and_no_other() -> None:
    check = AttentionCheck(correct=("a", "b"))
    assert check.passes(["b", "a"])
    assert not check.passes(["a"])
    assert not check.passes(["a", "b", "c"])
