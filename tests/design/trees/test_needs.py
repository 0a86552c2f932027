"""What is asked of people, and how many of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.design.trees.making import policy, prompt, reply, tree

from manyvoices.design.trees import MessageFacts, TaskKind, TreeFacts, TreePolicy, needs
from manyvoices.schema import TreeState

RULES = policy()
ANSWER, ASK = TaskKind.ASSISTANT_REPLY, TaskKind.PROMPTER_REPLY


def found(facts: TreeFacts, rules: TreePolicy = RULES) -> dict[tuple[str, str], int]:
    return {(need.kind.value, need.message): need.seats for need in needs(facts, rules)}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(
            tree(prompt(accepted=None), state=TreeState.INITIAL_PROMPT_REVIEW),
            {("label_initial_prompt", "p"): 3}, id="a new prompt is reviewed by three",
        ),
        pytest.param(
            tree(prompt(accepted=None, n_reviews=1), state=TreeState.INITIAL_PROMPT_REVIEW,
                 leased={(TaskKind.LABEL_INITIAL_PROMPT, "p"): 1}),
            {("label_initial_prompt", "p"): 1}, id="less what is there, less what is in hand",
        ),
        pytest.param(tree(prompt()), {("assistant_reply", "p"): 3}, id="a prompt takes three"),
        pytest.param(
            tree(prompt(), goal=2), {("assistant_reply", "p"): 1}, id="never past the goal"
        ),
        pytest.param(
            tree(prompt(), leased={(ANSWER, "p"): 2}), {("assistant_reply", "p"): 1},
            id="two are being written",
        ),
        pytest.param(
            tree(prompt(), reply("a", accepted=None)),
            {("assistant_reply", "p"): 2, ("label_assistant_reply", "a"): 3},
            id="one under review has its place",
        ),
        pytest.param(
            tree(prompt(), reply("a")),
            {("assistant_reply", "p"): 2, ("prompter_reply", "a"): 1}, id="one question below",
        ),
        pytest.param(tree(prompt(ended=True)), {}, id="ended: nothing more is to be asked"),
        pytest.param(
            tree(prompt(), reply("a", deleted=True), goal=4), {("assistant_reply", "p"): 3},
            id="what was deleted leaves its place, and nothing grows below it",
        ),
        pytest.param(
            tree(prompt(), reply("a"), reply("b"), state=TreeState.RANKING),
            {("rank_assistant_replies", "p"): 3}, id="three rankings",
        ),
        pytest.param(
            tree(prompt(n_rankings=2), reply("a"), reply("b"), state=TreeState.RANKING,
                 leased={(TaskKind.RANK_ASSISTANT_REPLIES, "p"): 1}),
            {}, id="the third is in somebody's hands",
        ),
        pytest.param(
            tree(prompt(), reply("a"), state=TreeState.RANKING), {}, id="one reply is no set"
        ),
        pytest.param(
            tree(prompt(), state=TreeState.HALTED_BY_MODERATOR), {}, id="halted"
        ),
    ],
)  # fmt: skip
def test_what_a_tree_needs(facts: TreeFacts, expected: dict[tuple[str, str], int]) -> None:
    assert found(facts) == expected


def test_a_message_all_of_whose_replies_were_rejected_is_offered_again() -> None:
    """Defect 3.4-1 of Open-Assistant, the stalled tree: it was never offered again."""
    rejected = [reply(key, accepted=False) for key in "abc"]
    assert found(tree(prompt(), *rejected)) == {("assistant_reply", "p"): 3}
    deleted = [reply(key, deleted=True) for key in "abc"]
    assert found(tree(prompt(), *deleted)) == {("assistant_reply", "p"): 3}


def test_a_message_that_only_draws_spam_is_not_offered_for_ever() -> None:
    rejected = [reply(f"a{i}x", accepted=False) for i in range(4)]
    assert found(tree(prompt(), *rejected), policy(max_rejected_replies=4)) == {}


def test_a_reply_that_would_keep_another_company_is_marked() -> None:
    (lonely, _below) = needs(tree(prompt(), reply("a")), RULES)
    assert lonely.is_lonely
    (alone,) = needs(tree(prompt()), RULES)
    assert not alone.is_lonely


VERDICT = st.sampled_from([True, False, None])


@st.composite
def trees(draw: st.DrawFn) -> TreeFacts:
    """Any tree, whatever was done to it."""
    messages = [prompt(accepted=draw(VERDICT), n_rankings=draw(st.integers(0, 4)))]
    for i in range(draw(st.integers(0, 8))):
        parent = draw(st.sampled_from(messages))
        role = "assistant" if parent.role == "prompter" else "prompter"
        messages.append(
            MessageFacts(
                f"m{i}",
                parent.id,
                role,
                draw(VERDICT),
                draw(st.integers(0, 5)),
                n_rankings=draw(st.integers(0, 4)),
                deleted=draw(st.booleans()),
                ended=draw(st.booleans()),
            )
        )
    state = draw(st.sampled_from(list(TreeState)))
    keys = st.tuples(st.sampled_from(list(TaskKind)), st.sampled_from([m.id for m in messages]))
    leased = draw(st.dictionaries(keys, st.integers(0, 4), max_size=4))
    return TreeFacts(state, draw(st.integers(1, 12)), tuple(messages), leased)


@given(trees(), st.integers(1, 4), st.booleans())
def test_seats_are_never_negative_and_never_past_any_limit(
    facts: TreeFacts, most: int, rank_prompters: bool
) -> None:
    rules = policy(max_children_count=most, rank_prompter_replies=rank_prompters)
    for need in needs(facts, rules):
        assert need.seats > 0
        message = facts.by_id[need.message]
        if need.kind.is_reply:
            there = sum(r.is_live or r.is_waiting for r in facts.replies[message.id])
            held = facts.n_leased(need.kind, message.id)
            assert there + held + need.seats <= rules.max_replies(message.role)
            assert message.id in facts.reachable
        elif need.kind.is_label:
            held = facts.n_leased(need.kind, message.id)
            assert message.n_reviews + held + need.seats <= message.reviews_wanted
        else:
            assert message.n_rankings + need.seats <= rules.num_required_rankings


@given(trees())
def test_a_need_stands_once_for_each_kind_and_message(facts: TreeFacts) -> None:
    keys = [(need.kind, need.message) for need in needs(facts, RULES)]
    assert len(keys) == len(set(keys))
