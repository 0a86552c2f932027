"""What people said of themselves, as labels by which battles can be split."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any


def survey_labels(
    survey: Iterable[Mapping[str, Any]], groups: Sequence[str]
) -> Callable[[str], Mapping[str, str]]:
    """Return a look-up from a person to their labels for the wanted survey columns."""
    wanted = [name for name in groups if name != "conversation_type"]
    if not wanted:
        return lambda _: {}
    people: dict[str, dict[str, str]] = {}
    known = {"conversation_type"}
    for row in survey:
        flat = _flat(row)
        known.update(flat)
        labels = {name: str(flat[name]) for name in wanted if flat.get(name) is not None}
        people[str(row["user_id"])] = labels
    require_groups(groups, known)
    return lambda person: people.get(person, {})


def _flat(row: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            flat.update(_flat(value, f"{prefix}{name}_"))
        else:
            flat[prefix + name] = value
    return flat


def answer_labels(
    release: Any, groups: Sequence[str], own: Iterable[str] = ()
) -> Callable[[str], Mapping[str, str]]:
    """Return a look-up from a participant to their language and answers.

    `own`: further groups that what was judged has by itself.
    """
    judged = {"conversation_type", *own}
    wanted = {name for name in groups if name not in judged}
    if not wanted and "language" not in groups:
        return lambda _: {}
    people: dict[str, dict[str, str]] = {}
    known = {*judged, "language"}
    for person in release.participants:
        people.setdefault(person.participant_id, {})["language"] = person.language
    for answer in release.answers:
        known.add(answer.question_id)
        text = _answer_text(answer.value)
        if answer.question_id in wanted and text is not None:
            people.setdefault(answer.participant_id, {})[answer.question_id] = text
    require_groups(groups, known)
    return lambda person: people.get(person, {})


def _answer_text(value: Any) -> str | None:
    if isinstance(value, list):
        return ", ".join(sorted(map(str, value))) or None
    return None if value is None or isinstance(value, dict) else str(value)


def require_groups(groups: Sequence[str], known: Iterable[str]) -> None:
    """Raise `ValueError` for the first of `groups` that is not known, with those that are."""
    names = set(known)
    unknown = [name for name in groups if name not in names]
    if unknown:
        raise ValueError(
            f"no field {unknown[0]!r} to group by; there are: {', '.join(sorted(names))}"
        )
