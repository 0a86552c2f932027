"""Ballots and the margins they add up to."""

from __future__ import annotations

import numpy as np
import pytest

from manyvoices.aggregate import Ballots, margins
from manyvoices.schema.errors import DataError


def test_a_margin_is_the_ballots_for_less_the_ballots_against() -> None:
    ballots = Ballots.from_rankings([["a", "b", "c"], ["b", "c", "a"], ["a", "c", "b"]])
    assert ballots.candidates == ("a", "b", "c")
    assert margins(ballots).tolist() == [[0, 1, 1], [-1, 0, 1], [-1, -1, 0]]
    assert margins(ballots).dtype == np.int64


def test_a_pair_tied_on_a_ballot_counts_for_neither() -> None:
    ballots = Ballots.from_rankings([[["a", "b"], "c"], [("c",), {"a"}, ["b"]]])
    assert margins(ballots).tolist() == [[0, 1, 0], [-1, 0, 0], [0, 0, 0]]


def test_unranked_means_no_opinion_or_last_as_asked() -> None:
    rankings = [["a", "b"], ["c"]]
    silent = Ballots.from_rankings(rankings)
    assert margins(silent).tolist() == [[0, 1, 0], [-1, 0, 0], [0, 0, 0]]
    last = Ballots.from_rankings(rankings, unranked="last")
    assert margins(last).tolist() == [[0, 1, 0], [-1, 0, 0], [0, 0, 0]]
    assert margins(Ballots.from_rankings([["a", "b"]], "abc", unranked="last")).tolist() == [
        [0, 1, 1],
        [-1, 0, 1],
        [-1, -1, 0],
    ]


def test_weights_count_as_repeated_ballots() -> None:
    rankings = [["a", "b", "c"], [["c", "b"], "a"], ["b"]]
    weighted = Ballots.from_rankings(rankings, weights=[3, 2, 5])
    repeated = Ballots.from_rankings([rankings[0]] * 3 + [rankings[1]] * 2 + [rankings[2]] * 5)
    assert margins(weighted).tolist() == margins(repeated).tolist()
    halves = Ballots.from_rankings(rankings, weights=[1.5, 1, 2.5])
    assert (2 * margins(halves)).tolist() == margins(weighted).tolist()


def test_every_ballot_at_fault_is_named() -> None:
    with pytest.raises(DataError) as caught:
        Ballots.from_rankings([["a", "b"], ["a", "x"], ["b", ["a", "b"]]], candidates=["a", "b"])
    assert [(fault.line, fault.path) for fault in caught.value.faults] == [(2, "[1]"), (3, "[1]")]
    assert "'x'" in str(caught.value)
    assert "a second time" in str(caught.value)


def test_labels_of_several_kinds_still_have_an_order() -> None:
    assert Ballots.from_rankings([[2, "b"], [1, "b"]]).candidates == (1, 2, "b")


@pytest.mark.parametrize("weights", [[1], [1, -1], [1, float("nan")]])
def test_weights_must_fit(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="weights"):
        Ballots.from_rankings([["a"], ["b"]], weights=weights)


def test_the_reading_of_unranked_must_be_one_of_two() -> None:
    with pytest.raises(ValueError, match="no_opinion"):
        Ballots.from_rankings([["a"]], unranked="worst")  # type: ignore[arg-type]


def test_no_ballots_give_no_margins() -> None:
    assert margins(Ballots.from_rankings([], candidates=["a", "b"])).tolist() == [[0, 0], [0, 0]]
