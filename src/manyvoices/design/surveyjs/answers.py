"""Answers from and to SurveyJS's results: one object to a response, one key to a question.

A result says nothing of the survey, so the survey is needed to know what a value means, and every
value is held against its question. Form of a result: SurveyJS form library, ``survey.data`` (a
choice is its value, a checkbox a list, a single-select matrix an object row -> column, the text of
"Other" stands under ``<question>-Comment``; with comments on single choices a choice is an object
of ``value`` and ``comment``).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from manyvoices.design.kinds import AnyQuestion
from manyvoices.design.questions import Page
from manyvoices.design.surveyjs.answer_values import value_of, wanted_by
from manyvoices.design.surveyjs.parts import plain_id
from manyvoices.io.checks import Unique
from manyvoices.io.faults import FaultLog, describe
from manyvoices.io.lines import OnBytes, Problem, read_records
from manyvoices.io.writing import write_records
from manyvoices.schema import Answer

PERSON, MOMENT, BOT = "participant_id", "answered_at", "simulated"
"""Keys of a result that are written here beside the questions."""

COMMENT = "-Comment"
_LOST = ("order", "traces", "consent_version")

Result = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a result does not say of itself."""

    study_id: str
    survey: str
    """Id of the survey stage."""
    pages: Sequence[Page]
    """The survey that was answered."""
    answered_at: dt.datetime
    """For results without a moment of their own; with a time zone."""
    person_key: str = PERSON
    """Key of the respondent's pseudonym; a result without it is called by the number of its line.
    """
    moment_key: str = MOMENT
    """Key of the moment at which it was sent."""
    consent_version: str | None = None

    @property
    def questions(self) -> dict[str, AnyQuestion]:
        """Id -> question, those that are answered."""
        return {q.id: q for page in self.pages for q in page.questions if q.kind != "info"}


def read_surveyjs_answers(
    path: Path | str,
    asked: Asked,
    *,
    strict: bool = True,
    log: FaultLog | None = None,
    on_bytes: OnBytes | None = None,
    left_out: Counter[str] | None = None,
) -> Iterator[Answer]:
    """The answers of a file of results, one result to a line, ``.gz`` and Parquet too.

    A key that is no question of the survey is counted in `left_out`. SurveyJS leaves out what was
    not answered, so there is no `Answer` for it: it cannot be told from what was not shown.

    Raises:
        DataError: With all faults of the file, when `strict`: a value that its question does not
            take, a person who answered twice.
    """
    left_out = Counter() if left_out is None else left_out
    seen = Unique()

    def check(result: Result, line: int) -> list[Problem]:
        person = result.get(asked.person_key)
        if person is None:
            result[asked.person_key] = person = f"line-{line}"
        problems = list(_problems(result, asked))
        return problems + seen.problems(str(person), line, asked.person_key)

    decode = msgspec.json.Decoder(dict[str, Any]).decode
    results = read_records(
        path, decode, dict, check=check, strict=strict, log=log, on_bytes=on_bytes
    )
    for result in results:
        yield from _answers(result, asked, left_out)


def write_surveyjs_answers(
    answers: Iterable[Answer],
    path: Path | str,
    pages: Sequence[Page],
    *,
    left_out: Counter[str] | None = None,
) -> int:
    """Write answers to one survey as results, one to a person; return how many.

    Not carried, and counted in `left_out`: sliders (SurveyJS's have a default), texts beside
    options other than "other", the order shown, slider traces, the version of the consent.
    """
    left_out = Counter() if left_out is None else left_out
    known = {q.id for page in pages for q in page.questions}
    people: dict[str, Result] = {}
    for answer in answers:
        left_out.update(name for name in _LOST if getattr(answer, name))
        result = people.setdefault(answer.participant_id, {PERSON: answer.participant_id})
        moment = str(msgspec.to_builtins(answer.answered_at))
        result[MOMENT] = max(result.get(MOMENT, moment), moment)
        if answer.simulated:
            result[BOT] = True
        result.update(_keys(answer, known, left_out))
    return write_records(people.values(), path)


def _answers(result: Result, asked: Asked, left_out: Counter[str]) -> Iterator[Answer]:
    names = _names(result, asked)
    for key in result:
        if key not in names and not _is_ours(key, asked) and not _is_comment(key, names):
            left_out[f"{key}: no question of this survey"] += 1
    for key, question in names.items():
        if question.kind == "vas":
            left_out[f"{key}: sliders are not carried"] += 1
            continue
        value, texts = value_of(question, result[key], result.get(f"{key}{COMMENT}"))
        if not texts and result.get(f"{key}{COMMENT}"):
            left_out[f"{key}{COMMENT}: no place for a comment on the question"] += 1
        yield Answer(
            participant_id=str(result[asked.person_key]),
            study_id=asked.study_id,
            survey=asked.survey,
            question_id=question.id,
            kind=question.kind,
            value=value,
            answered_at=_moment(result, asked) or asked.answered_at,
            consent_version=asked.consent_version,
            simulated=result.get(BOT) is True,
            texts=texts or None,
        )


def _problems(result: Result, asked: Asked) -> Iterator[Problem]:
    person = result[asked.person_key]
    if isinstance(person, bool) or not isinstance(person, str | int) or person == "":
        yield asked.person_key, describe(person), "the pseudonym of a person"
    if asked.moment_key in result and _moment(result, asked) is None:
        example = "a date and time with its time zone, such as 2026-01-31T09:30:00Z"
        yield asked.moment_key, describe(result[asked.moment_key]), example
    for key, question in _names(result, asked).items():
        if question.kind == "vas":
            continue
        value, texts = value_of(question, result[key], result.get(f"{key}{COMMENT}"))
        wanted = wanted_by(question, value, texts)
        if wanted is not None:
            yield key, describe(result[key]), wanted


def _names(result: Result, asked: Asked) -> dict[str, AnyQuestion]:
    """Key -> question, of those keys that name one; a name that is no id counts as its id."""
    questions = asked.questions
    by_key = {key: questions.get(key) or questions.get(plain_id(key)) for key in result}
    return {
        key: question
        for key, question in by_key.items()
        if question is not None and result[key] is not None and not _is_ours(key, asked)
    }


def _is_ours(key: str, asked: Asked) -> bool:
    return key in (asked.person_key, asked.moment_key, BOT)


def _is_comment(key: str, names: Mapping[str, AnyQuestion]) -> bool:
    return key.endswith(COMMENT) and key.removesuffix(COMMENT) in names


def _moment(result: Result, asked: Asked) -> dt.datetime | None:
    try:
        moment = msgspec.convert(result.get(asked.moment_key), dt.datetime)
    except msgspec.ValidationError:
        return None
    return moment if moment.tzinfo is not None else None


def _keys(answer: Answer, known: set[str], left_out: Counter[str]) -> Iterator[tuple[str, Any]]:
    """The keys of a result that one answer takes."""
    if answer.kind == "vas" or answer.question_id not in known:
        why = "sliders are not carried" if answer.kind == "vas" else "no question of this survey"
        left_out[f"{answer.question_id}: {why}"] += 1
        return
    if answer.value is None:
        left_out[f"{answer.question_id}: seen and not answered"] += 1
        return
    value = answer.value
    if answer.kind == "matrix" and isinstance(value, dict):
        value = {row: column for row, column in value.items() if column is not None}
    yield answer.question_id, value
    for option, text in (answer.texts or {}).items():
        if option == "other":
            yield f"{answer.question_id}{COMMENT}", text
        else:
            left_out[f"{answer.question_id}: the text beside {option}"] += 1
