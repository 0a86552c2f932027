"""Which prompt becomes a tree."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.design.trees.making import policy

from manyvoices.design.trees import (
    TreePolicy,
    Waiting,
    draw_prompt,
    place_score,
    room_for_prompts,
    seats_for_prompt_rankings,
)
from manyvoices.design.trees.lottery import n_from_backlog, standing, trees_to_start

N = 6000


def shares(waiting: list[Waiting]) -> dict[str, float]:
    rng = random.Random(4)
    drawn = Counter(draw_prompt(waiting, rng).author for _ in range(N))  # type: ignore[union-attr]
    return {author: n / N for author, n in drawn.items()}


def test_whoever_writes_many_prompts_does_not_crowd_out_the_others() -> None:
    flood = [Waiting(f"t{i}", "ann") for i in range(99)]
    assert shares([*flood, Waiting("u", "bob")])["bob"] == pytest.approx(0.5, abs=0.03)


def test_whose_replies_were_ranked_first_is_drawn_more_often() -> None:
    found = shares([Waiting("t", "ann", author_wins=2), Waiting("u", "bob")])
    assert found["ann"] == pytest.approx(0.75, abs=0.03)


def test_the_same_chance_draws_the_same_prompt_in_whatever_order_they_come() -> None:
    waiting = [Waiting(f"t{i}", f"a{i % 3}") for i in range(9)]
    one = draw_prompt(waiting, random.Random(7))
    assert one == draw_prompt(waiting[::-1], random.Random(7))


def test_nothing_is_drawn_where_nothing_waits() -> None:
    assert draw_prompt([], random.Random(0)) is None


def test_a_backlog_is_taken_from_by_chance_for_every_tree_that_ends() -> None:
    rng = random.Random(1)
    assert n_from_backlog(5000, policy(), rng) == pytest.approx(500, abs=80)
    assert n_from_backlog(10, policy(p_activate_backlog_tree=0.0), rng) == 0
    assert n_from_backlog(10, policy(p_activate_backlog_tree=1.0), rng) == 10


@given(*[st.integers(0, 400)] * 4)
def test_room_is_never_negative_nor_past_a_limit(
    review: int, waiting: int, leased: int, active: int
) -> None:
    rules = policy()
    room = room_for_prompts(n_under_review=review, n_waiting=waiting, n_leased=leased, policy=rules)
    assert room >= 0
    if room:
        assert review + leased + room <= rules.max_initial_prompt_review
        assert waiting + review + leased + room <= rules.max_prompt_lottery_waiting
    assert 0 <= trees_to_start(active, rules) <= rules.max_active_trees


def test_closed_prompts_have_no_room() -> None:
    closed = policy(accepts_initial_prompts=False)
    assert room_for_prompts(n_under_review=0, n_waiting=0, n_leased=0, policy=closed) == 0


def test_a_prompt_that_people_put_first_is_drawn_more_often() -> None:
    waiting = [Waiting("t1", "a", score=1.0), Waiting("t2", "b", score=0.5)]
    rng = random.Random(5)
    drawn = [draw_prompt(waiting, rng, pull=4.0) for _ in range(4000)]
    share = sum(one is waiting[0] for one in drawn) / 4000
    assert abs(share - 4 / 5) < 0.03
    even = sum(draw_prompt(waiting, rng) is waiting[0] for _ in range(4000)) / 4000
    assert abs(even - 0.5) < 0.03


def test_one_order_decides_little_and_none_nothing() -> None:
    assert place_score([]) == 0.5
    assert place_score([1.0]) == 0.75
    assert place_score([1.0] * 9) == 0.95


def test_an_order_says_of_each_its_place_and_how_many_stand_below() -> None:
    assert standing([["a"], ["b", "c"], ["d"]]) == {
        "a": (0, 1.0), "b": (1, 0.5), "c": (1, 0.5), "d": (2, 0.0),
    }  # fmt: skip
    assert standing([["a", "b"]]) == {"a": (0, 0.5), "b": (0, 0.5)}


@pytest.mark.parametrize(
    ("counts", "leased", "seats"),
    [([], 0, 0), ([0], 0, 0), ([0, 0], 0, 2), ([2] * 9, 0, 0), ([0] * 8, 0, 4), ([0] * 8, 3, 1)],
)
def test_prompts_are_put_in_order_as_often_as_the_policy_says(
    counts: list[int], leased: int, seats: int
) -> None:
    policy = TreePolicy(num_prompt_rankings=2, prompt_ranking_size=4)
    assert seats_for_prompt_rankings(counts, n_leased=leased, policy=policy) == seats
