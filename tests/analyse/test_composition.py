"""Who took part: counts, shares, order of answers."""

from __future__ import annotations

import datetime as dt
from typing import Any

from manyvoices.analyse.composition import MAX_ROWS, compositions
from manyvoices.analyse.table import ReleaseTable, tabulate
from manyvoices.analyse.words import QuestionWords, StudyWords
from manyvoices.schema.people import Answer, Participant

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def table_of(
    values: list[Any], options: tuple[str, ...] = (), kind: str = "single"
) -> ReleaseTable:
    people = [
        Participant(
            participant_id=str(number),
            study_id="s",
            consent_version="c",
            consented_at=NOW,
            language="en",
            simulated=False,
            status="complete",
            started_at=NOW,
        )
        for number in range(len(values))
    ]
    answers = [
        Answer(
            participant_id=str(number),
            study_id="s",
            survey="survey",
            question_id="q",
            kind=kind,
            value=value,
            answered_at=NOW,
            consent_version="c",
            simulated=False,
        )
        for number, value in enumerate(values)
    ]
    pairs = tuple((option.lower(), option) for option in options)
    words = StudyWords(questions={("survey", "q"): QuestionWords("Which?", kind, pairs)})
    return tabulate(people, answers, [], words=words if options else None)


def test_shares_are_of_those_who_answered() -> None:
    (question,) = compositions(table_of(["a", "a", "b", None], ("A", "B", "C")))
    assert question.label == "Which?"
    assert (question.answered.n, question.answered.of) == (3, 4)
    assert [(row.label, row.count.n, row.count.of) for row in question.rows] == [
        ("A", 2, 3),
        ("B", 1, 3),
        ("C", 0, 3),
    ]


def test_answers_keep_the_order_of_the_study_and_declining_comes_last() -> None:
    options = ("Prefer not to say", "18-24", "25-34")
    (question,) = compositions(table_of(["25-34", "prefer not to say", "25-34"], options))
    assert [row.label for row in question.rows] == ["18-24", "25-34", "Prefer not to say"]
    assert [row.declined for row in question.rows] == [False, False, True]


def test_a_multiple_choice_counts_every_ticked_answer_once() -> None:
    values = [["a", "b"], ["a", "a"], []]
    (question,) = compositions(table_of(values, ("A", "B"), kind="multiple"))
    assert question.multiple
    assert question.answered.n == 2
    assert [(row.label, row.count.n) for row in question.rows] == [("A", 2), ("B", 1)]


def test_without_a_study_the_most_common_code_comes_first() -> None:
    (question,) = compositions(table_of(["x", "y", "y"]))
    assert question.label == "q"
    assert [row.label for row in question.rows] == ["y", "x"]


def test_rare_answers_of_a_long_list_are_folded_and_none_is_lost() -> None:
    options = tuple(f"Land{number:02d}" for number in range(40))
    values = [f"land{number:02d}" for number in range(40) for _ in range(40 - number)]
    (question,) = compositions(table_of(values, options))
    assert len(question.rows) == MAX_ROWS - 1
    assert question.rows[-1].n_folded == 40 - (MAX_ROWS - 2)
    assert sum(row.count.n for row in question.rows) == len(values)
    assert question.rows[0].label == "Land00"


def test_questions_that_are_not_choices_are_left_out() -> None:
    assert compositions(table_of(["words"], kind="text")) == ()


def asked(kind: str, values: list[Any], words: QuestionWords | None = None) -> ReleaseTable:
    table = table_of(values, kind=kind)
    known = StudyWords(questions={("survey", "q"): words} if words else {})
    return tabulate(table.participants, table.answers, [], words=known)


def test_countries_have_their_names_and_only_those_that_somebody_gave() -> None:
    words = QuestionWords(
        "Where?", "country", (("DEU", "Germany"), ("FRA", "France"), ("no", "Prefer not to say"))
    )
    (question,) = compositions(asked("country", ["FRA", "FRA", "no"], words))
    assert [(row.label, row.count.n) for row in question.rows] == [
        ("France", 2),
        ("Prefer not to say", 1),
    ]


def test_a_ranking_counts_what_came_first() -> None:
    words = QuestionWords("Order?", "ranking", (("a", "Apples"), ("b", "Bread")))
    (question,) = compositions(asked("ranking", [["b", "a"], ["b"], None], words))
    assert question.label == "Order? (put first)"
    assert [(row.label, row.count.n, row.count.of) for row in question.rows] == [
        ("Apples", 0, 2),
        ("Bread", 2, 2),
    ]


def test_each_line_of_a_matrix_is_a_question() -> None:
    words = QuestionWords(
        "How often?",
        "matrix",
        (("n", "Never"), ("o", "Often"), ("not_applicable", "Does not apply")),
        lines=(("work", "At work"), ("home", "At home")),
    )
    values = [{"work": "o", "home": None}, {"work": "not_applicable", "home": "n"}, None]
    work, home = compositions(asked("matrix", values, words))
    assert (work.question_id, work.label) == ("q.work", "How often?: At work")
    assert [(row.label, row.count.n) for row in work.rows] == [
        ("Never", 0),
        ("Often", 1),
        ("Does not apply", 1),
    ]
    assert (home.answered.n, home.answered.of) == (1, 3)


def test_a_matrix_of_no_study_is_read_by_its_codes() -> None:
    (line,) = compositions(asked("matrix", [{"work": "not_applicable"}, {"work": "o"}]))
    assert line.label == "q: work"
    assert [row.label for row in line.rows] == ["Does not apply", "o"]


def test_points_of_agreement_keep_their_order() -> None:
    words = QuestionWords("So?", "likert", (("1", "Disagree"), ("2", "Agree")))
    (question,) = compositions(asked("likert", ["2", "2", "1"], words))
    assert [(row.label, row.count.n) for row in question.rows] == [("Disagree", 1), ("Agree", 2)]
