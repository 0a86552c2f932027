"""Each kind of question: what is read, and that what is shown again is read the same."""

from __future__ import annotations

import random
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

import manyvoices
from manyvoices.design.kinds import KINDS, AnyQuestion, Question

READ: TypeAdapter[AnyQuestion] = TypeAdapter(Question)
OPTIONS = ({"value": "a b", "label": "A"}, {"value": "c", "label": "C", "text": True},
           {"value": "none", "label": "N", "exclusive": True, "keep_last": True})  # fmt: skip
ITEMS = ({"id": "x", "label": "X"}, {"id": "y", "label": "Y"})
EXAMPLES: dict[str, dict[str, Any]] = {
    "single": {"options": OPTIONS},
    "multiple": {"options": OPTIONS, "random_order": True},
    "matrix": {"items": ITEMS, "options": OPTIONS},
    "likert": {},
    "text": {},
    "vas": {"items": (*ITEMS, {"id": "z", "label": "Z", "text": True}), "anchors": ("lo", "hi"),
            "not_applicable": True},
    "number": {"minimum": 0, "maximum": 10},
    "date": {"earliest": "2020-01-01"},
    "country": {},
    "ranking": {"options": OPTIONS},
    "info": {},
}  # fmt: skip


def question(kind: str, **more: Any) -> AnyQuestion:
    kind, _, na = kind.partition("-")
    more |= {"not_applicable": True, "required": True} if na else {}
    return READ.validate_python({"id": "q", "label": "Q", "kind": kind} | EXAMPLES[kind] | more)


def test_every_kind_has_its_rule_its_page_and_its_example() -> None:
    package = Path(manyvoices.__file__).parent
    folders = {p.parent.name for p in (package / "collect/surveys/kinds").glob("*/question.html")}
    assert set(KINDS) == folders == set(EXAMPLES)
    for kind in KINDS:
        assert hasattr(import_module(f"manyvoices.design.kinds.{kind}"), kind.capitalize())


@pytest.mark.parametrize(
    ("kind", "posted", "value"),
    [
        ("single", {"q-q": ["a b"]}, "a b"),
        ("multiple", {"q-q": ["c", "a b"], "q-q-1-text": ["goats"]}, ["a b", "c"]),
        ("matrix", {"q-q-x": ["c"]}, {"x": "c", "y": None}),
        (
            "matrix-na",
            {"q-q-x": ["not_applicable"], "q-q-y": ["c"]},
            {"x": "not_applicable", "y": "c"},
        ),
        ("likert", {"q-q": ["Agree"]}, "Agree"),
        ("number", {"q-q": ["7"]}, 7),
        ("date", {"q-q": ["2024-02-29"]}, "2024-02-29"),
        ("country", {"q-q": ["KEN"]}, "KEN"),
        ("country", {"q-q": ["Prefer not to say"]}, "Prefer not to say"),
        ("ranking", {"q-q-0": ["2"], "q-q-2": ["1"]}, ["none", "a b"]),
    ],
)
def test_an_answer_is_read(kind: str, posted: dict[str, list[str]], value: object) -> None:
    reading = question(kind).read(posted)
    assert reading.problem is None
    assert reading.value == value


@pytest.mark.parametrize(
    ("kind", "posted", "code"),
    [
        ("single", {"q-q": ["c"]}, "required_text"),
        ("multiple", {"q-q": ["none", "a b"]}, "exclusive"),
        ("matrix", {"q-q-x": ["zebra"]}, "unknown_option"),
        ("number", {"q-q": ["eleven"]}, "not_a_number"),
        ("number", {"q-q": ["11"]}, "not_between"),
        ("number", {"q-q": ["1.5"]}, "not_whole"),
        ("number", {"q-q": ["٣"]}, "not_a_number"),
        ("date", {"q-q": ["2023-02-29"]}, "not_a_date"),
        ("date", {"q-q": ["1999-01-01"]}, "too_early"),
        ("country", {"q-q": ["QQQ"]}, "unknown_option"),
        ("ranking", {"q-q-0": ["1"], "q-q-1": ["1"]}, "same_place"),
        ("ranking", {"q-q-0": ["4"]}, "unknown_option"),
    ],
)
def test_what_cannot_be_is_said(kind: str, posted: dict[str, list[str]], code: str) -> None:
    problem = question(kind).read(posted).problem
    assert problem is not None
    assert problem.code == code
    assert "%(" not in str(problem)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "info"])
def test_what_is_required_and_missing_is_said(kind: str) -> None:
    assert question(kind, required=True).read({}).problem is not None
    assert question(kind).read({}).problem is None


def test_an_item_with_a_text_may_be_left_out_of_a_required_slider_question() -> None:
    asked = question("vas", required=True)
    assert asked.read({"q-q-x": ["1"], "q-q-y-na": ["1"]}).problem is None


def test_a_text_beside_an_option_that_is_not_chosen_is_dropped() -> None:
    reading = question("multiple").read({"q-q": ["a b"], "q-q-1-text": ["goats"]})
    assert reading.texts is None


FIELDS = st.sampled_from(
    ["q-q", *(f"q-q-{key}" for key in ("0", "1", "2", "x", "y", "z", "x-na", "1-text", "z-text"))]
)
TEXTS = st.sampled_from(
    ["a b", "c", "none", "Agree", "KEN", "1", "2", "3", "2024-02-29"]
) | st.text(max_size=8)


@given(st.sampled_from([k for k in KINDS if k != "info"]), st.dictionaries(FIELDS, st.lists(TEXTS)))
def test_what_is_stored_is_read_again_as_it_was(kind: str, posted: dict[str, list[str]]) -> None:
    asked = question(kind)
    first = asked.read(posted)
    if first.problem is None:
        again = asked.read(asked.fields(first.value, first.texts))
        assert (again.value, again.problem) == (first.value, None)
        assert again.texts == first.texts


def test_what_stays_last_does_so_in_every_drawn_order() -> None:
    orders = [question("multiple").order(random.Random(seed)) for seed in range(20)]
    assert {order[-1] for order in orders if order} == {"none"}
    assert len({tuple(order or ()) for order in orders}) == 2


def test_a_line_that_does_not_apply_is_an_answer_only_where_that_is_offered() -> None:
    posted = {"q-q-x": ["not_applicable"], "q-q-y": ["c"]}
    problem = question("matrix").read(posted).problem
    assert problem is not None
    assert problem.code == "unknown_option"
    left = question("matrix-na").read({"q-q-x": ["not_applicable"]})
    assert left.problem is not None
    assert left.problem.items == ("y",)
    shown = question("matrix-na")
    assert shown.read(shown.fields({"x": "not_applicable", "y": "c"})).value == {
        "x": "not_applicable",
        "y": "c",
    }


def test_no_option_of_a_matrix_may_be_called_as_the_line_that_does_not_apply() -> None:
    with pytest.raises(ValueError, match="not_applicable"):
        question("matrix", options=["not_applicable", "other"])
