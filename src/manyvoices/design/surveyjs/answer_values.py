"""A value of a result as an answer has it, and what was wanted where no question takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from manyvoices.design.kinds import AnyQuestion
from manyvoices.design.surveyjs.parts import plain_id


def value_of(question: AnyQuestion, given: Any, comment: Any) -> tuple[Any, dict[str, str]]:
    """(value as an answer has it, texts beside options) of a question in a result."""
    texts: dict[str, str] = {}
    with_text = {o.value for o in getattr(question, "options", ()) if getattr(o, "text", False)}
    match question.kind:
        case "single" | "likert" | "country":
            value: Any = _choice(question, given, with_text, texts)
        case "multiple" | "ranking" if isinstance(given, list):
            value = [_choice(question, one, with_text, texts) for one in given]
            if question.kind == "multiple":
                at = {option.value: place for place, option in enumerate(question.offered())}
                value.sort(key=lambda one: at.get(one, len(at)) if isinstance(one, str) else -1)
        case "matrix" if isinstance(given, dict):
            chosen = {_item(question, row): _plain(column) for row, column in given.items()}
            value = {item.id: chosen.pop(item.id, None) for item in question.items} | chosen
        case "number" if isinstance(given, float) and given.is_integer():
            value = int(given)
        case _:
            value = given
    chosen_options = value if isinstance(value, list) else [value]
    for option in sorted(with_text):
        if isinstance(comment, str) and comment and option in chosen_options:
            texts.setdefault(option, comment)
    return value, texts


def _choice(question: AnyQuestion, given: Any, with_text: set[str], texts: dict[str, str]) -> Any:
    """The value of an option; a text that is none stands for the option that asks for one."""
    if isinstance(given, dict) and "value" in given:
        value = _plain(given["value"])
        if isinstance(given.get("comment"), str):
            texts[str(value)] = given["comment"]
        return value
    value = _plain(given)
    known = {option.value for option in question.offered()}
    if isinstance(value, str) and value not in known and len(with_text) == 1:
        (other,) = with_text
        texts[other] = value
        return other
    return value


def _plain(value: Any) -> Any:
    """A value of SurveyJS as the text that an option's value is here."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, int | float) else value


def _item(question: Any, row: str) -> str:
    known = {item.id for item in question.items}
    return row if row in known else plain_id(row)


def wanted_by(question: AnyQuestion, value: Any, texts: Mapping[str, str]) -> str | None:
    """What would have been right, where a question does not take a value; None where it does."""
    shape = _SHAPES.get(question.kind, (str, "text"))
    if value is not None and not isinstance(value, shape[0]):
        return shape[1]
    if isinstance(value, list) and len({str(one) for one in value}) < len(value):
        return "each option once"
    try:
        reading = question.read(question.fields(value, texts))
    except (TypeError, ValueError, AttributeError):
        return shape[1]
    code = reading.problem.code if reading.problem is not None else None
    if code is None or code.startswith("required"):
        return None
    return f"what the question takes ({code.replace('_', ' ')})"


_SHAPES: dict[str, tuple[Any, str]] = {
    "multiple": (list, "a list of values of options"),
    "ranking": (list, "a list of values of options, best first"),
    "matrix": (dict, "an object of rows and columns"),
    "number": ((int, float), "a number"),
}
