"""Who rated: survey answers by rater, and which of them are groups to report by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from manyvoices.schema import Answer

People: TypeAlias = dict[str, dict[str, str]]
"""Rater -> question -> answer, as text."""

MAX_GROUPS = 24
"""A question with more different answers than this names no groups: texts, towns, ids."""

_NOT_ANSWERS = (
    *("user_id", "survey_only", "num_completed_conversations", "consent", "consent_age"),
    *("study_id", "generated_datetime", "timing_duration_s", "timing_duration_mins", "simulated"),
)
"""Columns of PRISM's survey that nobody answered; orders of options (``order_``) are none too."""


def people_from_answers(answers: Iterable[Answer], *, simulated: bool) -> People:
    """Of a native release. Bots' answers only where `simulated`."""
    people: People = defaultdict(dict)
    for answer in answers:
        if answer.value is not None and (simulated or not answer.simulated):
            people[answer.participant_id] |= flat(answer.question_id, answer.value)
    return dict(people)


def people_from_survey(rows: Iterable[Mapping[str, Any]], *, simulated: bool) -> People:
    """Of PRISM's ``survey.jsonl``."""
    people: People = {}
    for row in rows:
        if simulated or row.get("simulated") is not True:
            mine: dict[str, str] = {}
            for name, value in row.items():
                if name not in _NOT_ANSWERS and not name.startswith("order_"):
                    mine |= flat(name, value)
            people[str(row["user_id"])] = mine
    return people


def flat(name: str, value: Any) -> dict[str, str]:
    """An answer as texts: a mapping gives ``name_key`` for each of its keys, a list one text."""
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return {
            k: v for key, inner in value.items() for k, v in flat(f"{name}_{key}", inner).items()
        }
    if isinstance(value, list | tuple):
        return {name: ", ".join(map(str, value))}
    return {name: str(value)}


def groups_of(people: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """`people` with those questions alone that tell groups apart: 2 to `MAX_GROUPS` answers, each
    given by two people on average."""
    seen: dict[str, list[str]] = defaultdict(list)
    for mine in people.values():
        for name, value in mine.items():
            seen[name].append(value)
    kept = {
        name
        for name, values in seen.items()
        if 2 <= len(set(values)) <= min(MAX_GROUPS, max(2, len(values) // 2))
    }
    return {who: {n: v for n, v in mine.items() if n in kept} for who, mine in people.items()}
