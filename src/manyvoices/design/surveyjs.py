"""Surveys from and to SurveyJS's JSON, for the kinds of question that both have.

Nothing is dropped in silence: whatever has no place on the other side is listed in `NotCarried`,
with the question and the reason. Names that cannot be ids here get one, and the list says so.
Format: SurveyJS form library, survey model JSON (pages, elements, choices, visibleIf).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from manyvoices.design.kinds import AnyQuestion
from manyvoices.design.questions import Page
from manyvoices.design.written import VisibleIf

Json = dict[str, Any]

_ID = re.compile(r"^[a-z][a-z0-9_]{0,63}$")
_CONDITION = re.compile(
    r"^\s*\{(?P<q>[^}]+)\}\s*(?:(?P<op>=|==|<>|!=|contains|notcontains|anyof|empty|notempty)"
    r"\s*(?P<value>.*?))\s*$"
)
_COMMON = {"type", "name", "title", "description", "isRequired", "visibleIf"}
_KNOWN_PAGE = {"name", "title", "description", "elements"}
_KNOWN_SURVEY = {"pages", "elements", "title", "description", "locale", "showProgressBar"}


class NotCarried(NamedTuple):
    """One thing without a place on the other side."""

    where: str
    """Question, page or ``survey``."""
    what: str
    why: str


@dataclass
class Converted:
    """A survey on the other side, and what is not in it."""

    survey: Json
    not_carried: list[NotCarried] = field(default_factory=list)

    def leave(self, where: str, what: str, why: str) -> None:
        self.not_carried.append(NotCarried(where, what, why))


# From SurveyJS -----------------------------------------------------------------------------------


def from_surveyjs(source: Mapping[str, Any]) -> Converted:
    """A ``survey.yaml`` (as data) from a SurveyJS survey."""
    done = Converted({"pages": []})
    for key in sorted(set(source) - _KNOWN_SURVEY):
        done.leave("survey", key, "no such setting here")
    pages = source.get("pages") or [{"elements": source.get("elements", [])}]
    ids = _Ids(done)
    for number, page in enumerate(pages, start=1):
        name = str(page.get("name", f"page{number}"))
        for key in sorted(set(page) - _KNOWN_PAGE):
            done.leave(name, key, "no such setting of a page here")
        questions = [q for e in page.get("elements", []) if (q := _question_in(e, ids, done))]
        if not questions:
            done.leave(name, "page", "none of its questions could be carried")
            continue
        title = _text(page.get("title")) or _text(source.get("title")) or f"Page {number}"
        written: Json = {"title": title, "questions": questions}
        if intro := _text(page.get("description")):
            written["intro"] = intro
        done.survey["pages"].append(written)
    return done


class _Ids:
    """Names as ids, the same for the same name."""

    def __init__(self, done: Converted) -> None:
        self._done, self._known = done, dict[str, str]()

    def of(self, name: str) -> str:
        if name not in self._known:
            plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "question"
            plain = plain if plain[0].isalpha() else f"q_{plain}"
            taken, unique, n = set(self._known.values()), plain[:60], 2
            while unique in taken:
                unique, n = f"{plain[:56]}_{n}", n + 1
            if unique != name:
                self._done.leave(name, "name", f"ids are plain here: it is called {unique}")
            self._known[name] = unique
        return self._known[name]


def _text(value: Any) -> str:
    """A text of SurveyJS, which may be one text or one for each language."""
    if isinstance(value, Mapping):
        value = value.get("default") or value.get("en") or next(iter(value.values()), "")
    return str(value).strip() if value is not None else ""


def _question_in(element: Json, ids: _Ids, done: Converted) -> Json | None:
    kind, name = str(element.get("type")), str(element.get("name", ""))
    reader = _READERS.get(kind)
    kept_out = kind == "text" and element.get("inputType") not in _INPUTS
    if reader is None or kept_out or (kind == "slider" and not _is_scale(element)):
        of = next((str(element[key]) for key in ("inputType", "sliderType") if key in element), "")
        what = f"type {kind}" + (f" ({of})" if of else "")
        done.leave(name or "?", what, "no such kind of question here")
        return None
    written: Json = {"id": ids.of(name), "label": _text(element.get("title")) or name}
    if (help_text := _text(element.get("description"))) and kind != "html":
        written["help"] = help_text
    if element.get("isRequired"):
        written["required"] = True
    known = reader(element, written, ids) | _COMMON
    for key in sorted(set(element) - known):
        done.leave(name, key, "no such setting of this kind here")
    if rule := element.get("visibleIf"):
        condition = _condition_in(str(rule), ids)
        if condition is None:
            done.leave(name, f"visibleIf {rule}", "only = <> contains anyof empty, and/or, carry")
        else:
            written["visible_if"] = condition
    return written


_INPUTS = (None, "text", "number", "date")


def _is_scale(slider: Json) -> bool:
    """Whether a slider gives one whole number and none before it is touched."""
    limits = [slider.get("min", 0), slider.get("max", 100)]
    return (
        slider.get("sliderType", "single") == "single"
        and all(isinstance(limit, int) for limit in limits)
        and "defaultValue" not in slider
    )


def _choices(values: Any) -> list[Json | str]:
    """Options: a plain text where value and label are the same."""
    options: list[Json | str] = []
    for choice in values or ():
        value = choice.get("value") if isinstance(choice, Mapping) else choice
        label = _text(choice.get("text")) if isinstance(choice, Mapping) else ""
        plain = str(value)
        options.append({"value": plain, "label": label} if label and label != plain else plain)
    return options


def _read_choice(element: Json, written: Json, kind: str) -> set[str]:
    written |= {"kind": kind, "options": _choices(element.get("choices"))}
    if element.get("choicesOrder") == "random":
        written["random_order"] = True
    if element.get("showNoneItem"):
        label = _text(element.get("noneText")) or "None"
        written["options"].append(
            {"value": "none", "label": label, "keep_last": True, "exclusive": True}
        )
    if element.get("showOtherItem") or element.get("hasOther"):
        label = _text(element.get("otherText")) or "Other"
        written["options"].append(
            {"value": "other", "label": label, "keep_last": True, "text": True}
        )
    known = {"choices", "showNoneItem", "noneText", "showOtherItem", "hasOther", "otherText"}
    return known | (
        {"choicesOrder"} if element.get("choicesOrder") in ("random", "none") else set()
    )


def _read_radio(element: Json, written: Json, _ids: _Ids) -> set[str]:
    return _read_choice(element, written, "single")


def _read_dropdown(element: Json, written: Json, _ids: _Ids) -> set[str]:
    written["style"] = "select"
    return _read_choice(element, written, "single")


def _read_checkbox(element: Json, written: Json, _ids: _Ids) -> set[str]:
    return _read_choice(element, written, "multiple")


def _read_ranking(element: Json, written: Json, _ids: _Ids) -> set[str]:
    return _read_choice(element, written, "ranking")


def _read_boolean(element: Json, written: Json, _ids: _Ids) -> set[str]:
    yes, no = _text(element.get("labelTrue")) or "Yes", _text(element.get("labelFalse")) or "No"
    written |= {
        "kind": "single",
        "options": [{"value": "true", "label": yes}, {"value": "false", "label": no}],
    }
    return {"labelTrue", "labelFalse"}


def _read_text(element: Json, written: Json, _ids: _Ids) -> set[str]:
    kind = element.get("inputType")
    if kind == "number":
        written |= {"kind": "number", "whole": False}
        written |= {
            k: element[j] for k, j in (("minimum", "min"), ("maximum", "max")) if j in element
        }
        return {"inputType", "min", "max"}
    if kind == "date":
        written["kind"] = "date"
        written |= {
            k: element[j] for k, j in (("earliest", "min"), ("latest", "max")) if j in element
        }
        return {"inputType", "min", "max"}
    return _read_words(element, written, multiline=False) | {"inputType"}


def _read_comment(element: Json, written: Json, _ids: _Ids) -> set[str]:
    return _read_words(element, written, multiline=True)


def _read_words(element: Json, written: Json, *, multiline: bool) -> set[str]:
    written["kind"] = "text"
    if multiline:
        written["multiline"] = True
    if isinstance(element.get("maxLength"), int) and element["maxLength"] > 0:
        written["max_length"] = element["maxLength"]
    if placeholder := _text(element.get("placeholder")):
        written["placeholder"] = placeholder
    return {"maxLength", "placeholder"}


def _read_rating(element: Json, written: Json, _ids: _Ids) -> set[str]:
    low, high = int(element.get("rateMin", 1)), int(element.get("rateMax", 5))
    points = _choices(element.get("rateValues")) or [str(n) for n in range(low, high + 1)]
    if not element.get("rateValues"):
        for at, key in ((0, "minRateDescription"), (-1, "maxRateDescription")):
            if words := _text(element.get(key)):
                points[at] = {"value": str(points[at]), "label": f"{points[at]} {words}"}
    written |= {"kind": "likert", "points": points}
    return {"rateMin", "rateMax", "rateValues", "minRateDescription", "maxRateDescription"}


def _read_slider(element: Json, written: Json, _ids: _Ids) -> set[str]:
    """One scale of whole numbers. Its value is unknown until it is touched, there as here; what it
    shows of numbers has no place here, where a scale has none."""
    low, high = element.get("min", 0), element.get("max", 100)
    labels = [_text(part.get("text")) for part in element.get("customLabels") or ()]
    written |= {
        "kind": "vas",
        "items": [{"id": "value", "label": written["label"]}],
        "range": [low, high],
        "anchors": [labels[0] or str(low), labels[-1] or str(high)]
        if labels
        else [str(low), str(high)],
    }
    known = {"min", "max", "sliderType", "allowClear"}
    known |= {"step"} if element.get("step", 1) == 1 else set()
    return known | ({"customLabels"} if len(labels) == 2 else set())


def _read_matrix(element: Json, written: Json, ids: _Ids) -> set[str]:
    items = []
    for row in element.get("rows", ()):
        value = row.get("value") if isinstance(row, Mapping) else row
        label = (_text(row.get("text")) if isinstance(row, Mapping) else "") or str(value)
        plain = str(value)
        items.append({"id": plain if _ID.match(plain) else ids.of(plain), "label": label})
    written |= {"kind": "matrix", "items": items, "options": _choices(element.get("columns"))}
    if element.get("rowsOrder") == "random":
        written["random_order"] = True
    if element.get("isAllRowRequired") or element.get("eachRowRequired"):
        written["required"] = True
    return {"rows", "columns", "rowsOrder", "isAllRowRequired", "eachRowRequired"}


def _read_html(element: Json, written: Json, _ids: _Ids) -> set[str]:
    plain = re.sub(r"<[^>]+>", " ", _text(element.get("html")))
    written |= {"kind": "info", "help": re.sub(r"\s+", " ", plain).strip()}
    written.pop("required", None)
    return {"html"}


_READERS: dict[str, Callable[[Json, Json, _Ids], set[str]]] = {
    "radiogroup": _read_radio,
    "dropdown": _read_dropdown,
    "checkbox": _read_checkbox,
    "ranking": _read_ranking,
    "boolean": _read_boolean,
    "text": _read_text,
    "comment": _read_comment,
    "rating": _read_rating,
    "matrix": _read_matrix,
    "slider": _read_slider,
    "html": _read_html,
}


def _condition_in(rule: str, ids: _Ids) -> Json | None:
    """A condition of SurveyJS as ``visible_if``; None where it says more than ours can."""
    for word, key in ((" or ", "any"), (" and ", "all")):
        if word in rule:
            parts = [_condition_in(part, ids) for part in rule.split(word)]
            return None if None in parts or "(" in rule else {key: parts}
    found = _CONDITION.match(rule)
    if found is None:
        return None
    question, value = ids.of(found["q"].strip()), found["value"]
    values = [part.strip(" '\"") for part in value.strip("[] ").split(",")]
    match found["op"]:
        case "=" | "==" | "contains":
            return {"question": question, "equals": values[0]}
        case "<>" | "!=" | "notcontains":
            return {"question": question, "not_in": [values[0]]}
        case "anyof":
            return {"question": question, "in": values}
        case _:
            return {"question": question, "answered": found["op"] == "notempty"}


# To SurveyJS -------------------------------------------------------------------------------------


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
    element: Json = {"name": question.id, "title": question.label}
    if question.help and question.kind != "info":
        element["description"] = question.help
    if question.required:
        element["isRequired"] = True
    if question.visible_if is not None:
        element["visibleIf"] = _condition_out(question.visible_if)
    match question.kind:
        case "single" | "multiple" | "ranking":
            types = {"multiple": "checkbox", "ranking": "ranking"}
            element["type"] = types.get(question.kind, "radiogroup")
            if question.kind == "single" and question.style == "select":
                element["type"] = "dropdown"
            element |= _options_out(question.id, question.options, done)
            if question.random_order:
                element["choicesOrder"] = "random"
            if question.check is not None:
                done.leave(question.id, "check", "SurveyJS asks no question a second time")
        case "likert":
            element |= {"type": "rating", "rateValues": _pairs(question.points)}
        case "matrix":
            rows = [{"value": item.id, "text": item.label} for item in question.items]
            element |= {"type": "matrix", "rows": rows, "columns": _pairs(question.options)}
            if question.random_order:
                element["rowsOrder"] = "random"
            if question.required:
                element["eachRowRequired"] = True
            if question.not_applicable:
                done.leave(question.id, "not_applicable", "SurveyJS's lines have only columns")
        case "text":
            element |= {"type": "comment" if question.multiline else "text"}
            element["maxLength"] = question.max_length
            if question.placeholder:
                element["placeholder"] = question.placeholder
            if question.guidance:
                done.leave(question.id, "guidance", "SurveyJS has none")
            if question.suggested_words:
                done.leave(question.id, "suggested_words", "SurveyJS has none")
        case "number":
            element |= {"type": "text", "inputType": "number"}
            limits = (("min", question.minimum), ("max", question.maximum))
            element |= {key: limit for key, limit in limits if limit is not None}
            if question.unit:
                done.leave(question.id, "unit", "SurveyJS has none")
            if question.whole:
                done.leave(question.id, "whole", "SurveyJS takes any number")
        case "date":
            element |= {"type": "text", "inputType": "date"}
            days = (("min", question.earliest), ("max", question.latest))
            element |= {key: day.isoformat() for key, day in days if day is not None}
        case "country":
            element |= {"type": "dropdown", "choices": _pairs(question.offered())}
        case "info":
            element |= {"type": "html", "html": question.help}
        case "vas":
            why = "SurveyJS's slider shows a thumb and numbers before anybody has touched it"
            done.leave(question.id, "kind vas", why)
            return None
    return element


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


def _condition_out(rule: VisibleIf) -> str:
    return " or ".join(_parts_out(rule.any_)) if rule.any_ else _simple_out(rule)


def _parts_out(rules: tuple[VisibleIf, ...]) -> Iterator[str]:
    for rule in rules:
        yield _condition_out(rule)


def _simple_out(rule: VisibleIf) -> str:
    if rule.all_ is not None:
        return " and ".join(_parts_out(rule.all_))
    if rule.answered is not None:
        return f"{{{rule.question}}} {'notempty' if rule.answered else 'empty'}"
    if rule.equals is not None:
        return f"{{{rule.question}}} = '{rule.equals}'"
    values = rule.in_ or rule.not_in or ()
    if rule.not_in is not None:
        return " and ".join(f"{{{rule.question}}} <> '{value}'" for value in values)
    return f"{{{rule.question}}} anyof [{', '.join(repr(value) for value in values)}]"
