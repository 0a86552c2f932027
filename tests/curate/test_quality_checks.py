"""The list of every check: numbers where it can be known, a reason where it cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.curate.test_quality import answer, person, whole

from manyvoices.curate.quality import (
    PersonRecords,
    Severity,
    Submission,
    Suggestion,
    check_people,
    is_approved,
)
from manyvoices.curate.quality_checks import WORDS, CheckLine, check_lines, minutes_by_group
from manyvoices.curate.quality_cost import Terms, study_cost
from manyvoices.design import Study, load_study
from manyvoices.design.protocol import Recruitment
from manyvoices.design.templates import template_path

SMALL = Path(__file__).parent.parent / "assets" / "studies" / "small" / "study.yaml"
PLATFORM = {"completion code", "platform study", "time on the platform", "repeats"}


@pytest.fixture(scope="module")
def small() -> Study:
    return load_study(SMALL)


def recruited(study: Study, **rules: object) -> Study:
    return study.model_copy(update={"recruitment": Recruitment.model_validate(rules)})


def lines(study: Study, *people: PersonRecords) -> dict[str, CheckLine]:
    return {line.check: line for line in check_lines(study, people, check_people(people, study))}


def test_by_open_links_no_platform_can_tell_anything(small: Study) -> None:
    found = lines(recruited(small, provider="open"), whole())
    assert {name for name, line in found.items() if line.silent == "no_platform"} == PLATFORM
    assert found["consent"].n == 0
    assert all(line.n is None for line in found.values() if line.silent)
    assert found["repeats"].words.startswith("not applicable")


def test_a_platform_that_was_not_asked_has_said_nothing(small: Study) -> None:
    found = lines(recruited(small, provider="prolific", completion_code="C1"), whole())
    assert found["completion code"].silent == "platform_not_asked"
    assert found["platform study"].silent == "not_declared"


def test_what_the_platform_said_is_counted_check_by_check(small: Study) -> None:
    study = recruited(
        small, provider="prolific", completion_code="C1", platform_studies=["st-1", "st-2"]
    )
    sound = Submission("APPROVED", "C1", 1800.0, platform_study="st-2")
    wrong = Submission("AWAITING REVIEW", "C2", 1800.0, n_repeats=2, platform_study="st-9")
    crowd = [
        whole(person(f"p{n}"), submission=Submission("APPROVED", "C1", 1700.0 + 10 * n))
        for n in range(12)
    ]
    hasty = whole(person("hasty"), submission=Submission("APPROVED", "C1", 20.0))
    gone = whole(person("gone"), submission=Submission("RETURNED", None, 20.0))
    everybody = [
        whole(person("a"), submission=sound),
        whole(person("b"), submission=wrong),
        *crowd,
        hasty,
        gone,
    ]
    found = lines(study, *everybody)
    assert {name: found[name].n for name in PLATFORM} == dict.fromkeys(PLATFORM, 1)
    checked = {p.participant_id: p for p in check_people(everybody, study)}
    assert [s.check for s in checked["hasty"].signals] == ["time on the platform"]
    assert checked["hasty"].suggestion is Suggestion.KEEP
    assert checked["gone"].signals == ()
    assert [s.severity for s in checked["b"].signals] == [Severity.INVESTIGATE] * 2
    assert "st-1 or st-2" in checked["b"].signals[1].reason
    assert (checked["b"].n_repeats, checked["b"].platform_minutes) == (2, 30.0)
    assert [is_approved(checked[name]) for name in ("a", "b")] == [True, False]


def test_who_came_without_a_named_study_is_not_accused(small: Study) -> None:
    study = recruited(small, provider="prolific", platform_studies=["st-1"])
    (found,) = check_people([whole(submission=Submission(platform_study=None))], study)
    assert found.signals == ()


def test_prisms_checks_are_all_there_and_each_silence_has_words() -> None:
    study = load_study(template_path("prism") / "study.yaml")
    found = lines(study, whole())
    assert list(found) == [
        *("completion code", "platform study", "time on the platform", "repeats"),
        *("one record", "consent", "age", "survey", "time", "attention", "phone"),
        "conversations",
    ]
    assert {line.silent for line in found.values()} - {""} <= set(WORDS)
    assert found["phone"].silent == "works_by_touch"
    assert found["attention"].silent == "no_question"
    assert found["age"].n == 0


def test_pay_is_told_by_group_and_of_people_only(small: Study) -> None:
    people = [
        whole(person("a", minutes=30.0), answers=(answer(value="Female"),)),
        whole(person("b", minutes=None), answers=(answer(value="Female"),)),
        whole(person("c", minutes=60.0), answers=()),
        whole(person("d", simulated=True), answers=(answer(value="Male"),)),
    ]
    minutes, begun = minutes_by_group(people, check_people(people, small), "gender")
    assert minutes == {"Female": [30.0], "not answered": [60.0]}
    assert begun == {"Female": 2, "not answered": 1}


def test_the_median_of_approved_submissions_stands_beside_that_of_all() -> None:
    cost = study_cost([30, 60, 90], n_begun=3, terms=Terms(reward=9.0), approved=[90])
    assert (cost.median_hours, cost.median_hours_approved) == (1.0, 1.5)
    none: Any = study_cost([30], n_begun=1, terms=Terms()).median_hours_approved
    assert none is None


def test_a_study_without_conversations_or_survey_says_so(small: Study) -> None:
    found = lines(small.model_copy(update={"stages": (small.consent,)}), whole(conversations=()))
    assert found["survey"].silent == "no_survey"
    assert found["conversations"].silent == "no_conversations"
