"""A project's rules as data."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from tests.design.trees.making import policy

from manyvoices.design.trees import TreePolicy, TreeTasksStage
from manyvoices.design.trees.policy_files import changed_policy
from manyvoices.schema import InputError

REFERENCE = {
    "max_active_trees": 10, "max_initial_prompt_review": 100, "max_tree_depth": 3,
    "max_children_count": 3, "num_prompter_replies": 1, "goal_tree_size": 12,
    "random_goal_tree_size": False, "min_goal_tree_size": 5, "num_reviews_initial_prompt": 3,
    "num_reviews_reply": 3, "auto_mod_enabled": True, "auto_mod_max_skip_reply": 25,
    "auto_mod_red_flags": 4, "p_full_labeling_review_prompt": 1.0,
    "p_full_labeling_review_reply_assistant": 1.0, "p_full_labeling_review_reply_prompter": 0.25,
    "acceptance_threshold_initial_prompt": 0.6, "acceptance_threshold_reply": 0.6,
    "num_required_rankings": 3, "p_activate_backlog_tree": 0.1, "min_active_rankings_per_lang": 0,
    "rank_prompter_replies": False, "lonely_children_count": 2, "p_lonely_child_extension": 0.75,
    "recent_tasks_span_s": 300, "max_pending_tasks_per_user": 8, "max_prompt_lottery_waiting": 250,
}  # fmt: skip
"""`TreeManagerConfiguration`'s defaults (facts 1.4); its span is in seconds by another name."""

PLAIN = TreeTasksStage(kind="tree_tasks")


def test_the_defaults_are_open_assistant_s() -> None:
    found = TreePolicy().model_dump()
    assert {name: found[name] for name in REFERENCE} == REFERENCE


def test_a_policy_survives_being_stored() -> None:
    rules = policy(max_reviews=5, weights={"ranking": 3.0})
    assert TreePolicy.model_validate(rules.model_dump(mode="json")) == rules


@pytest.mark.parametrize(
    "changes",
    [
        {"goal_tree_size": 3, "min_goal_tree_size": 5},
        {"p_gold": 0.7, "p_again": 0.4},
        {"max_reviews": 2},
        {"acceptance_threshold_reply": 1.5},
        {"num_reviews_reply": 0},
        {"lease_s": 5},
        {"no_such_field": 1},
        {"acceptance_against": {}},
        {"acceptance_against": {"quality": 1.0}},
        {"acceptance_against": {"fails_task": 1.0}},
        {"acceptance_against": {"spam": 0.0}},
    ],
)
def test_numbers_that_do_not_fit_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        policy(**changes)


def test_a_file_changes_its_fields_alone() -> None:
    before = policy(goal_tree_size=9, weights={"ranking": 3.0})
    after = changed_policy("num_reviews_reply: 5\nweights: {reply: 4}\n", "p.yaml", before, PLAIN)
    weights = {"ranking": 3.0, "reply": 4.0}
    assert after == policy(goal_tree_size=9, num_reviews_reply=5, weights=weights)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("lease_s: 5\np_gold: 2\n", "p.yaml:1: lease_s"),
        ("lease_s: 5\np_gold: 2\n", "p.yaml:2: p_gold"),
        ("p_again: 0.99\n", "p.yaml:1: p_again"),
        ("weights: 7\n", "p.yaml:1: weights"),
        ("- lease_s\n", "p.yaml:1: "),
        ("lease_s: 60\nacceptance_against: {rude: 1}\n", "p.yaml:2: acceptance_against"),
        ("", "an empty file"),
        ("a: [", "valid YAML"),
    ],
)
def test_every_fault_of_a_file_has_its_line(text: str, fault: str) -> None:
    with pytest.raises(InputError) as found:
        changed_policy(text, "p.yaml", TreePolicy(), PLAIN)
    assert fault in str(found.value)


def test_each_language_may_have_rules_of_its_own() -> None:
    stage = TreeTasksStage.model_validate(
        {"kind": "tree_tasks", "policy_by_language": {"de": {"goal_tree_size": 6}}}
    )
    assert stage.policy_for("de").goal_tree_size == 6
    assert stage.policy_for("en").goal_tree_size == 12
