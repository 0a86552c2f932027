"""A survey page as its template sees it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from django.urls import reverse
from django.utils.translation import gettext as _

from manyvoices.collect.people.models import Participant
from manyvoices.collect.people.presenting import Posted
from manyvoices.collect.surveys import queries
from manyvoices.collect.surveys.contexts import QuestionView, SurveyPageView
from manyvoices.collect.surveys.kinds import question_view
from manyvoices.collect.surveys.kinds.seen import Seen
from manyvoices.collect.texts import study_html
from manyvoices.collect.views import draft_url, words
from manyvoices.design import SurveyStage
from manyvoices.design.problems import Problem
from manyvoices.design.questions import Page, VisibleIf
from manyvoices.design.survey import AnyQuestion, holds, is_visible, read_page

AGAIN = "again"
"""Hidden field of a page that was sent before and is open to be changed."""


def form_name(stage: int, page: int) -> str:
    """The name under which the page's draft is kept."""
    return f"survey-{stage}-{page}"


def survey_page_view(
    participant: Participant,
    stage: int,
    index: int,
    posted: Posted,
    problems: Mapping[str, Problem],
    *,
    again: bool = False,
) -> SurveyPageView:
    """The page, filled with what is posted or drafted, the problems beside their questions."""
    survey, page = queries.survey_page(participant, stage, index)
    earlier = queries.answers_so_far(participant, survey)
    answers = {**earlier, **read_page(page, posted, earlier).values}
    here = {question.id for question in page.questions}
    questions = [
        _question_view(participant, survey, question, posted, problems.get(question.id), answers)
        for question in page.questions
        # A question that hangs on an earlier page is settled; one that hangs on this page is not.
        if _may_appear(question, here) or is_visible(question, answers)
    ]
    return SurveyPageView(
        title=page.title,
        intro_html=study_html(page.intro),
        number=index + 1,
        of=len(survey.pages),
        stage=stage,
        index=index,
        questions=[_with_rule(view, page, here, answers) for view in questions],
        errors=_errors(questions),
        draft_url=draft_url(participant, form_name(stage, index)),
        back_url=_page_url(participant, stage, index - 1) if index else "",
        is_changed=again,
    )


def _page_url(participant: Participant, stage: int, index: int) -> str:
    return reverse("surveys:page", args=[participant.study_id, stage, index])


def _may_appear(question: AnyQuestion, here: set[str]) -> bool:
    return bool(_asked(question) & here)


def _asked(question: AnyQuestion) -> set[str]:
    """The questions on which this one hangs."""
    rule = question.visible_if
    return {part.question for part in rule.simple() if part.question} if rule else set()


def _with_rule(
    view: QuestionView, page: Page, here: set[str], answers: Mapping[str, object]
) -> QuestionView:
    question = next(q for q in page.questions if q.id == view.id)
    if question.visible_if is None or not _may_appear(question, here):
        return view
    return replace(view, visible_if_json=json.dumps(_rule(question.visible_if, here, answers)))


def _rule(rule: VisibleIf, here: set[str], answers: Mapping[str, object]) -> object:
    """The rule for the browser: what hangs on an earlier page is settled, true or false."""
    for name, parts in (("any", rule.any_), ("all", rule.all_)):
        if parts is not None:
            return {name: [_rule(part, here, answers) for part in parts]}
    if rule.question not in here:
        return holds(rule, answers)
    return rule.model_dump(exclude_none=True, by_alias=True, mode="json")


def _question_view(
    participant: Participant,
    survey: SurveyStage,
    question: AnyQuestion,
    posted: Posted,
    problem: Problem | None,
    answers: Mapping[str, object],
) -> QuestionView:
    name = f"q-{question.id}"
    base = QuestionView(
        id=question.id,
        kind=question.kind,
        label=question.label,
        help=question.help,
        required=question.required,
        name=name,
        error=words(problem) if problem else None,
        visible=is_visible(question, answers),
    )
    order = queries.order_shown(participant, survey, question)
    return question_view(base, question, Seen(posted, order, problem))


def _errors(questions: list[QuestionView]) -> dict[str, str]:
    """First control of each question at fault -> what to do: the error summary's links."""
    errors: dict[str, str] = {}
    for view in questions:
        if view.error:
            errors[_first_control(view)] = _("%(question)s: %(problem)s") % {
                "question": view.label,
                "problem": view.error,
            }
    return errors


def _first_control(view: QuestionView) -> str:
    if view.items:
        return next((item.input_id for item in view.items if item.error), view.items[0].input_id)
    if view.rows:
        row = next((row for row in view.rows if row.at_fault), view.rows[0])
        return row.options[0].input_id
    if view.options and view.style != "select":
        return view.options[0].input_id
    return view.name
