"""Who took part: the answers to each choice question, as counts and shares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from manyvoices.analyse.overview import Count
from manyvoices.analyse.table import ReleaseTable
from manyvoices.analyse.words import QuestionWords, declines
from manyvoices.schema.people import Answer

MAX_ROWS = 16
"""Longer lists (countries) show the most common answers and fold the others into one row."""


@dataclass(frozen=True, slots=True)
class ChoiceRow:
    """One answer that people could choose."""

    value: str
    label: str
    count: Count
    """Of the people who answered the question."""
    declined: bool = False
    """The answer says "prefer not to say"."""
    n_folded: int = 0
    """How many rare answers this row stands for; 0 = it is one answer."""


@dataclass(frozen=True, slots=True)
class Composition:
    """How the participants answered one choice question."""

    survey: str
    question_id: str
    label: str
    multiple: bool
    """People could choose several answers: shares may add up to more than 1."""
    answered: Count
    """People who answered, of all participants."""
    rows: tuple[ChoiceRow, ...]


def compositions(table: ReleaseTable) -> tuple[Composition, ...]:
    """One `Composition` per single or multiple choice question, in the order of the study.

    Answers keep the study's order (age groups stay in order); without a study, or in lists longer
    than `MAX_ROWS`, the most common comes first. "Prefer not to say" is always last.
    """
    asked: dict[tuple[str, str], list[Answer]] = {}
    for answer in table.answers:
        if answer.kind in ("single", "multiple"):
            asked.setdefault((answer.survey, answer.question_id), []).append(answer)
    order = {name: place for place, name in enumerate(table.words.questions)}
    names = sorted(asked, key=lambda name: order.get(name, len(order)))
    n_people = len(table.participants)
    return tuple(
        _composition(asked[name], table.words.questions.get(name), n_people) for name in names
    )


def choices(answer: Answer) -> tuple[str, ...]:
    """The codes that a choice answer holds; none where the question was left open."""
    value = answer.value
    if value is None or value == "":
        return ()
    if isinstance(value, list):
        return tuple(dict.fromkeys(str(item) for item in value))
    return (str(value),)


def _composition(answers: list[Answer], known: QuestionWords | None, n_people: int) -> Composition:
    first = answers[0]
    words = known or QuestionWords(first.question_id, first.kind)
    counts: Counter[str] = Counter()
    n_answered = 0
    for answer in answers:
        chosen = choices(answer)
        n_answered += bool(chosen)
        counts.update(chosen)
    labels = dict(words.options)
    rows = [
        ChoiceRow(value, label, Count(counts[value], n_answered), declined=declines(label))
        for value, label in _ordered(counts, labels)
    ]
    return Composition(
        survey=first.survey,
        question_id=first.question_id,
        label=words.label,
        multiple=first.kind == "multiple",
        answered=Count(n_answered, n_people),
        rows=_folded(rows),
    )


def _ordered(counts: Counter[str], labels: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    known = list(labels.items())
    unknown = [value for value in counts if value not in labels]
    pairs = known + [(value, value) for value in sorted(unknown, key=lambda v: (-counts[v], v))]
    return sorted(pairs, key=lambda pair: declines(pair[1]))


def _folded(rows: list[ChoiceRow]) -> tuple[ChoiceRow, ...]:
    if len(rows) <= MAX_ROWS:
        return tuple(rows)
    last = [row for row in rows if row.declined]
    said = sorted((row for row in rows if not row.declined), key=lambda row: -row.count.n)
    shown, folded = said[: MAX_ROWS - 2], [r for r in said[MAX_ROWS - 2 :] if r.count.n]
    total = Count(sum(row.count.n for row in folded), rows[0].count.of)
    rest = [ChoiceRow("", "", total, n_folded=len(folded))] if folded else []
    return (*shown, *rest, *last)
