"""Quality checks: each of PRISM's, and each of its faults put right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyvoices.curate.quality import (
    LEAST_TO_COMPARE,
    PersonRecords,
    Severity,
    Signal,
    Submission,
    Suggestion,
    Talk,
    check_people,
    least_usual,
    suggest,
    text_length,
)
from manyvoices.curate.quality_cost import Terms, cost_by_group, study_cost
from manyvoices.design import Study, load_study
from manyvoices.schema import Answer, Participant

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SMALL = Path(__file__).parent.parent / "assets" / "studies" / "small" / "study.yaml"
REJECT = Signal("time", Severity.REJECT, "")
RETURN = Signal("survey", Severity.RETURN, "")
LOOK = Signal("conversations", Severity.INVESTIGATE, "")


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study(SMALL)


def person(
    name: str = "p", *, minutes: float | None = 30.0, simulated: bool = False, **changes: object
) -> Participant:
    fields: dict[str, object] = {
        "participant_id": name,
        "study_id": "small",
        "consent_version": "1",
        "consented_at": NOW,
        "language": "en",
        "simulated": simulated,
        "status": "active",
        "started_at": NOW,
        "completed_at": None if minutes is None else NOW + timedelta(minutes=minutes),
    }
    return Participant(**(fields | changes))  # type: ignore[arg-type]


def answer(question: str = "gender", value: object = "Female", kind: str = "single") -> Answer:
    return Answer(
        participant_id="p",
        study_id="small",
        survey="survey",
        question_id=question,
        kind=kind,
        value=value,  # type: ignore[arg-type]
        answered_at=NOW,
        consent_version="1",
        simulated=False,
    )


def talk(*, turns: int = 2, finished: bool = True, marks: int = 4) -> Talk:
    return Talk("unguided", turns, finished, marks, "Good. Clear!" if finished else None)


def whole(who: Participant | None = None, **changes: object) -> PersonRecords:
    fields: dict[str, object] = {"answers": (answer(),), "conversations": (talk(), talk(turns=4))}
    return PersonRecords(who or person(), **(fields | changes))  # type: ignore[arg-type]


def checks_of(records: PersonRecords, study: Study) -> dict[str, Severity]:
    (found,) = check_people([records], study)
    return {signal.check: signal.severity for signal in found.signals}


def test_whoever_did_everything_has_no_signal(study: Study) -> None:
    (found,) = check_people([whole()], study)
    assert found.signals == ()
    assert found.suggestion is Suggestion.APPROVE
    assert found.included
    assert (found.mean_turns, found.sd_turns, found.n_conversations) == (3.0, 1.0, 2)


@pytest.mark.parametrize(
    ("records", "check", "severity"),
    [
        (whole(submission=Submission(entered_code="X")), "completion code", Severity.INVESTIGATE),
        (whole(person(consent_version=None)), "consent", Severity.REJECT),
        (whole(answers=(answer("age", "17"),)), "age", Severity.REJECT),
        (whole(answers=(answer("age", "Under 18"),)), "age", Severity.REJECT),
        (whole(answers=()), "survey", Severity.RETURN),
        (whole(conversations=()), "conversations", Severity.RETURN),
        (
            whole(conversations=(talk(), talk(finished=False))),
            "conversations",
            Severity.INVESTIGATE,
        ),
    ],
)
def test_each_check_has_its_severity(
    records: PersonRecords, check: str, severity: Severity, study: Study
) -> None:
    assert checks_of(records, study) == {check: severity}


@pytest.mark.parametrize("age", ["18", "18-24", "65+", "Prefer not to say", 18, 44.0])
def test_an_adult_or_unknown_age_is_no_signal(age: object, study: Study) -> None:
    assert checks_of(whole(answers=(answer("age", age),)), study) == {}


def test_the_right_code_is_no_signal(study: Study) -> None:
    assert checks_of(whole(submission=Submission(entered_code="SMALL-1")), study) == {}


def test_one_pseudonym_on_two_records_is_looked_at(study: Study) -> None:
    found = check_people([whole(), whole()], study)
    assert [[s.check for s in f.signals] for f in found] == [["one record"]] * 2


def test_too_fast_fires_where_prisms_rule_could_not(study: Study) -> None:
    # The spread is over a third of the mean: mean - 3 sd is below zero, so nobody could be faster.
    minutes = [20, 22, 25, 26, 28, 30, 31, 33, 36, 40, 45, 300]
    crowd = [whole(person(f"p{n}", minutes=m)) for n, m in enumerate(minutes)]
    found = check_people([*crowd, whole(person("fast", minutes=1.0))], study)
    assert [f.participant_id for f in found if f.signals] == ["fast"]
    assert "below" in found[-1].signals[0].reason


def test_bots_are_not_the_measure_of_people(study: Study) -> None:
    bots = [whole(person(f"b{n}", minutes=200.0 + n, simulated=True)) for n in range(30)]
    found = check_people([*bots, whole(person("p", minutes=10.0))], study)
    assert found[-1].signals == ()


@given(st.lists(st.floats(1, 600), min_size=LEAST_TO_COMPARE, max_size=60))
def test_the_least_usual_time_is_below_the_median(minutes: list[float]) -> None:
    least = least_usual(minutes)
    assert least is None or 0 <= least <= sorted(minutes)[len(minutes) // 2] * (1 + 1e-9)


def test_few_people_are_no_measure() -> None:
    assert least_usual([30.0] * (LEAST_TO_COMPARE - 1)) is None


def test_untouched_is_null_and_never_fifty(study: Study) -> None:
    values = {"safety": None, "creativity": 50}
    (found,) = check_people([whole(answers=(answer("stated_prefs", values, "vas"),))], study)
    assert found.n_untouched_scales == 1


def test_untouched_attributes_are_counted(study: Study) -> None:
    (found,) = check_people([whole(conversations=(talk(marks=3), talk(marks=0)))], study)
    assert found.n_untouched_attributes == 1 + 4


def test_prefer_not_to_say_is_counted_in_lists_too(study: Study) -> None:
    given_ = (answer(value="Prefer not to say"), answer("uses", ["prefer not to say"], "multiple"))
    (found,) = check_people([whole(answers=given_)], study)
    assert found.n_prefer_not_to_say == 2


def test_text_lengths_are_means_per_text() -> None:
    length = text_length(["One. Two three!", "Four"])
    assert (length.characters, length.words, length.sentences) == (9.5, 2.0, 1.5)
    assert text_length([]).words is None


@pytest.mark.parametrize(
    ("status", "done", "signals", "expected"),
    [
        ("active", 0, [REJECT], Suggestion.KEEP),
        ("approved", 6, [], Suggestion.KEEP),
        ("rejected", 6, [], Suggestion.KEEP),
        ("returned", 6, [RETURN], Suggestion.APPROVE),
        ("returned", 6, [RETURN, RETURN], Suggestion.LEAVE),
        ("returned", 6, [REJECT], Suggestion.LEAVE),
        ("returned", 5, [], Suggestion.LEAVE),
        ("timed-out", 6, [], Suggestion.APPROVE),
        ("timed-out", 6, [LOOK], Suggestion.REJECT),
        ("awaiting review", 6, [], Suggestion.APPROVE),
        ("AWAITING_REVIEW", 6, [RETURN], Suggestion.REQUEST_RETURN),
        ("awaiting review", 6, [REJECT, RETURN], Suggestion.REJECT),
        ("awaiting review", 5, [LOOK], Suggestion.REJECT),
        ("awaiting review", 6, [LOOK], Suggestion.CHECK),
        (None, 6, [], Suggestion.APPROVE),
    ],
)
def test_the_decision_follows_prisms_table(
    status: str | None, done: int, signals: list[Signal], expected: Suggestion
) -> None:
    assert suggest(Submission(status=status), done, 6, signals) is expected


def test_a_second_submission_is_approved_as_duplicate() -> None:
    found = suggest(Submission(status="returned", is_repeat=True), 0, 6, [REJECT])
    assert found is Suggestion.APPROVE_DUPLICATE


def test_cost_is_reward_fee_on_it_and_tax_on_the_fee() -> None:
    terms = Terms(reward=9.0, fee=1 / 3, vat=0.2, extra=10.0)
    cost = study_cost([60.0, 60.0], n_begun=4, terms=terms, n_wanted=3)
    assert cost.total == pytest.approx(18 + 6 + 1.2 + 10)
    assert (cost.hourly, cost.pay, cost.top_up) == (9.0, "ok", 0.0)
    assert (cost.n_open, cost.n_over, cost.completion) == (1, 0, 0.5)


@pytest.mark.parametrize(("minutes", "pay"), [(61, "under"), (60, "ok"), (41, "ok"), (40, "over")])
def test_pay_is_compared_with_the_least(minutes: float, pay: str) -> None:
    assert study_cost([minutes], n_begun=1, terms=Terms(reward=9.0)).pay == pay


def test_the_top_up_brings_everybody_to_the_least_pay() -> None:
    cost = study_cost([120.0] * 10, n_begun=10, terms=Terms(reward=9.0))
    assert cost.top_up == pytest.approx(10 * 9 * (1 + 0.4))


def test_nobody_complete_costs_nothing() -> None:
    cost = study_cost([], n_begun=0, terms=Terms(reward=9.0, extra=5.0))
    assert (cost.total, cost.hourly, cost.completion, cost.pay) == (0, None, None, "unknown")


def test_groups_without_anybody_complete_are_listed() -> None:
    found = cost_by_group(
        {"GB": [60.0]}, begun={"GB": 1, "US": 2}, terms=Terms(reward=1), wanted={"CL": 5}
    )
    assert {name: (c.n_complete, c.n_begun, c.n_open) for name, c in found.items()} == {
        "CL": (0, 0, 5),
        "GB": (1, 1, None),
        "US": (0, 2, None),
    }


def test_terms_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="reward is -1"):
        Terms(reward=-1)
