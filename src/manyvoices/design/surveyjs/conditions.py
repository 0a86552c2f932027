"""When a question is shown: SurveyJS's ``visibleIf`` from and to ours, where both can say it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from manyvoices.design.surveyjs.parts import Ids, Json
from manyvoices.design.written import VisibleIf

_CONDITION = re.compile(
    r"^\s*\{(?P<q>[^}]+)\}\s*(?:(?P<op>=|==|<>|!=|contains|notcontains|anyof|empty|notempty)"
    r"\s*(?P<value>.*?))\s*$"
)


def condition_in(rule: str, ids: Ids) -> Json | None:
    """A condition of SurveyJS as ``visible_if``; None where it says more than ours can."""
    for word, key in ((" or ", "any"), (" and ", "all")):
        if word in rule:
            parts = [condition_in(part, ids) for part in rule.split(word)]
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


def condition_out(rule: VisibleIf) -> str:
    return " or ".join(_parts_out(rule.any_)) if rule.any_ else _simple_out(rule)


def _parts_out(rules: tuple[VisibleIf, ...]) -> Iterator[str]:
    for rule in rules:
        yield condition_out(rule)


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
