"""SurveyJS's JSON from a survey here; what SurveyJS has no place for is listed."""

from __future__ import annotations

from typing import Any

from manyvoices.design.kinds import (
    AnyQuestion,
    Country,
    Date,
    Info,
    Likert,
    Matrix,
    Multiple,
    Number,
    Ranking,
    Single,
    Text,
)
from manyvoices.design.questions import Page
from manyvoices.design.surveyjs.conditions import condition_out
from manyvoices.design.surveyjs.parts import Converted, Json


def to_surveyjs(pages: tuple[Page, ...]) -> Converted:
    """A SurveyJS survey from the pages of a survey here."""
    done = Converted({"pages": []})
    for number, page in enumerate(pages, start=1):
        elements = [e for q in page.questions if (e := _question_out(q, done)) is not None]
        written: Json = {"name": f"page{number}", "title": page.title, "elements": elements}
        if page.intro:
            written["description"] = page.intro
        done.survey["pages"].append(written)
    return done


def _question_out(question: AnyQuestion, done: Converted) -> Json | None:
    of_kind = _kind_out(question, done)
    if of_kind is None:
        return None
    element: Json = {"name": question.id, "title": question.label}
    if question.help and question.kind != "info":
        element["description"] = question.help
    if question.required:
        element["isRequired"] = True
    if question.visible_if is not None:
        element["visibleIf"] = condition_out(question.visible_if)
    return element | of_kind


def _kind_out(question: AnyQuestion, done: Converted) -> Json | None:
    """What an element has for its type alone; None where SurveyJS has no such type."""
    match question:
        case Single() | Multiple() | Ranking():
            return _choice_out(question, done)
        case Likert():
            return {"type": "rating", "rateValues": _pairs(question.points)}
        case Matrix():
            return _matrix_out(question, done)
        case Text():
            return _text_out(question, done)
        case Number():
            return _number_out(question, done)
        case Date():
            days = (("min", question.earliest), ("max", question.latest))
            given = {key: day.isoformat() for key, day in days if day is not None}
            return {"type": "text", "inputType": "date"} | given
        case Country():
            return {"type": "dropdown", "choices": _pairs(question.offered())}
        case Info():
            return {"type": "html", "html": question.help}
    why = "SurveyJS's slider shows a thumb and numbers before anybody has touched it"
    done.leave(question.id, "kind vas", why)
    return None


def _choice_out(question: Single | Multiple | Ranking, done: Converted) -> Json:
    types = {"multiple": "checkbox", "ranking": "ranking"}
    element: Json = {"type": types.get(question.kind, "radiogroup")}
    if question.kind == "single" and question.style == "select":
        element["type"] = "dropdown"
    element |= _options_out(question.id, question.options, done)
    if question.random_order:
        element["choicesOrder"] = "random"
    if question.check is not None:
        done.leave(question.id, "check", "SurveyJS asks no question a second time")
    return element


def _matrix_out(question: Matrix, done: Converted) -> Json:
    rows = [{"value": item.id, "text": item.label} for item in question.items]
    element: Json = {"type": "matrix", "rows": rows, "columns": _pairs(question.options)}
    if question.random_order:
        element["rowsOrder"] = "random"
    if question.required:
        element["eachRowRequired"] = True
    if question.not_applicable:
        done.leave(question.id, "not_applicable", "SurveyJS's lines have only columns")
    return element


def _text_out(question: Text, done: Converted) -> Json:
    element: Json = {"type": "comment" if question.multiline else "text"}
    element["maxLength"] = question.max_length
    if question.placeholder:
        element["placeholder"] = question.placeholder
    if question.guidance:
        done.leave(question.id, "guidance", "SurveyJS has none")
    if question.suggested_words:
        done.leave(question.id, "suggested_words", "SurveyJS has none")
    return element


def _number_out(question: Number, done: Converted) -> Json:
    limits = (("min", question.minimum), ("max", question.maximum))
    if question.unit:
        done.leave(question.id, "unit", "SurveyJS has none")
    if question.whole:
        done.leave(question.id, "whole", "SurveyJS takes any number")
    given = {key: limit for key, limit in limits if limit is not None}
    return {"type": "text", "inputType": "number"} | given


def _pairs(options: Any) -> list[Json]:
    return [{"value": option.value, "text": option.label} for option in options]


def _options_out(name: str, options: Any, done: Converted) -> Json:
    told: Json = {"choices": []}
    for option in options:
        if option.text and option.value == "other":
            told |= {"showOtherItem": True, "otherText": option.label}
        elif option.exclusive and option.value == "none":
            told |= {"showNoneItem": True, "noneText": option.label}
        else:
            told["choices"] += _pairs([option])
            for key in ("text", "exclusive", "keep_last"):
                if getattr(option, key):
                    why = "SurveyJS has it for its own Other and None only"
                    done.leave(name, f"{option.value}: {key}", why)
    return told
