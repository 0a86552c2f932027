"""A model check: every tree that small policies allow is walked through, action by action.

People take tasks, send or drop them, accept and reject, rank, and moderators delete; whatever the
order, no tree may come to stand, and no count may pass its goal.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace

import pytest

from manyvoices.design.trees import MessageFacts, TaskKind, TreeFacts, TreePolicy, advance, needs
from manyvoices.design.trees.facts import ACTIVE
from manyvoices.schema import TreeState

MOST_STATES = 60_000
AT_ONCE = 2
"""People who have a task of one tree in their hands, at most."""


def policy(**changes: object) -> TreePolicy:
    small = {
        "goal_tree_size": 3,
        "min_goal_tree_size": 1,
        "max_children_count": 2,
        "max_tree_depth": 2,
        "num_reviews_initial_prompt": 1,
        "num_reviews_reply": 1,
        "num_required_rankings": 1,
        "max_rejected_replies": 2,
        "max_scoring_failures": 2,
        "auto_mod_enabled": False,
    }
    return TreePolicy.model_validate(small | changes)


def begin(rules: TreePolicy) -> TreeFacts:
    prompt = MessageFacts("m0", None, "prompter", reviews_wanted=1)
    return TreeFacts(TreeState.INITIAL_PROMPT_REVIEW, rules.goal_tree_size, (prompt,))


def settled(tree: TreeFacts, rules: TreePolicy) -> TreeFacts:
    """The tree as the sweeper leaves it; the lottery draws every prompt that waits."""
    while True:
        for step in advance(tree, rules):
            tree = replace(tree, state=step.after)
        if tree.state is not TreeState.PROMPT_LOTTERY_WAITING:
            return tree
        tree = replace(tree, state=TreeState.GROWING)


def with_lease(tree: TreeFacts, kind: TaskKind, message: str, n: int) -> TreeFacts:
    leased = dict(tree.leased)
    leased[kind, message] = leased.get((kind, message), 0) + n
    return replace(tree, leased={key: n for key, n in leased.items() if n})


def changed(tree: TreeFacts, message: str, **fields: object) -> TreeFacts:
    messages = tuple(
        replace(m, **fields) if m.id == message else m  # type: ignore[arg-type]
        for m in tree.messages
    )
    return replace(tree, messages=messages, is_scored=False)


def answered(tree: TreeFacts, parent: str) -> TreeFacts:
    role = "assistant" if tree.by_id[parent].role == "prompter" else "prompter"
    new = MessageFacts(f"m{len(tree.messages)}", parent, role, reviews_wanted=1)
    return replace(tree, messages=(*tree.messages, new), is_scored=False)


def done(tree: TreeFacts, kind: TaskKind, message: str) -> Iterator[TreeFacts]:
    """What can come of a task: for a review both verdicts."""
    free = with_lease(tree, kind, message, -1)
    if kind.is_reply:
        yield answered(free, message)
    elif kind.is_rank:
        yield changed(free, message, n_rankings=free.by_id[message].n_rankings + 1)
    else:
        for verdict in (True, False):
            yield changed(free, message, n_reviews=1, accepted=verdict)


def followers(tree: TreeFacts, rules: TreePolicy, *, deletes: bool) -> Iterator[TreeFacts]:
    if sum(tree.leased.values()) < AT_ONCE:
        for need in needs(tree, rules):
            yield with_lease(tree, need.kind, need.message, 1)
    for (kind, message), n in tree.leased.items():
        if n:
            yield with_lease(tree, kind, message, -1)
            yield from done(tree, kind, message)
    if deletes and not any(message.deleted for message in tree.messages):
        for message in tree.messages:
            if not message.deleted and tree.state in ACTIVE:
                yield changed(tree, message.id, deleted=True)
    if tree.state is TreeState.READY_FOR_SCORING:
        yield replace(tree, is_scored=True)
        yield replace(tree, scoring_failures=tree.scoring_failures + 1)


def key(tree: TreeFacts) -> object:
    """What tells two trees apart for the rules: names of messages do not."""
    order = {message.id: place for place, message in enumerate(tree.messages)}
    rows = tuple(
        (order.get(m.parent or "", -1), m.accepted, m.deleted, m.n_rankings) for m in tree.messages
    )
    leases = tuple(sorted((kind, order[m], n) for (kind, m), n in tree.leased.items()))
    return tree.state, rows, leases, tree.is_scored, tree.scoring_failures


def every_tree(rules: TreePolicy, *, deletes: bool) -> Iterator[TreeFacts]:
    first = settled(begin(rules), rules)
    seen, waiting = {key(first)}, deque([first])
    while waiting:
        tree = waiting.popleft()
        yield tree
        for after in followers(tree, rules, deletes=deletes):
            after = settled(after, rules)
            if key(after) not in seen:
                seen.add(key(after))
                waiting.append(after)
        assert len(seen) < MOST_STATES, "the policy of this check is not small enough"


CASES = [
    pytest.param({}, True, id="two replies, with deletions"),
    pytest.param({"goal_tree_size": 4, "max_children_count": 3}, False, id="three replies"),
    pytest.param({"goal_tree_size": 4, "max_tree_depth": 3}, False, id="deeper"),
    pytest.param({"max_children_count": 1}, True, id="a chain, where nothing is to be ranked"),
    pytest.param({"rank_prompter_replies": True, "num_prompter_replies": 2}, False, id="prompters"),
]


@pytest.mark.parametrize(("changes", "deletes"), CASES)
def test_every_tree_has_a_way_on_and_no_count_passes_its_goal(
    changes: dict[str, object], deletes: bool
) -> None:
    rules = policy(**changes)
    ends = set()
    for tree in every_tree(rules, deletes=deletes):
        if tree.state in ACTIVE and tree.state is not TreeState.READY_FOR_SCORING:
            assert needs(tree, rules) or any(tree.leased.values()), tree
        else:
            ends.add(tree.state)
        assert tree.n_accepted <= tree.goal_size, tree
        for message in tree.messages:
            there = sum(r.is_live or r.is_waiting for r in tree.replies[message.id])
            assert there <= rules.max_replies(message.role), tree
    assert {TreeState.READY_FOR_EXPORT, TreeState.SCORING_FAILED} <= ends
    assert TreeState.ABORTED_LOW_GRADE in ends


def test_to_advance_twice_changes_nothing_more() -> None:
    rules = policy()
    for tree in every_tree(rules, deletes=True):
        assert advance(tree, rules) == ()
