"""A question here from an element of SurveyJS, one reader for each type that both have."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from manyvoices.design.surveyjs.conditions import condition_in
from manyvoices.design.surveyjs.parts import Converted, Ids, Json

_ID = re.compile(r"^[a-z][a-z0-9_]{0,63}$")
_COMMON = {"type", "name", "title", "description", "isRequired", "visibleIf"}


def text_of(value: Any) -> str:
    """A text of SurveyJS, which may be one text or one for each language."""
    if isinstance(value, Mapping):
        value = value.get("default") or value.get("en") or next(iter(value.values()), "")
    return str(value).strip() if value is not None else ""


def question_in(element: Json, ids: Ids, done: Converted) -> Json | None:
    kind, name = str(element.get("type")), str(element.get("name", ""))
    reader = _READERS.get(kind)
    kept_out = kind == "text" and element.get("inputType") not in _INPUTS
    if reader is None or kept_out or (kind == "slider" and not _is_scale(element)):
        of = next((str(element[key]) for key in ("inputType", "sliderType") if key in element), "")
        what = f"type {kind}" + (f" ({of})" if of else "")
        done.leave(name or "?", what, "no such kind of question here")
        return None
    written: Json = {"id": ids.of(name), "label": text_of(element.get("title")) or name}
    if (help_text := text_of(element.get("description"))) and kind != "html":
        written["help"] = help_text
    if element.get("isRequired"):
        written["required"] = True
    known = reader(element, written, ids) | _COMMON
    for key in sorted(set(element) - known):
        done.leave(name, key, "no such setting of this kind here")
    if rule := element.get("visibleIf"):
        condition = condition_in(str(rule), ids)
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
        label = text_of(choice.get("text")) if isinstance(choice, Mapping) else ""
        plain = str(value)
        options.append({"value": plain, "label": label} if label and label != plain else plain)
    return options


def _read_choice(element: Json, written: Json, kind: str) -> set[str]:
    written |= {"kind": kind, "options": _choices(element.get("choices"))}
    if element.get("choicesOrder") == "random":
        written["random_order"] = True
    if element.get("showNoneItem"):
        label = text_of(element.get("noneText")) or "None"
        written["options"].append(
            {"value": "none", "label": label, "keep_last": True, "exclusive": True}
        )
    if element.get("showOtherItem") or element.get("hasOther"):
        label = text_of(element.get("otherText")) or "Other"
        written["options"].append(
            {"value": "other", "label": label, "keep_last": True, "text": True}
        )
    known = {"choices", "showNoneItem", "noneText", "showOtherItem", "hasOther", "otherText"}
    return known | (
        {"choicesOrder"} if element.get("choicesOrder") in ("random", "none") else set()
    )


def _read_radio(element: Json, written: Json, _ids: Ids) -> set[str]:
    return _read_choice(element, written, "single")


def _read_dropdown(element: Json, written: Json, _ids: Ids) -> set[str]:
    written["style"] = "select"
    return _read_choice(element, written, "single")


def _read_checkbox(element: Json, written: Json, _ids: Ids) -> set[str]:
    return _read_choice(element, written, "multiple")


def _read_ranking(element: Json, written: Json, _ids: Ids) -> set[str]:
    return _read_choice(element, written, "ranking")


def _read_boolean(element: Json, written: Json, _ids: Ids) -> set[str]:
    yes, no = text_of(element.get("labelTrue")) or "Yes", text_of(element.get("labelFalse")) or "No"
    written |= {
        "kind": "single",
        "options": [{"value": "true", "label": yes}, {"value": "false", "label": no}],
    }
    return {"labelTrue", "labelFalse"}


def _read_text(element: Json, written: Json, _ids: Ids) -> set[str]:
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


def _read_comment(element: Json, written: Json, _ids: Ids) -> set[str]:
    return _read_words(element, written, multiline=True)


def _read_words(element: Json, written: Json, *, multiline: bool) -> set[str]:
    written["kind"] = "text"
    if multiline:
        written["multiline"] = True
    if isinstance(element.get("maxLength"), int) and element["maxLength"] > 0:
        written["max_length"] = element["maxLength"]
    if placeholder := text_of(element.get("placeholder")):
        written["placeholder"] = placeholder
    return {"maxLength", "placeholder"}


def _read_rating(element: Json, written: Json, _ids: Ids) -> set[str]:
    low, high = int(element.get("rateMin", 1)), int(element.get("rateMax", 5))
    points = _choices(element.get("rateValues")) or [str(n) for n in range(low, high + 1)]
    if not element.get("rateValues"):
        for at, key in ((0, "minRateDescription"), (-1, "maxRateDescription")):
            if words := text_of(element.get(key)):
                points[at] = {"value": str(points[at]), "label": f"{points[at]} {words}"}
    written |= {"kind": "likert", "points": points}
    return {"rateMin", "rateMax", "rateValues", "minRateDescription", "maxRateDescription"}


def _read_slider(element: Json, written: Json, _ids: Ids) -> set[str]:
    """One scale of whole numbers. Its value is unknown until it is touched, there as here; what it
    shows of numbers has no place here, where a scale has none."""
    low, high = element.get("min", 0), element.get("max", 100)
    labels = [text_of(part.get("text")) for part in element.get("customLabels") or ()]
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


def _read_matrix(element: Json, written: Json, ids: Ids) -> set[str]:
    items = []
    for row in element.get("rows", ()):
        value = row.get("value") if isinstance(row, Mapping) else row
        label = (text_of(row.get("text")) if isinstance(row, Mapping) else "") or str(value)
        plain = str(value)
        items.append({"id": plain if _ID.match(plain) else ids.of(plain), "label": label})
    written |= {"kind": "matrix", "items": items, "options": _choices(element.get("columns"))}
    if element.get("rowsOrder") == "random":
        written["random_order"] = True
    if element.get("isAllRowRequired") or element.get("eachRowRequired"):
        written["required"] = True
    return {"rows", "columns", "rowsOrder", "isAllRowRequired", "eachRowRequired"}


def _read_html(element: Json, written: Json, _ids: Ids) -> set[str]:
    plain = re.sub(r"<[^>]+>", " ", text_of(element.get("html")))
    written |= {"kind": "info", "help": re.sub(r"\s+", " ", plain).strip()}
    written.pop("required", None)
    return {"html"}


_READERS: dict[str, Callable[[Json, Json, Ids], set[str]]] = {
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
