"""What a survey page shows, in which order, and what was answered."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from manyvoices.design import (
    MESSAGES,
    NOT_APPLICABLE,
    Attributes,
    OpenQuestion,
    Page,
    Question,
    generator,
    is_visible,
    presented_order,
    read_attributes,
    read_open_question,
    read_page,
    visible_questions,
)
from manyvoices.design.survey import AnyQuestion

COLOUR = {"id": "colour", "kind": "single", "label": "Which?", "options": ["red", "blue"]}
USES = {
    "id": "uses",
    "kind": "multiple",
    "label": "What for?",
    "options": ["work", "play", {"value": "none", "label": "None of these", "exclusive": True}],
}
WHY = {"id": "why", "kind": "text", "label": "Why?", "max_length": 10}
MARKS = {
    "id": "marks",
    "kind": "vas",
    "label": "How much?",
    "anchors": ["Little", "Much"],
    "items": [{"id": "a", "label": "A"}, {"id": "b", "label": "B"}, {"id": "c", "label": "C"}],
    "not_applicable": True,
}


def question(base: dict[str, Any], **changes: Any) -> AnyQuestion:
    parsed: AnyQuestion = TypeAdapter(Question).validate_python({**base, **changes})
    return parsed


def page(*questions: AnyQuestion) -> Page:
    return Page(title="Page", questions=questions)


def read_one(asked: AnyQuestion, posted: dict[str, list[str]]) -> tuple[Any, str | None]:
    """The value and the problem's code that one posted question gives."""
    result = read_page(page(asked), posted, {})
    problem = result.errors.get(asked.id)
    return result.values[asked.id], problem.code if problem else None


def test_an_untouched_scale_is_none_and_never_a_number() -> None:
    value, problem = read_one(question(MARKS), {})
    assert value == {"a": None, "b": None, "c": None}
    assert problem is None


def test_untouched_not_applicable_and_a_number_stay_three_things() -> None:
    posted = {"q-marks-a": ["50"], "q-marks-b-na": ["on"], "q-marks-c": [""]}
    value, _ = read_one(question(MARKS), posted)
    assert value == {"a": 50, "b": NOT_APPLICABLE, "c": None}


def test_a_required_scale_that_is_untouched_names_the_open_lines() -> None:
    posted = {"q-marks-a": ["50"], "q-marks-b-na": ["on"]}
    result = read_page(page(question(MARKS, required=True)), posted, {})
    problem = result.errors["marks"]
    assert (problem.code, problem.items) == ("required_items", ("c",))
    assert "1" in str(problem)


def test_a_ticked_box_counts_before_a_mark_that_arrived_with_it() -> None:
    value, problem = read_one(question(MARKS), {"q-marks-a": ["7"], "q-marks-a-na": ["on"]})
    assert value["a"] == NOT_APPLICABLE
    assert problem is None


def test_a_box_that_is_not_offered_is_not_read() -> None:
    asked = question(MARKS, not_applicable=False)
    value, _ = read_one(asked, {"q-marks-a": ["7"], "q-marks-a-na": ["on"]})
    assert value["a"] == 7


@pytest.mark.parametrize("text", ["0", "101", "3.5", "x"])
def test_a_mark_outside_the_scale_is_a_problem_of_its_line(text: str) -> None:
    result = read_page(page(question(MARKS)), {"q-marks-b": [text]}, {})
    assert result.errors["marks"].code == "out_of_range"
    assert result.errors["marks"].items == ("b",)
    assert result.values["marks"] == {"a": None, "b": None, "c": None}


@pytest.mark.parametrize(
    ("posted", "value", "problem"),
    [
        ([], None, "required"),
        ([""], None, "required"),
        (["red"], "red", None),
        (["green"], None, "unknown_option"),
        (["red", "blue"], None, "one_only"),
        (["red", "red"], "red", None),
    ],
)
def test_a_single_choice_reads_one_offered_option(
    posted: list[str], value: str | None, problem: str | None
) -> None:
    assert read_one(question(COLOUR, required=True), {"q-colour": posted}) == (value, problem)


@pytest.mark.parametrize(
    ("posted", "value", "problem"),
    [
        ([], [], "required_tick"),
        (["play", "work"], ["work", "play"], None),
        (["play", "gone"], ["play"], "unknown_option"),
        (["none"], ["none"], None),
        (["none", "work"], ["work", "none"], "exclusive"),
    ],
)
def test_a_multiple_choice_reads_ticks_in_the_order_of_the_file(
    posted: list[str], value: list[str], problem: str | None
) -> None:
    assert read_one(question(USES, required=True), {"q-uses": posted}) == (value, problem)


@pytest.mark.parametrize(
    ("posted", "value", "problem"),
    [
        ("", None, None),
        (" \r\n ", None, None),
        ("a\r\nb\rc", "a\nb\nc", None),
        ("1234567890", "1234567890", None),
        ("12345678901", "12345678901", "too_long"),
        ("a\r\n" * 5, "a\n" * 5, None),
        ("a\x00b\ud800c", "abc", None),
        ("😀" * 10, "😀" * 10, None),
    ],
)
def test_a_text_keeps_what_was_typed(posted: str, value: str | None, problem: str | None) -> None:
    assert read_one(question(WHY), {"q-why": [posted]}) == (value, problem)


def test_a_text_that_is_too_long_is_kept_and_the_message_says_by_how_much() -> None:
    result = read_page(page(question(WHY)), {"q-why": ["x" * 12]}, {})
    assert result.values["why"] == "x" * 12
    assert str(result.errors["why"]) == "Please shorten this to 10 characters. It has 12 now."


def test_optional_questions_left_open_are_no_error() -> None:
    result = read_page(page(*(question(q) for q in (COLOUR, USES, WHY, MARKS))), {}, {})
    assert not result.errors
    assert result.values["colour"] is None
    assert result.values["uses"] == []
    assert result.values["why"] is None


def test_a_condition_holds_on_the_same_page_with_what_is_posted_now() -> None:
    asked = page(
        question(COLOUR),
        question(WHY, required=True, visible_if={"question": "colour", "equals": "red"}),
    )
    assert read_page(asked, {"q-colour": ["red"]}, {}).errors["why"].code == "required"
    blue = read_page(asked, {"q-colour": ["blue"], "q-why": ["x"]}, {"colour": "red"})
    assert blue.values == {"colour": "blue"}
    assert not blue.errors


def test_a_hidden_question_hides_what_depends_on_it_even_with_an_old_answer() -> None:
    asked = page(
        question(COLOUR),
        question(USES, visible_if={"question": "colour", "equals": "red"}),
        question(WHY, visible_if={"question": "uses", "equals": "work"}),
    )
    result = read_page(asked, {"q-colour": ["blue"]}, {"colour": "red", "uses": ["work"]})
    assert list(result.values) == ["colour"]


@pytest.mark.parametrize(
    ("rule", "answer", "shown"),
    [
        ({"equals": "red"}, "red", True),
        ({"equals": "red"}, "blue", False),
        ({"equals": "red"}, None, False),
        ({"in": ["red", "blue"]}, "blue", True),
        ({"in": ["red"]}, ["blue", "red"], True),
        ({"in": ["red"]}, [], False),
        ({"not_in": ["red"]}, "blue", True),
        ({"not_in": ["red"]}, ["red", "blue"], False),
        ({"not_in": ["red"]}, None, True),
        ({"answered": True}, "x", True),
        ({"answered": True}, "", False),
        ({"answered": True}, {"a": None, "b": None}, False),
        ({"answered": True}, {"a": None, "b": 3}, True),
        ({"answered": True}, {"a": NOT_APPLICABLE}, True),
        ({"answered": False}, None, True),
        ({"answered": False}, "x", False),
    ],
)
def test_conditions(rule: dict[str, Any], answer: Any, shown: bool) -> None:
    asked = question(WHY, visible_if={"question": "other", **rule})
    assert is_visible(asked, {"other": answer}) is shown
    assert visible_questions(page(asked), {"other": answer}) == ((asked,) if shown else ())


def test_the_file_order_is_shown_where_no_random_order_is_asked() -> None:
    for asked in (COLOUR, USES, WHY, MARKS):
        assert presented_order(question(asked), generator(0)) is None


@given(st.integers(0, 2**32))
def test_a_random_order_holds_every_option_once_and_repeats_with_its_seed(seed: int) -> None:
    for base in (COLOUR, USES, MARKS):
        asked = question(base, random_order=True)
        order = presented_order(asked, generator(seed))
        assert order is not None
        keys = asked.items if asked.kind == "vas" else ()
        options = asked.options if asked.kind in ("single", "multiple") else ()
        assert sorted(order) == sorted([i.id for i in keys] + [o.value for o in options])
        assert presented_order(asked, generator(seed)) == order


def test_every_random_order_comes_up_about_equally_often() -> None:
    asked = question(MARKS, random_order=True)
    n = 6000
    counts = Counter(tuple(presented_order(asked, generator(seed)) or ()) for seed in range(n))
    assert len(counts) == 6
    bound = 6 * (n * (1 / 6) * (5 / 6)) ** 0.5
    assert all(abs(count - n / 6) < bound for count in counts.values())


def test_options_that_stay_last_stay_last() -> None:
    options = [{"value": "other", "label": "Other", "keep_last": True}, "a", "b", "c"]
    asked = question(COLOUR, options=options, random_order=True)
    orders = [presented_order(asked, generator(seed)) or [] for seed in range(40)]
    assert {order[-1] for order in orders} == {"other"}
    assert len({tuple(order) for order in orders}) == 6


ATTRIBUTES = Attributes.model_validate(
    {
        "opener": "It",
        "anchors": ["Badly", "Well"],
        "items": [{"id": "safety", "label": "was safe"}, {"id": "fluency", "label": "was fluent"}],
    }
)


def test_attributes_are_read_under_the_name_of_their_block() -> None:
    posted = {"performance-safety": ["80"], "performance-fluency-na": ["on"]}
    result = read_attributes("performance", ATTRIBUTES, posted)
    assert result.values == {"safety": 80, "fluency": NOT_APPLICABLE}
    untouched = read_attributes("choice", ATTRIBUTES, posted)
    assert untouched.values == {"safety": None, "fluency": None}
    assert not result.errors
    assert not untouched.errors


def test_an_attribute_outside_its_scale_is_an_error_of_its_line() -> None:
    result = read_attributes("choice", ATTRIBUTES, {"choice-safety": ["0"]})
    assert result.errors["safety"].code == "out_of_range"


def test_required_attributes_left_open_are_an_error_of_the_block() -> None:
    required = ATTRIBUTES.model_copy(update={"required": True})
    result = read_attributes("choice", required, {"choice-safety": ["5"]})
    assert result.errors[""].items == ("fluency",)


def test_an_open_question_is_read_like_a_text() -> None:
    asked = OpenQuestion(label="Why?", max_length=3, required=True)
    assert read_open_question(asked, ["abc"]) == ("abc", None)
    for given_text, code in ((["abcd"], "too_long"), ([], "required"), ([" "], "required")):
        problem = read_open_question(asked, given_text)[1]
        assert problem is not None
        assert problem.code == code


def test_every_message_can_be_filled_in() -> None:
    params = {"count": 2, "label": "None", "min": 1, "max": 5, "length": 9}
    for text in MESSAGES.values():
        assert "%(" not in text % params


@given(
    st.dictionaries(
        st.sampled_from(
            ["q-colour", "q-uses", "q-why", "q-marks-a", "q-marks-a-na", "q-marks-b", "q-x"]
        ),
        st.lists(st.text(max_size=12) | st.sampled_from(["red", "work", "none", "50"]), max_size=3),
    )
)
def test_whatever_is_posted_what_is_stored_has_the_form_of_its_kind(
    posted: dict[str, list[str]],
) -> None:
    asked = page(*(question(q) for q in (COLOUR, USES, WHY, MARKS)))
    values: dict[str, Any] = dict(read_page(asked, posted, {}).values)
    assert values["colour"] in (None, "red", "blue")
    assert set(values["uses"]) <= {"work", "play", "none"}
    assert values["why"] is None or values["why"].strip()
    marks = values["marks"].values()
    assert all(m is None or m == NOT_APPLICABLE or 1 <= m <= 100 for m in marks)
