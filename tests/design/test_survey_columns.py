"""A survey file has a column for every question of the study, asked or not."""

from __future__ import annotations

from tests.io.conftest import answer, person

from manyvoices.design import load_study
from manyvoices.design.survey_columns import survey_columns
from manyvoices.design.templates import template_path
from manyvoices.io import prism_records
from manyvoices.io.prism_survey import SurveyQuestion

PRISM = load_study(template_path("prism") / "study.yaml")


def test_the_columns_are_the_questions_in_the_order_of_the_study() -> None:
    told = {question.question_id: question for question in survey_columns(PRISM)}
    asked = [q for _, s in PRISM.surveys() for page in s.pages for q in page.questions]
    assert list(told) == [question.id for question in asked if question.kind != "info"]
    assert told["lm_usecases"].is_ordered
    assert told["lm_usecases"].options[-1] == "other"
    assert told["birth_country"].options == ()


def test_a_branch_that_nobody_came_to_has_its_columns() -> None:
    people = [person("ada")]
    given = [answer("ada", "lm_indirect_use", "single", "No", survey="survey")]
    before = prism_records(people, given, []).survey[0]
    (row,) = prism_records(people, given, [], survey_columns(PRISM)).survey
    for column in ("lm_frequency_use", "lm_usecases", "order_lm_usecases", "location", "religion"):
        assert column not in before
        assert column in row
        assert row[column] is None
    assert row["lm_indirect_use"] == "No"


def test_what_was_ticked_is_told_beside_every_option_of_the_study() -> None:
    question = SurveyQuestion("about", "uses", "multiple", ("games", "travel", "maps"))
    given = [answer("ada", "uses", "multiple", ["games"])]
    (row,) = prism_records([person("ada")], given, [], [question]).survey
    assert row["uses"] == {"games": True, "travel": False, "maps": False}


def test_answers_of_an_earlier_version_keep_their_columns() -> None:
    question = SurveyQuestion("about", "age", "single")
    given = [answer("ada", "dropped", "single", "x")]
    (row,) = prism_records([person("ada")], given, [], [question]).survey
    assert (row["age"], row["dropped"]) == (None, "x")
