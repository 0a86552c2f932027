"""A quiz stands before the first task of a kind, may be tried twice, and is data of the project."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.test import Client
from tests.collect.trees.growing import growing_tree, people
from tests.collect.trees.test_pages import browser_of, html, url

from manyvoices.collect.contributors.models import QuizTry
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.studies.operations import publish_study
from manyvoices.collect.trees import policies, quiz
from manyvoices.collect.trees.models import Task
from manyvoices.design import load_study
from manyvoices.design.templates import template_path
from manyvoices.design.trees import TaskKind, TreeTasksStage
from manyvoices.design.trees.quiz import Quiz, mark
from manyvoices.schema.errors import StudyError

ORCHARD = Path(__file__).parents[2] / "assets" / "studies" / "orchard"
REPLY, REVIEW = TaskKind.ASSISTANT_REPLY, TaskKind.LABEL_ASSISTANT_REPLY
QUIZ = """
quiz:
  - id: writing
    before: [write]
    title: Before you write
    needed: 1
    questions:
      - id: one
        question: Is this the right one?
        answers: [{text: "No"}, {text: "Yes", right: true}]
        because: Because **it is**.
      - id: two
        question: And this?
        answers: [{text: "Yes", right: true}, {text: "No"}]
"""


def written(folder: Path, quiz_text: str = QUIZ) -> Path:
    """The orchard with a quiz beside it."""
    for source in ORCHARD.iterdir():
        text = source.read_text()
        if source.name == "study.yaml":
            text = text.replace("      guidelines: |", "      quiz: quiz.yaml\n      guidelines: |")
        (folder / source.name).write_text(text)
    (folder / "quiz.yaml").write_text(quiz_text)
    return folder / "study.yaml"


@pytest.fixture
def guarded(db: None, tmp_path: Path) -> StudyVersion:
    policies._read.clear()
    spec = load_study(written(tmp_path))
    return publish_study(spec=spec, now=datetime(2026, 11, 21, 12, 0, tzinfo=UTC))


@pytest.fixture
def person(guarded: StudyVersion) -> Participant:
    return people(guarded, 1)[0]


@pytest.fixture
def client(person: Participant) -> Client:
    return browser_of(person)


def answers(one: int, two: int) -> dict[str, object]:
    return {"q-one": one, "q-two": two, "kind": REPLY.value, "language": "en"}


def test_before_the_first_task_comes_the_quiz(guarded: StudyVersion, client: Client) -> None:
    growing_tree(guarded)
    page = html(client.get(url("home")))
    assert "short quiz first" in page
    response = client.post(url("next"), {"kind": REPLY.value})
    assert response["Location"].startswith(url("quiz", "writing"))
    assert not Task.objects.exists()
    response = client.post(url("next"))
    assert response["Location"].startswith(url("quiz", "writing"))


def test_whoever_passes_goes_on_to_the_task(
    guarded: StudyVersion, client: Client, person: Participant
) -> None:
    growing_tree(guarded)
    page = html(client.post(url("quiz", "writing"), answers(1, 1)))
    assert "Passed" in page
    assert "Because <strong>it is</strong>." in page
    client.post(url("next"), {"kind": REPLY.value, "language": "en"})
    assert Task.objects.filter(participant=person, kind=REPLY.value).exists()
    assert "short quiz first" not in html(client.get(url("home")))


def test_the_second_failure_closes_the_kind_and_says_so(
    guarded: StudyVersion, client: Client, person: Participant
) -> None:
    growing_tree(guarded)
    page = html(client.post(url("quiz", "writing"), answers(0, 1)))
    assert "then try once more" in page
    assert "(right)" not in page
    page = html(client.post(url("quiz", "writing"), answers(0, 1)))
    assert "stay closed for you" in page
    assert "(right)" in page
    client.post(url("quiz", "writing"), answers(1, 0))
    assert QuizTry.objects.filter(participant=person).count() == 2
    page = html(client.get(url("home")))
    assert "closed for you" in page
    assert "have not passed the quiz" in page
    client.post(url("next"), {"kind": REPLY.value})
    assert not Task.objects.exists()


def test_an_open_question_is_no_try(guarded: StudyVersion, client: Client) -> None:
    response = client.post(url("quiz", "writing"), {"q-one": "1", "q-two": "9"})
    assert response.status_code == 422
    assert 'href="#q-two-0"' in html(response)
    assert not QuizTry.objects.exists()


def test_other_kinds_are_not_held_up(guarded: StudyVersion, person: Participant) -> None:
    assert quiz.qualified(person, [REPLY, REVIEW]) == (REVIEW,)


def test_passing_it_again_stores_nothing(
    guarded: StudyVersion, client: Client, person: Participant
) -> None:
    for _ in range(3):
        client.post(url("quiz", "writing"), answers(1, 0))
    assert QuizTry.objects.get(participant=person).number == 1


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("needed: 1", "needed: 3", "needed"),
        ('{text: "No"}, {text: "Yes", right: true}', '{text: "No"}, {text: "Yes"}', "answers"),
        ("before: [write]", "before: [wright]", "before"),
        ("id: two", "id: one", "questions"),
    ],
)
def test_a_quiz_that_makes_no_sense_is_a_fault_with_its_line(
    tmp_path: Path, old: str, new: str, path: str
) -> None:
    with pytest.raises(StudyError) as raised:
        load_study(written(tmp_path, QUIZ.replace(old, new)))
    fault = raised.value.faults[0]
    assert fault.file.endswith("quiz.yaml")
    assert fault.line is not None
    assert path in fault.path


def test_the_quizzes_of_the_template_can_be_passed_and_cover_every_kind() -> None:
    spec = load_study(template_path("oasst") / "study.yaml")
    (stage,) = (stage for stage in spec.stages if isinstance(stage, TreeTasksStage))
    assert frozenset().union(*(one.kinds for one in stage.quiz)) == set(TaskKind)
    for one in stage.quiz:
        assert mark(one, {q.id: q.right for q in one.questions}).passed
        assert not mark(one, {}).passed
    assert isinstance(stage.quiz[0], Quiz)
