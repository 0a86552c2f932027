"""Points, levels, streaks: by tables, and what must hold for any work."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyvoices.design.trees.points import (
    LEVELS,
    Formula,
    Work,
    agrees,
    itemised,
    level,
    streak,
    total,
)

WORK = st.builds(Work, **{field.name: st.integers(0, 50) for field in fields(Work)})

TABLE = [
    # work, by value, by OpenAssistant's formula
    (Work(), 0, 0),
    (Work(assistant_replies=3), 0, 12),
    (Work(assistant_replies=1, assistant_accepted=1), 6, 8),
    (Work(prompts=9), 0, 0),
    (Work(prompts=10, prompts_accepted=10), 30, 2),
    (Work(labels_simple=1, labels_full=2), 0, 5),
    (Work(labels_full=2, labels_agreed=2), 2, 4),
    (Work(rankings=1, rankings_agreed=1), 3, 2),
    (Work(votes_first=3, ranked_first=1), 4, 27),
    (Work(votes_second=1, votes_third=1, ranked_second=1, ranked_third=1), 3, 4),
    (Work(undecided=7), 0, 0),
]


@pytest.mark.parametrize(("work", "value", "oasst"), TABLE)
def test_what_work_comes_to(work: Work, value: int, oasst: int) -> None:
    assert (total(work), total(work, "oasst")) == (value, oasst)


@given(WORK, st.sampled_from(["value", "oasst"]))
def test_the_items_are_the_whole_account(work: Work, formula: Formula) -> None:
    items = itemised(work, formula)
    assert sum(item.total for item in items) == total(work, formula)
    assert all(item.n == getattr(work, item.name) and item.n > 0 for item in items)


@given(WORK, WORK)
def test_more_work_is_never_worth_less(a: Work, b: Work) -> None:
    assert total(a + b) >= total(a)


def test_levels_are_open_assistants() -> None:
    assert LEVELS[:6] == (0, 4, 9, 16, 24, 32)
    assert (len(LEVELS), LEVELS[-1]) == (100, 6000)


@pytest.mark.parametrize(
    ("points", "number", "following"),
    [(0, 1, 4), (3, 1, 4), (4, 2, 9), (5999, 99, 6000), (6000, 100, None), (10**9, 100, None)],
)
def test_points_reach_a_level(points: int, number: int, following: int | None) -> None:
    found = level(points)
    assert (found.number, found.next_at) == (number, following)


TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("ago", "days", "longest"),
    [
        ([], 0, 0),
        ([0], 1, 1),
        ([1], 1, 1),
        ([2], 0, 1),
        ([0, 1, 2], 3, 3),
        ([1, 2, 3, 3], 3, 3),
        ([0, 2, 3, 4], 1, 3),
        ([5, 6, 7], 0, 3),
        ([-1], 0, 1),
    ],
)
def test_a_streak_reaches_to_today_or_yesterday(ago: list[int], days: int, longest: int) -> None:
    found = streak([TODAY - timedelta(days=n) for n in ago], TODAY)
    assert (found.days, found.longest) == (days, longest)


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        ([["a"], ["b"]], [["a"], ["b"]], True),
        ([["b"], ["a"]], [["a"], ["b"]], False),
        ([["a", "b"]], [["a"], ["b"]], False),
        ([["a"], ["b"], ["c"]], [["a"], ["c"], ["b"]], True),
        ([["a"]], [["a"], ["b"]], False),
        ([], [], False),
    ],
)
def test_a_ranking_agrees_in_most_pairs(
    mine: list[list[str]], theirs: list[list[str]], expected: bool
) -> None:
    assert agrees(mine, theirs) is expected
