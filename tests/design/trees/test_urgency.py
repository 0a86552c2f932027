"""Which task comes first."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from tests.design.trees.making import policy, prompt, reply, tree

from manyvoices.design.trees import Need, TaskKind, TreeFacts, due_at, order_of_kinds

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
RULES = policy()
KINDS = list(TaskKind)


def share_first(one: tuple[Need, TreeFacts], other: tuple[Need, TreeFacts]) -> float:
    """How often the first is due before the second, both having come up at the same moment."""
    rng, n = random.Random(3), 4000
    first = 0
    for _ in range(n):
        a, b = (due_at(*case, RULES, now=NOW, rng=rng) for case in (one, other))
        first += a < b
    return first / n


def test_lonely_replies_come_first_as_often_as_open_assistant_s_share() -> None:
    facts = tree(prompt(), reply("a"))
    lonely = Need(TaskKind.ASSISTANT_REPLY, "p", 2, is_lonely=True), facts
    other = Need(TaskKind.PROMPTER_REPLY, "a", 1), facts
    assert share_first(lonely, other) == pytest.approx(0.8, abs=0.03)


def test_a_tree_that_lacks_little_comes_before_one_that_has_just_begun() -> None:
    nearly = tree(prompt(), *(reply(key) for key in "abcdefghij"), goal=12)
    begun = tree(prompt(), goal=12)
    need = Need(TaskKind.ASSISTANT_REPLY, "p", 1)
    assert share_first((need, nearly), (need, begun)) > 0.65


def test_nobody_waits_for_ever() -> None:
    """Whatever a new need weighs, one that has waited for a day is due before it."""
    rng = random.Random(1)
    facts = tree(prompt())
    need = Need(TaskKind.ASSISTANT_REPLY, "p", 1)
    old = [due_at(need, facts, RULES, now=NOW - timedelta(days=1), rng=rng) for _ in range(2000)]
    assert sum(moment < NOW for moment in old) > 1990


def test_kinds_are_drawn_by_their_weights() -> None:
    rng, n = random.Random(2), 6000
    first = Counter(order_of_kinds(KINDS, RULES.weights, rng)[0] for _ in range(n))
    ranking = first[TaskKind.RANK_ASSISTANT_REPLIES] / n
    assert ranking == pytest.approx(10 / 39.01, abs=0.02)
    assert first[TaskKind.INITIAL_PROMPT] / n < 0.01


def test_every_kind_stands_in_the_order_but_those_of_weight_0() -> None:
    rng = random.Random(5)
    assert set(order_of_kinds(KINDS, RULES.weights, rng)) == set(KINDS)
    none = RULES.weights.model_copy(update={"initial_prompt": 0.0})
    assert TaskKind.INITIAL_PROMPT not in order_of_kinds(KINDS, none, rng)
