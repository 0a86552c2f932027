"""Where a tree is in its life; the rows are OpenAssistant's table of states (facts 1.3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from tests.design.trees.making import policy, prompt, reply, tree
from tests.design.trees.test_needs import trees

from manyvoices.design.trees import TaskKind, TreeFacts, advance, restart
from manyvoices.design.trees.lifecycle import to_take_away
from manyvoices.schema import TreeState as S

RULES = policy()
FULL = (prompt(), reply("a"), reply("b"))


@pytest.mark.parametrize(
    ("facts", "after"),
    [
        pytest.param(tree(prompt(accepted=None), state=S.INITIAL_PROMPT_REVIEW),
                     S.INITIAL_PROMPT_REVIEW, id="under review"),
        pytest.param(tree(prompt(), state=S.INITIAL_PROMPT_REVIEW),
                     S.PROMPT_LOTTERY_WAITING, id="accepted: it waits for the lottery"),
        pytest.param(tree(prompt(accepted=False), state=S.INITIAL_PROMPT_REVIEW),
                     S.ABORTED_LOW_GRADE, id="rejected"),
        pytest.param(tree(prompt(accepted=None, n_red_flags=4), state=S.INITIAL_PROMPT_REVIEW),
                     S.ABORTED_LOW_GRADE, id="reported by four"),
        pytest.param(tree(prompt(accepted=None, n_red_flags=3), state=S.INITIAL_PROMPT_REVIEW),
                     S.INITIAL_PROMPT_REVIEW, id="reported by three"),
        pytest.param(tree(prompt(deleted=True), state=S.INITIAL_PROMPT_REVIEW),
                     S.HALTED_BY_MODERATOR, id="a deleted prompt"),
        pytest.param(tree(*FULL, goal=12), S.GROWING, id="it grows"),
        pytest.param(tree(*FULL, goal=3), S.RANKING, id="it has its messages"),
        pytest.param(tree(*FULL, reply("c", accepted=None), goal=3), S.GROWING,
                     id="one more is under review"),
        pytest.param(tree(*FULL, goal=3, leased={(TaskKind.ASSISTANT_REPLY, "p"): 1}), S.GROWING,
                     id="somebody is writing"),
        pytest.param(tree(prompt(deleted=True), reply("a")), S.HALTED_BY_MODERATOR,
                     id="the prompt was deleted"),
        pytest.param(tree(prompt(n_reply_skips=25)), S.HALTED_BY_MODERATOR,
                     id="25 people passed it over"),
        pytest.param(tree(prompt(n_reply_skips=24)), S.GROWING, id="24 did"),
        pytest.param(tree(*FULL, state=S.RANKING), S.RANKING, id="rankings are missing"),
        pytest.param(tree(prompt(n_rankings=3), *FULL[1:], state=S.RANKING),
                     S.READY_FOR_SCORING, id="ranked"),
        pytest.param(tree(prompt(n_rankings=3), *FULL[1:], state=S.RANKING, is_scored=True),
                     S.READY_FOR_EXPORT, id="ranked and merged"),
        pytest.param(tree(prompt(n_rankings=3), *FULL[1:], state=S.READY_FOR_SCORING,
                          scoring_failures=3), S.SCORING_FAILED, id="could not be merged"),
        pytest.param(tree(prompt(n_rankings=3), *FULL[1:], state=S.READY_FOR_EXPORT,
                          scoring_failures=3), S.SCORING_FAILED, id="a late vote cannot be merged"),
        pytest.param(tree(*FULL, state=S.HALTED_BY_MODERATOR), S.HALTED_BY_MODERATOR,
                     id="halted stays halted"),
        pytest.param(tree(*FULL, state=S.BACKLOG_RANKING), S.BACKLOG_RANKING, id="backlog waits"),
    ],
)  # fmt: skip
def test_a_tree_goes_where_its_facts_say(facts: TreeFacts, after: S) -> None:
    steps = advance(facts, RULES)
    assert (steps[-1].after if steps else facts.state) is after
    assert all(step.reason for step in steps)


def test_a_tree_without_two_replies_to_rank_goes_on_at_once() -> None:
    """Defect 3.4-2 of Open-Assistant, stuck in RANKING: it left only at a restart."""
    chain = tree(prompt(), reply("a"), goal=2)
    assert [step.after for step in advance(chain, RULES)] == [S.RANKING, S.READY_FOR_SCORING]


def test_a_tree_in_which_nothing_can_grow_goes_on_with_what_it_has() -> None:
    """Defect 3.4-1 of Open-Assistant, the stalled tree: it kept its place for ever."""
    ended = tree(prompt(ended=True), reply("a", ended=True), goal=12)
    assert advance(ended, RULES)[0].after is S.RANKING
    nothing = tree(prompt(ended=True), goal=12)
    assert advance(nothing, RULES)[-1].after is S.ABORTED_LOW_GRADE


def test_replies_that_four_people_reported_go_with_all_below_them() -> None:
    facts = tree(prompt(), reply("a", n_red_flags=4), reply("bb", "a"), reply("c", n_red_flags=3))
    assert to_take_away(facts, RULES) == {"a", "bb"}
    assert to_take_away(facts, policy(auto_mod_enabled=False)) == frozenset()


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        (tree(prompt(accepted=None)), S.INITIAL_PROMPT_REVIEW),
        (tree(*FULL), S.GROWING),
        (tree(prompt(n_rankings=3), *FULL[1:], goal=3, scoring_failures=3), S.READY_FOR_SCORING),
    ],
)
def test_a_halted_tree_begins_again_where_it_stood(facts: TreeFacts, state: S) -> None:
    assert restart(facts, RULES) is state


@given(trees())
def test_to_advance_ends_and_is_idempotent_whatever_was_done_to_a_tree(facts: TreeFacts) -> None:
    from dataclasses import replace

    for step in advance(facts, RULES):
        assert step.before is facts.state
        facts = replace(facts, state=step.after)
    assert advance(facts, RULES) == ()
