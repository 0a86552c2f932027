"""Quizzes through programs: read one, answer it, be told what was right, as on the pages."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router

from manyvoices.collect.accounts.keys import Scope
from manyvoices.collect.api import contributors
from manyvoices.collect.api.bearer import ProgramKey
from manyvoices.collect.api.projects import REFUSED, limit_person, project
from manyvoices.collect.api.trees_schemas import (
    QuizAnswers,
    QuizMarked,
    QuizOut,
    QuizQuestionMarked,
    QuizQuestionOut,
)
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees import quiz as quizzes
from manyvoices.collect.trees.errors import TaskGone, Unfit
from manyvoices.collect.trees.policies import stage_of
from manyvoices.design.trees import TaskKind
from manyvoices.design.trees.quiz import Marked, Quiz, QuizQuestion

router = Router(tags=["quizzes"], auth=ProgramKey(Scope.TASKS))


class NoQuiz(Study.DoesNotExist):
    """The project has no quiz of that name."""


def _person(request: HttpRequest, study: str, key: uuid.UUID | None) -> Participant:
    return contributors.contributor(request, project(study), key)


def _quiz(found: tuple[Quiz, ...], name: str) -> Quiz:
    for quiz in found:
        if quiz.id == name:
            return quiz
    raise NoQuiz


@router.get("/{slug:study}/quizzes", response={200: list[QuizOut], **REFUSED})
def every(request: HttpRequest, study: str, participant: uuid.UUID | None = None) -> list[QuizOut]:
    """The quizzes of a project, and where somebody stands with each."""
    person = _person(request, study, participant)
    here = quizzes.standing(person, stage_of(person.study).quiz)
    return [_shown(quiz, here) for quiz in here.quizzes]


@router.get("/{slug:study}/quizzes/{slug:quiz}", response={200: QuizOut, **REFUSED})
def one(
    request: HttpRequest, study: str, quiz: str, participant: uuid.UUID | None = None
) -> QuizOut:
    """One quiz. Which answers are right is not in it."""
    person = _person(request, study, participant)
    stage = stage_of(person.study)
    return _shown(_quiz(stage.quiz, quiz), quizzes.standing(person, stage.quiz))


def _shown(quiz: Quiz, here: quizzes.Standing) -> QuizOut:
    return QuizOut(
        id=quiz.id,
        title=quiz.title,
        before=[kind.value for kind in TaskKind if kind in quiz.kinds],
        state=quizzes.state_of(quiz, here),
        tries_left=here.tries_left(quiz),
        needed=quiz.needed or len(quiz.questions),
        questions=[
            QuizQuestionOut(
                id=question.id,
                question=question.question,
                example=question.example,
                answers=[answer.text for answer in question.answers],
            )
            for question in quiz.questions
        ],
    )


@router.post("/{slug:study}/quizzes/{slug:quiz}", response={200: QuizMarked, **REFUSED})
def answer(request: HttpRequest, study: str, quiz: str, body: QuizAnswers) -> QuizMarked:
    """A try. 409 where the quiz is passed already, or none is left."""
    person = _person(request, study, body.participant)
    stage, now = stage_of(person.study), timezone.now()
    found = _quiz(stage.quiz, quiz)
    contributors.ready(person, now=now)
    limit_person("quiz", person)
    _check(found, body.answers)
    marked = quizzes.store_try(participant=person, quiz=found, answers=body.answers, now=now)
    if marked is None:
        raise TaskGone(_("This quiz is passed already, or no try is left."), code="no_try_left")
    here = quizzes.standing(person, stage.quiz)
    return _marked(found, here, marked)


def _check(quiz: Quiz, answers: Mapping[str, int]) -> None:
    for question in quiz.questions:
        if answers.get(question.id, len(question.answers)) >= len(question.answers):
            words = _("Choose an answer: “%(question)s”") % {"question": question.question}
            raise Unfit(f"answers.{question.id}", words, code="required")
    if more := sorted(set(answers) - {question.id for question in quiz.questions}):
        words = _("%(label)s is not asked for here.") % {"label": more[0]}
        raise Unfit(f"answers.{more[0]}", words, code="not_asked")


def _marked(quiz: Quiz, here: quizzes.Standing, marked: Marked) -> QuizMarked:
    state = quizzes.state_of(quiz, here)
    return QuizMarked(
        passed=marked.passed,
        state=state,
        tries_left=here.tries_left(quiz),
        questions=[
            _told(q, was_wrong=q.id in marked.wrong, tells=state != "open") for q in quiz.questions
        ],
    )


def _told(question: QuizQuestion, *, was_wrong: bool, tells: bool) -> QuizQuestionMarked:
    """As on the page: before the last try only the reason, not the answer itself."""
    return QuizQuestionMarked(
        id=question.id,
        is_right=not was_wrong,
        because=question.because if tells or was_wrong else "",
        right=question.right if tells else None,
    )
