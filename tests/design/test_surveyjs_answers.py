"""SurveyJS's results become answers and results again; what is lost is counted."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.design.test_surveyjs import SURVEY, frozen, pages

from manyvoices.design.questions import Page
from manyvoices.design.surveyjs import (
    Asked,
    from_surveyjs,
    read_surveyjs_answers,
    write_surveyjs_answers,
)
from manyvoices.schema import DataError

NOW = dt.datetime(2026, 1, 31, 9, 30, tzinfo=dt.UTC)
PAGES = pages(from_surveyjs(SURVEY).survey)
ASKED = Asked(study_id="s", survey="pets", pages=PAGES, answered_at=NOW)
RESULT: dict[str, Any] = {
    "Has Pet": "other",
    "Has Pet-Comment": "a stone",
    "which": ["dog", "cat"],
    "age": 3,
    "born": "2020-02-29",
    "why": "Because.",
    "joy": 4,
    "care": {"walks": "often"},
    "order": ["b", "a"],
    "sign": "data:image/png",
}


def write(path: Path, *results: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(result) + "\n" for result in results))
    return path


def test_every_kind_of_value_is_read_as_its_question_has_it(tmp_path: Path) -> None:
    left_out: Counter[str] = Counter()
    path = write(tmp_path / "results.jsonl", RESULT)
    answers = list(read_surveyjs_answers(path, ASKED, left_out=left_out))
    assert {answer.question_id: answer.value for answer in answers} == {
        "has_pet": "other",
        "which": ["cat", "dog"],
        "age": 3,
        "born": "2020-02-29",
        "why": "Because.",
        "joy": "4",
        "care": {"walks": "often", "food": None},
        "order": ["b", "a"],
    }
    assert answers[0].texts == {"other": "a stone"}
    assert {answer.participant_id for answer in answers} == {"line-1"}
    assert {answer.answered_at for answer in answers} == {NOW}
    assert left_out == {"sign: no question of this survey": 1}


def test_results_that_were_written_are_read_back(tmp_path: Path) -> None:
    later = NOW + dt.timedelta(days=1)
    rows = [
        {**RESULT, "participant_id": "p1", "answered_at": later.isoformat()},
        {"participant_id": "p2", "age": 1.5, "simulated": True, "answered_at": NOW.isoformat()},
    ]
    left_out: Counter[str] = Counter()
    first = list(read_surveyjs_answers(write(tmp_path / "a.jsonl", *rows), ASKED))
    assert write_surveyjs_answers(first, tmp_path / "b.jsonl.gz", PAGES, left_out=left_out) == 2
    assert list(read_surveyjs_answers(tmp_path / "b.jsonl.gz", ASKED)) == first
    assert not left_out


def test_a_text_in_place_of_an_option_is_the_option_that_asks_for_one(tmp_path: Path) -> None:
    path = write(tmp_path / "r.jsonl", {"Has Pet": "a stone"}, {"Has Pet": {"value": "Yes"}})
    answers = list(read_surveyjs_answers(path, ASKED))
    assert [(answer.value, answer.texts) for answer in answers] == [
        ("other", {"other": "a stone"}),
        ("Yes", None),
    ]


@pytest.mark.parametrize(
    ("result", "path"),
    [
        ({"which": ["cat", "horse"]}, "which"),
        ({"which": "cat"}, "which"),
        ({"which": ["cat", "none"]}, "which"),
        ({"age": 41}, "age"),
        ({"age": "three"}, "age"),
        ({"born": "29.2.2020"}, "born"),
        ({"care": {"walks": "at times"}}, "care"),
        ({"care": ["walks"]}, "care"),
        ({"order": ["a", "a"]}, "order"),
        ({"why": {"text": "no"}}, "why"),
        ({"joy": 9}, "joy"),
        ({"age": 1, "answered_at": "yesterday"}, "answered_at"),
        ({"age": 1, "participant_id": ["p"]}, "participant_id"),
    ],
)
def test_a_value_that_its_question_does_not_take_is_a_fault(
    tmp_path: Path, result: dict[str, Any], path: str
) -> None:
    file = write(tmp_path / "r.jsonl", RESULT, result)
    with pytest.raises(DataError) as raised:
        list(read_surveyjs_answers(file, ASKED))
    assert [(fault.line, fault.path) for fault in raised.value.faults] == [(2, path)]


def test_a_person_answers_once(tmp_path: Path) -> None:
    rows = [{"participant_id": "p", "age": 1}] * 2
    with pytest.raises(DataError, match="again \\(first on line 1\\)"):
        list(read_surveyjs_answers(write(tmp_path / "r.jsonl", *rows), ASKED))


def test_what_a_result_has_no_place_for_is_counted(tmp_path: Path) -> None:
    slider = {"kind": "vas", "id": "warm", "label": "?", "items": ({"id": "i", "label": "I"},),
              "anchors": ("cold", "hot")}  # fmt: skip
    page = Page.model_validate(frozen({"title": "P", "questions": [slider]}))
    (age,) = read_surveyjs_answers(write(tmp_path / "r.jsonl", {"age": 1}), ASKED)
    answers = [
        msgspec.structs.replace(age, order=["a"], consent_version="1"),
        msgspec.structs.replace(age, question_id="warm", kind="vas", value={"i": 5}),
        msgspec.structs.replace(age, question_id="why", kind="text", value=None),
    ]
    left_out: Counter[str] = Counter()
    write_surveyjs_answers(answers, tmp_path / "out.jsonl", (*PAGES, page), left_out=left_out)
    assert left_out == {
        "order": 1,
        "consent_version": 1,
        "warm: sliders are not carried": 1,
        "why: seen and not answered": 1,
    }
