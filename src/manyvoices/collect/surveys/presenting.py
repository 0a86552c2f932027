"""A survey page as its template sees it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from django.utils.translation import gettext as _

from manyvoices.collect.people.contexts import SliderView
from manyvoices.collect.people.models import Participant
from manyvoices.collect.people.presenting import Posted, sliders
from manyvoices.collect.surveys import queries
from manyvoices.collect.surveys.contexts import OptionView, QuestionView, SurveyPageView
from manyvoices.collect.texts import study_html
from manyvoices.collect.views import draft_url, last, words
from manyvoices.design import SurveyStage
from manyvoices.design.problems import Problem
from manyvoices.design.questions import Info, Multiple, Page, Single, Text, Vas, VisibleIf
from manyvoices.design.survey import AnyQuestion, is_visible, read_page


def form_name(stage: int, page: int) -> str:
    """The name under which the page's draft is kept."""
    return f"survey-{stage}-{page}"


def survey_page_view(
    participant: Participant,
    stage: int,
    index: int,
    posted: Posted,
    problems: Mapping[str, Problem],
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
        questions=[_with_rule(view, page, here) for view in questions],
        errors=_errors(questions),
        draft_url=draft_url(participant, form_name(stage, index)),
    )


def _may_appear(question: AnyQuestion, here: set[str]) -> bool:
    return question.visible_if is not None and question.visible_if.question in here


def _with_rule(view: QuestionView, page: Page, here: set[str]) -> QuestionView:
    question = next(q for q in page.questions if q.id == view.id)
    if question.visible_if is None or question.visible_if.question not in here:
        return view
    return replace(view, visible_if_json=_rule_json(question.visible_if))


def _rule_json(rule: VisibleIf) -> str:
    return json.dumps(rule.model_dump(exclude_none=True, by_alias=True, mode="json"))


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
    if isinstance(question, Info):
        return replace(base, html=study_html(question.help))
    if isinstance(question, Text):
        return _text_view(base, question, posted)
    if isinstance(question, Vas):
        return replace(base, items=_items(question, name, posted, order, problem))
    return _options_view(base, question, posted, order)


def _text_view(base: QuestionView, question: Text, posted: Posted) -> QuestionView:
    return replace(
        base,
        value=last(posted, base.name),
        multiline=question.multiline,
        max_length=question.max_length,
        placeholder=question.placeholder,
        guidance=study_html(question.guidance),
    )


def _options_view(
    base: QuestionView, question: Single | Multiple, posted: Posted, order: list[str] | None
) -> QuestionView:
    labels = {option.value: option.label for option in question.options}
    chosen = set(posted.get(base.name, ()))
    options = [
        OptionView(value, labels[value], value in chosen, f"{base.name}-{position}")
        for position, value in enumerate(order or list(labels))
    ]
    style = question.style if isinstance(question, Single) else "checkboxes"
    return replace(base, options=options, style=style)


def _items(
    question: Vas, name: str, posted: Posted, order: list[str] | None, problem: Problem | None
) -> list[SliderView]:
    at_fault = set(problem.items) if problem else set()
    text = words(problem) if problem else None
    return sliders(
        question,
        name,
        posted,
        order=order,
        error_of=lambda item: text if item in at_fault else None,
    )


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
    if view.options and view.style != "select":
        return view.options[0].input_id
    return view.name
