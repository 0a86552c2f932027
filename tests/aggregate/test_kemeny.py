"""Kemeny's orders against every order there is."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyvoices.aggregate import Ballots, TooManyCandidatesError, kemeny, margins


def kept(table: np.ndarray, order: tuple[int, ...]) -> int:
    return sum(int(table[a, b]) for place, a in enumerate(order) for b in order[place + 1 :])


@st.composite
def tables(draw: st.DrawFn) -> np.ndarray:
    n = draw(st.integers(1, 6))
    table = np.zeros((n, n), dtype=np.int64)
    upper = np.triu_indices(n, 1)
    table[upper] = draw(
        st.lists(st.integers(-3, 3), min_size=len(upper[0]), max_size=len(upper[0]))
    )
    return table - table.T


@given(tables())
def test_no_order_keeps_more_and_all_that_keep_as_much_are_counted(table: np.ndarray) -> None:
    result = kemeny(table)
    worth = {order: kept(table, order) for order in permutations(range(len(table)))}
    best = [order for order, value in worth.items() if value == max(worth.values())]
    assert result.agreement == max(worth.values())
    assert result.n_optimal == len(best)
    assert result.is_unique == (len(best) == 1)
    assert result.order == best[0]
    assert result.winners == tuple(sorted({order[0] for order in best}))


@given(tables(), st.integers(2, 9))
def test_weights_that_are_not_whole_change_nothing(table: np.ndarray, parts: int) -> None:
    assert kemeny(table / parts).order == kemeny(table).order
    assert kemeny(table / parts).n_optimal == kemeny(table).n_optimal


def test_many_candidates_are_no_matter_where_majorities_run_in_few_circles() -> None:
    rng = np.random.default_rng(4)
    truth = np.arange(60)
    noisy = truth + rng.normal(0, 1.2, (41, 60))
    ballots = Ballots.from_places(noisy)
    result = kemeny(ballots)
    assert sorted(result.order) == list(range(60))
    swapped = [*result.order]
    for place in range(59):
        swapped[place], swapped[place + 1] = swapped[place + 1], swapped[place]
        assert kept(margins(ballots), tuple(swapped)) <= result.agreement
        swapped[place], swapped[place + 1] = swapped[place + 1], swapped[place]


def test_a_circle_that_is_too_large_is_refused_with_its_size() -> None:
    n = 21
    ahead = (np.arange(n)[None, :] - np.arange(n)[:, None]) % n
    circle = np.where(ahead == 0, 0, np.where(ahead <= n // 2, 1, -1))
    with pytest.raises(TooManyCandidatesError, match=r"21 candidates .* at most 16") as caught:
        kemeny(circle)
    assert (caught.value.n, caught.value.limit) == (21, 16)
    with pytest.raises(ValueError, match="at most 20"):
        kemeny(circle, limit=30)


def test_no_candidates_have_one_empty_order() -> None:
    result = kemeny(Ballots.from_rankings([]))
    assert (result.order, result.winners, result.n_optimal) == ((), (), 1)
