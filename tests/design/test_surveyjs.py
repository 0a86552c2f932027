"""SurveyJS surveys there and back; nothing is lost in silence."""

from __future__ import annotations

from typing import Any

import pytest

from manyvoices.design.questions import Page, Vas
from manyvoices.design.surveyjs import from_surveyjs, to_surveyjs

SURVEY: dict[str, Any] = {
    "title": "About pets",
    "completedHtml": "<b>Thanks</b>",
    "pages": [
        {
            "name": "first",
            "elements": [
                {"type": "radiogroup", "name": "Has Pet", "title": "Have you a pet?",
                 "isRequired": True, "choices": ["Yes", {"value": "no", "text": "No, none"}],
                 "showOtherItem": True, "choicesOrder": "random"},
                {"type": "checkbox", "name": "which", "choices": ["cat", "dog"],
                 "showNoneItem": True, "visibleIf": "{Has Pet} = 'Yes'", "colCount": 2},
                {"type": "text", "name": "age", "inputType": "number", "min": 0, "max": 40},
                {"type": "text", "name": "born", "inputType": "date"},
                {"type": "comment", "name": "why", "maxLength": 200,
                 "visibleIf": "{Has Pet} = 'Yes' or {age} notempty"},
                {"type": "rating", "name": "joy", "rateMax": 4,
                 "minRateDescription": "none", "maxRateDescription": "much"},
                {"type": "matrix", "name": "care", "columns": ["often", "never"],
                 "rows": ["walks", {"value": "food", "text": "Feeding"}]},
                {"type": "ranking", "name": "order", "choices": ["a", "b"]},
                {"type": "html", "name": "end", "html": "<p>That <b>is</b> all.</p>"},
                {"type": "signaturepad", "name": "sign"},
                {"type": "text", "name": "mail", "inputType": "email"},
            ],
        }
    ],
}  # fmt: skip


def frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: frozen(part) for key, part in value.items()}
    return tuple(map(frozen, value)) if isinstance(value, list) else value


def pages(survey: dict[str, Any]) -> tuple[Page, ...]:
    return tuple(Page.model_validate(frozen(page)) for page in survey["pages"])


def test_the_kinds_that_both_have_are_carried() -> None:
    (page,) = pages(from_surveyjs(SURVEY).survey)
    kinds = {question.id: question.kind for question in page.questions}
    assert kinds == {
        "has_pet": "single",
        "which": "multiple",
        "age": "number",
        "born": "date",
        "why": "text",
        "joy": "likert",
        "care": "matrix",
        "order": "ranking",
        "end": "info",
    }
    rule = page.questions[1].visible_if
    assert rule is not None
    assert (rule.question, rule.equals) == ("has_pet", "Yes")


def test_what_is_not_carried_is_listed_with_its_question() -> None:
    listed = {(row.where, row.what) for row in from_surveyjs(SURVEY).not_carried}
    assert ("survey", "completedHtml") in listed
    assert ("which", "colCount") in listed
    assert ("sign", "type signaturepad") in listed
    assert ("mail", "type text (email)") in listed
    assert ("Has Pet", "name") in listed


def test_a_survey_comes_back_as_it_went() -> None:
    there = from_surveyjs(SURVEY).survey
    back = from_surveyjs(to_surveyjs(pages(there)).survey)
    assert pages(back.survey)[0].questions[1:] == pages(there)[0].questions[1:]


def test_sliders_are_left_behind_and_named() -> None:
    vas = {"kind": "vas", "id": "v", "label": "V", "anchors": ("a", "b"),
           "items": ({"id": "x", "label": "X"},)}  # fmt: skip
    done = to_surveyjs((Page.model_validate({"title": "P", "questions": (vas,)}),))
    assert done.survey["pages"][0]["elements"] == []
    assert [(row.where, row.what) for row in done.not_carried] == [("v", "kind vas")]


def slider(**more: Any) -> dict[str, Any]:
    element = {"type": "slider", "name": "joy", "title": "How glad?", "min": 1, "max": 100}
    return {"elements": [element | more]}


def test_a_slider_that_begins_untouched_is_a_scale_here() -> None:
    labels = [{"value": 1, "text": "Sad"}, {"value": 100, "text": "Glad"}]
    done = from_surveyjs(slider(customLabels=labels, tooltipVisibility="always", step=5))
    (page,) = pages(done.survey)
    (scale,) = page.questions
    assert isinstance(scale, Vas)
    assert (scale.range, scale.anchors) == ((1, 100), ("Sad", "Glad"))
    assert scale.read({}).value == {"value": None}
    listed = {(row.where, row.what) for row in done.not_carried}
    assert listed == {("joy", "tooltipVisibility"), ("joy", "step")}


@pytest.mark.parametrize("more", [{"sliderType": "range"}, {"defaultValue": 50}, {"max": 0.5}])
def test_a_slider_that_is_no_such_scale_is_listed(more: dict[str, Any]) -> None:
    done = from_surveyjs(slider(**more))
    assert done.survey["pages"] == []
    assert done.not_carried[0].where == "joy"
    assert done.not_carried[0].what.startswith("type slider")


def test_attention_checks_and_lines_that_do_not_apply_are_listed() -> None:
    questions = (
        {"kind": "single", "id": "a", "label": "A", "options": ("x", "y"),
         "check": {"correct": ("x",)}},
        {"kind": "matrix", "id": "m", "label": "M", "options": ("x", "y"),
         "items": ({"id": "i", "label": "I"},), "not_applicable": True},
    )  # fmt: skip
    done = to_surveyjs((Page.model_validate({"title": "P", "questions": questions}),))
    assert len(done.survey["pages"][0]["elements"]) == 2
    listed = [(row.where, row.what) for row in done.not_carried]
    assert listed == [("a", "check"), ("m", "not_applicable")]
