"""Quizzes through programs: the same rules as on the pages."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from tests.collect.api.conftest import Program, key_for
from tests.collect.trees.growing import growing_tree
from tests.collect.trees.test_quiz import written

from manyvoices.collect.contributors.models import QuizTry
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.studies.operations import publish_study
from manyvoices.collect.trees import policies, sweeping
from manyvoices.design import load_study

RIGHT, WRONG = {"one": 1, "two": 0}, {"one": 0, "two": 1}


@pytest.fixture
def guarded(db: None, tmp_path: Path) -> StudyVersion:
    """The orchard with a quiz before whatever is written; one right answer is enough."""
    policies._read.clear()
    spec = load_study(written(tmp_path))
    return publish_study(spec=spec, now=datetime(2026, 11, 21, 12, 0, tzinfo=UTC))


@pytest.fixture
def program(alice: User, guarded: StudyVersion) -> Program:
    sweeping.sweep(now=timezone.now(), rng=random.Random(0))
    growing_tree(guarded)
    return Program(key_for(alice, "tasks"))


@pytest.fixture
def who(program: Program, guarded: StudyVersion) -> str:
    body = {"external_id": "u-1", "consent_version": guarded.spec.consent_version}
    return str(program.post("/participants", body).json()["participant"])


def _ask(program: Program, who: str, *kinds: str) -> dict:
    answer = program.post("/tasks", {"participant": who, "language": "en", "kinds": list(kinds)})
    assert answer.status_code == 200, answer.content
    return answer.json()


def _try(program: Program, who: str, answers: dict[str, int]) -> dict:
    answer = program.post("/quizzes/writing", {"participant": who, "answers": answers})
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_who_asks_for_a_task_is_told_which_quiz_comes_first(program: Program, who: str) -> None:
    answer = _ask(program, who, "assistant_reply")
    assert (answer["task"], answer["quiz"]) == (None, "writing")
    assert answer["reasons"]
    assert _ask(program, who, "label_assistant_reply")["quiz"] == ""
    _try(program, who, RIGHT)
    answer = _ask(program, who, "assistant_reply")
    assert (answer["task"]["kind"], answer["quiz"]) == ("assistant_reply", "")


def test_a_quiz_is_read_without_its_answers(program: Program, who: str) -> None:
    (listed,) = program.get("/quizzes", participant=who).json()
    one = program.get("/quizzes/writing", participant=who)
    assert listed == one.json()
    assert (listed["state"], listed["tries_left"], listed["needed"]) == ("open", 2, 1)
    assert listed["questions"][0]["answers"] == ["No", "Yes"]
    assert "initial_prompt" in listed["before"]
    assert "Because" not in one.content.decode()
    assert program.get("/quizzes/none", participant=who).status_code == 404
    assert program.get("/quizzes").status_code == 422  # For whom?


def test_a_try_is_marked_and_tells_the_answers_only_at_the_end(program: Program, who: str) -> None:
    first = _try(program, who, WRONG)
    assert (first["passed"], first["state"], first["tries_left"]) == (False, "open", 1)
    assert [q["right"] for q in first["questions"]] == [None, None]
    assert first["questions"][0]["because"] == "Because **it is**."
    last = _try(program, who, WRONG)
    assert (last["passed"], last["state"], last["tries_left"]) == (False, "closed", 0)
    assert [q["right"] for q in last["questions"]] == [1, 0]
    again = program.post("/quizzes/writing", {"participant": who, "answers": RIGHT})
    assert (again.status_code, again.json()["code"]) == (409, "no_try_left")
    assert _ask(program, who, "assistant_reply")["quiz"] == ""  # Nothing opens it any more.


def test_a_quiz_that_is_passed_is_passed_for_pages_and_programs(program: Program, who: str) -> None:
    told = _try(program, who, {"one": 1, "two": 1})
    assert (told["passed"], told["state"], told["tries_left"]) == (True, "passed", 0)
    assert [q["is_right"] for q in told["questions"]] == [True, False]
    assert QuizTry.objects.get().passed
    again = program.post("/quizzes/writing", {"participant": who, "answers": RIGHT})
    assert again.status_code == 409


@pytest.mark.parametrize(
    ("answers", "field", "code"),
    [
        ({"one": 1}, "answers.two", "required"),
        ({"one": 1, "two": 2}, "answers.two", "required"),
        ({"one": 1, "two": 0, "three": 0}, "answers.three", "not_asked"),
    ],
)
def test_half_a_try_is_none(
    program: Program, who: str, answers: dict[str, int], field: str, code: str
) -> None:
    answer = program.post("/quizzes/writing", {"participant": who, "answers": answers})
    assert answer.status_code == 422
    assert (answer.json()["field"], answer.json()["code"]) == (field, code)
    assert not QuizTry.objects.exists()


def test_nobody_takes_a_quiz_for_somebody_elses_people(
    program: Program, who: str, charlie: User
) -> None:
    his = Program(key_for(charlie, "tasks"))
    assert his.get("/quizzes", participant=who).status_code == 403
    body = {"participant": who, "answers": RIGHT}
    assert his.post("/quizzes/writing", body).status_code == 403


def test_refusals_are_in_the_readers_language_and_their_codes_are_not(
    program: Program, who: str
) -> None:
    body = {"participant": who, "answers": {"one": 1}}
    program.client.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
    answer = program.post("/quizzes/writing", body).json()
    assert answer["code"] == "required"
    assert answer["detail"].startswith("Wähl")
