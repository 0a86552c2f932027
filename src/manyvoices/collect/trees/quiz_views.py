"""The short quiz before the first task of a kind."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from manyvoices.collect.accounts.limits import limited
from manyvoices.collect.people.errors import StaleSubmission
from manyvoices.collect.people.models import Participant
from manyvoices.collect.texts import answer_html, study_html
from manyvoices.collect.trees import home_page, presenting
from manyvoices.collect.trees import quiz as quizzes
from manyvoices.collect.trees.access import for_contributor
from manyvoices.collect.trees.quiz_contexts import QuizAnswerView, QuizPage, QuizQuestionView
from manyvoices.collect.trees.views import show
from manyvoices.design.trees.quiz import Marked, Quiz, QuizQuestion


@require_http_methods(["GET", "HEAD", "POST"])
@for_contributor
@limited("quiz")
def quiz(request: HttpRequest, participant: Participant, quiz: str) -> HttpResponse:
    """Answer the questions, see what was right and why, and go on."""
    stage = presenting.stage_here(participant)
    found = next((one for one in stage.quiz if one.id == quiz), None)
    if found is None:
        raise StaleSubmission("there is no such quiz")
    answers: dict[str, int] = {}
    errors: dict[str, str] = {}
    marked: Marked | None = None
    if request.method == "POST":
        answers, errors = _read(found, request.POST)
        if not errors:
            marked = quizzes.store_try(
                participant=participant, quiz=found, answers=answers, now=timezone.now()
            )
    here = quizzes.standing(participant, stage.quiz)
    state = _state(found, here, marked)
    page = QuizPage(
        title=found.title,
        questions=[_question(q, answers, errors, marked, state) for q in found.questions],
        tries_left=here.tries_left(found),
        needed=found.needed or len(found.questions),
        state=state,
        errors=errors,
        **_goes_on(request, participant),
    )
    status = 422 if errors else 200
    return show(request, participant, "trees/quiz.html", page, status=status)


def _goes_on(request: HttpRequest, participant: Participant) -> dict[str, str]:
    """The task for which the quiz is taken."""
    asked = request.POST if request.method == "POST" else request.GET
    kind, language = asked.get("kind", ""), asked.get("language", "")
    return {
        "kind": kind if kind in home_page.KINDS else "",
        "language": language if language in home_page.offered(participant) else "",
    }


def _read(quiz: Quiz, posted: Mapping[str, str]) -> tuple[dict[str, int], dict[str, str]]:
    answers, errors = {}, {}
    for question in quiz.questions:
        given = posted.get(f"q-{question.id}", "")
        if given.isdecimal() and int(given) < len(question.answers):
            answers[question.id] = int(given)
        else:
            words = _("Choose an answer: “%(question)s”")
            errors[f"q-{question.id}-0"] = words % {"question": question.question}
    return answers, errors


def _state(quiz: Quiz, here: quizzes.Standing, marked: Marked | None) -> str:
    state = quizzes.state_of(quiz, here)
    return "again" if state == "open" and marked is not None else state


def _question(
    question: QuizQuestion,
    answers: Mapping[str, int],
    errors: Mapping[str, str],
    marked: Marked | None,
    state: str,
) -> QuizQuestionView:
    """A question as a form, or after a try with what was right.

    Before the last try only the reason is shown, not the answer itself.
    """
    was_wrong = marked is not None and question.id in marked.wrong
    tells = marked is not None and state != "again"
    chosen = answers.get(question.id)
    return QuizQuestionView(
        field=f"q-{question.id}",
        question=question.question,
        example_html=answer_html(question.example) if question.example else "",
        answers=[
            QuizAnswerView(i, answer.text, i == chosen, tells and answer.right)
            for i, answer in enumerate(question.answers)
        ],
        because=study_html(question.because) if tells or was_wrong else "",
        was_wrong=was_wrong,
        error=errors.get(f"q-{question.id}-0", ""),
    )
