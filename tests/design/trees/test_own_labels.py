"""Labels are data of a project: its own questions stand beside the built-in ones."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from tests.design.trees.making import policy

from manyvoices.design.trees import Review, TaskKind, TreeTasksStage, decide, label_schema
from manyvoices.design.trees.labels import BUILT_IN

PROMPT, REPLY = TaskKind.LABEL_INITIAL_PROMPT, TaskKind.LABEL_ASSISTANT_REPLY
SOURCES = {"name": "sources", "widget": "yes_no", "text": "Does it name its sources?"}
TONE = {
    "name": "tone",
    "widget": "likert",
    "text": "What is its tone?",
    "anchors": ["cold", "cool", "even", "warm", "hot"],
    "of": ["assistant_reply"],
}


def stage(**fields: Any) -> TreeTasksStage:
    return TreeTasksStage.model_validate({"kind": "tree_tasks", **fields})


def asked(of: TreeTasksStage, kind: TaskKind = REPLY, *, full: bool = True) -> list[str]:
    found = label_schema(kind, there=of.all_labels, names=of.labels, full=full)
    return [label.name for label in found]


def test_own_labels_come_after_the_built_in_ones() -> None:
    with_both = stage(own_labels=[SOURCES, TONE])
    assert asked(with_both) == [*asked(stage()), "sources", "tone"]
    assert asked(with_both, PROMPT) == [*asked(stage(), PROMPT), "sources"]


def test_a_project_chooses_among_both_and_spam_is_asked_all_the_same() -> None:
    assert asked(stage(own_labels=[SOURCES, TONE], labels=["tone", "humor"])) == [
        "spam", "humor", "tone"
    ]  # fmt: skip


def test_the_short_form_asks_own_labels_where_they_say_so() -> None:
    short = {**SOURCES, "short": True}
    assert "sources" not in asked(stage(own_labels=[SOURCES]), full=False)
    assert "sources" in asked(stage(own_labels=[short]), full=False)


def test_a_built_in_label_is_worded_anew_in_its_place() -> None:
    own = {"name": "quality", "widget": "likert", "text": "Would you keep it?",
           "anchors": ["no", "yes"], "required": True, "examples": ["A clear answer."]}  # fmt: skip
    found = stage(own_labels=[own]).all_labels
    assert [label.name for label in found] == list(BUILT_IN)
    quality = next(label for label in found if label.name == "quality")
    assert (quality.question, quality.required) == ("Would you keep it?", True)
    assert (quality.anchors, quality.examples) == (("no", "yes"), ("A clear answer.",))
    assert not quality.is_simple


@pytest.mark.parametrize(
    ("own", "fault"),
    [
        ({**SOURCES, "anchors": ["a", "b", "c"]}, "anchors: found 3 of them, expected 2"),
        ({**TONE, "anchors": ["a", "b", "c"]}, "anchors: found 3 of them, expected 2 or 5"),
        ({**TONE, "anchors": []}, "anchors: found none"),
        ({**SOURCES, "name": "quality"}, "widget: found yes_no, expected likert"),
        ({**SOURCES, "of": []}, "of"),
        ({**SOURCES, "of": ["prompt", "prompt"]}, "of"),
        ({**SOURCES, "name": "Has Sources"}, "name"),
        ({**SOURCES, "widget": "slider"}, "widget"),
        ({"name": "sources", "widget": "yes_no"}, "text"),
    ],
)
def test_a_label_that_cannot_be_asked_is_refused(own: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        stage(own_labels=[own])


@pytest.mark.parametrize(
    "fields",
    [
        {"own_labels": [SOURCES, SOURCES]},
        {"labels": ["qualty"]},
        {"policy": {"acceptance_against": {"sources": 1}}},
        {"own_labels": [TONE], "policy": {"acceptance_against": {"tone": 1}}},
        {"own_labels": [SOURCES], "policy": {"acceptance_against": {"sources": 1, "humor": 1}}},
        {"policy_by_language": {"de": {"acceptance_against": {"rude": 1}}}},
    ],
    ids=["twice", "unknown name", "unknown decides", "asked of some", "speaks for", "language"],
)
def test_names_that_a_project_does_not_have_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        stage(**fields)


def test_an_own_label_may_decide() -> None:
    against = {"spam": 1.0, "sources": 1.0}
    rules = stage(own_labels=[SOURCES], policy={"acceptance_against": against}).policy
    unsourced = [Review({"spam": 0.0, "sources": 1.0})] * 3
    decision = decide(unsourced, rules, is_prompt=False)
    assert (decision.accepted, decision.reason) == (False, "sources")
    assert decide([Review({"spam": 0.0})] * 3, rules, is_prompt=True).accepted is True
    assert rules == policy(acceptance_against=against)
