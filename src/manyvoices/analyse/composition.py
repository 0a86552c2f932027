"""Who took part: the answers to each choice question, as counts and shares.

A ranking is counted by what came first; a matrix is one question for each of its lines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from manyvoices.analyse.overview import Count
from manyvoices.analyse.table import ReleaseTable
from manyvoices.analyse.words import DOES_NOT_APPLY, QuestionWords, declines
from manyvoices.design.kinds.vas import NOT_APPLICABLE
from manyvoices.schema.people import Answer

MAX_ROWS = 16
"""Longer lists (countries) show the most common answers and fold the others into one row."""

COUNTED = ("single", "multiple", "likert", "country", "ranking", "matrix")
"""Kinds of question whose answers are chosen from a list."""


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
    """One `Composition` per choice question, and per line of a matrix, in the order of the study.

    Answers keep the study's order (age groups stay in order); without a study, or in lists longer
    than `MAX_ROWS`, the most common comes first. "Prefer not to say" is always last.
    """
    asked: dict[tuple[str, str], list[Answer]] = {}
    for answer in table.answers:
        if answer.kind in COUNTED:
            asked.setdefault((answer.survey, answer.question_id), []).append(answer)
    order = {name: place for place, name in enumerate(table.words.questions)}
    names = sorted(asked, key=lambda name: order.get(name, len(order)))
    n_people = len(table.participants)
    return tuple(
        found
        for name in names
        for found in _of_question(asked[name], table.words.questions.get(name), n_people)
    )


def choices(answer: Answer) -> tuple[str, ...]:
    """The codes that a choice answer holds; none where the question was left open."""
    value = answer.value
    if value is None or value == "":
        return ()
    if isinstance(value, list):
        return tuple(dict.fromkeys(str(item) for item in value))
    return (str(value),)


def _of_question(
    answers: list[Answer], known: QuestionWords | None, n_people: int
) -> Iterator[Composition]:
    first = answers[0]
    words = known or QuestionWords(first.question_id, first.kind)
    if first.kind == "matrix":
        yield from _of_matrix(answers, words, n_people)
        return
    chosen = [choices(answer) for answer in answers]
    label = words.label
    if first.kind == "ranking":
        chosen, label = [ranked[:1] for ranked in chosen], f"{label} (put first)"
    yield _composition(first, first.question_id, label, words, chosen, n_people)


def _of_matrix(answers: list[Answer], words: QuestionWords, n_people: int) -> Iterator[Composition]:
    """Each line as a question of its own, those that no study names after the others."""
    given = [answer.value if isinstance(answer.value, dict) else {} for answer in answers]
    unknown = sorted({str(line) for value in given for line in value}.difference(dict(words.lines)))
    for line, label in (*words.lines, *((name, name) for name in unknown)):
        chosen = [(str(value[line]),) if value.get(line) else () for value in given]
        name, text = f"{answers[0].question_id}.{line}", f"{words.label}: {label}"
        yield _composition(answers[0], name, text, words, chosen, n_people)


def _composition(
    first: Answer,
    question_id: str,
    label: str,
    words: QuestionWords,
    chosen: Sequence[tuple[str, ...]],
    n_people: int,
) -> Composition:
    n_answered = sum(bool(values) for values in chosen)
    counts = Counter(value for values in chosen for value in values)
    labels = dict(words.options)
    if first.kind == "country":
        # Of the world's countries only those that people live in.
        labels = {value: text for value, text in labels.items() if counts[value]}
    rows = [
        ChoiceRow(value, text, Count(counts[value], n_answered), declined=declines(text))
        for value, text in _ordered(counts, labels)
    ]
    return Composition(
        survey=first.survey,
        question_id=question_id,
        label=label,
        multiple=first.kind == "multiple",
        answered=Count(n_answered, n_people),
        rows=_folded(rows),
    )


def _ordered(counts: Counter[str], labels: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    known = list(labels.items())
    unknown = [value for value in counts if value not in labels]
    words = {NOT_APPLICABLE: DOES_NOT_APPLY}
    pairs = known + [
        (value, words.get(value, value)) for value in sorted(unknown, key=lambda v: (-counts[v], v))
    ]
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
