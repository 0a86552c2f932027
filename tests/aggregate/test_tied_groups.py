"""Orders with their ties: who shares a place, and who is left out."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from manyvoices.aggregate import Ballots, consensus_groups, ranked_pairs, tied_groups

NAMES = list("abcde")
ballots = st.lists(st.permutations(NAMES), min_size=1, max_size=6)


def test_an_even_split_is_a_tie_and_a_majority_is_none() -> None:
    assert consensus_groups([[["b"], ["a"]], [["a"], ["b"]]], ["a", "b"]) == [["a", "b"]]
    assert consensus_groups([[["b"], ["a"]]], ["a", "b"]) == [["b"], ["a"]]


def test_whom_nobody_placed_is_left_out() -> None:
    assert consensus_groups([[["b"]], [["b", "c"]]], ["a", "b", "c"]) == [["b", "c"]]


def test_a_tie_that_a_third_sets_apart_is_none() -> None:
    """Margins a-b 0, b-c 0, a-c above 0: b ties with both, a and c do not tie."""
    table = np.array([[0, 0, 2], [0, 0, 0], [-2, 0, 0]])
    assert tied_groups(ranked_pairs(table)) == [[0, 1], [2]]


@given(ballots)
def test_groups_hold_every_candidate_once_in_the_order(given_: list[list[str]]) -> None:
    election = Ballots.from_rankings([[[name] for name in b] for b in given_], candidates=NAMES)
    merged = ranked_pairs(election)
    groups = tied_groups(merged)
    assert [name for group in groups for name in group] == list(merged.order)
    place = {name: i for i, name in enumerate(merged.candidates)}
    for group in groups:
        assert all(merged.margins[place[x], place[y]] == 0 for x in group for y in group)
