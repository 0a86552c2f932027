"""Ballots and the margins they add up to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyvoices.aggregate import (
    BallotError,
    Ballots,
    BallotWeightError,
    DuplicateCandidateError,
    UnknownCandidateError,
    UnreadableBallotError,
    borda,
    copeland,
    kemeny,
    margins,
    ranked_pairs,
    schulze,
)
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


@pytest.mark.parametrize(
    ("rankings", "name", "words"),
    [
        ([["a", "b"], ["a", "x"]], UnknownCandidateError, r":2: \[1\]: found candidate 'x'"),
        ([["a", "b", "a"]], DuplicateCandidateError, r":1: \[2\]: .* a second time"),
        ([[["a", "b"], "b"]], DuplicateCandidateError, r":1: \[1\]"),
        ([{"a": 1, "b": 2}], UnreadableBallotError, "found a dict"),
        ([{"a", "b"}], UnreadableBallotError, "found a set"),
        ([["a"], 3], UnreadableBallotError, ":2: found a int"),
        ([["a", [["b"]]]], UnreadableBallotError, "a list inside a group"),
        ([["a", None]], UnknownCandidateError, "None"),
    ],
)
def test_each_fault_of_a_ballot_has_its_own_name(
    rankings: list[Any], name: type[BallotError], words: str
) -> None:
    with pytest.raises(name, match=words):
        Ballots.from_rankings(rankings, candidates=["a", "b"])


def test_faults_of_several_kinds_are_raised_together() -> None:
    with pytest.raises(BallotError) as caught:
        Ballots.from_rankings([["x"], ["a", "a"], 7], candidates=["a", "b"])
    assert type(caught.value) is BallotError
    assert [fault.line for fault in caught.value.faults] == [3, 1, 2]


@pytest.mark.parametrize("labels", [["a", "a"], [1, True]])
def test_a_candidate_listed_twice_is_refused(labels: list[Any]) -> None:
    with pytest.raises(DuplicateCandidateError, match="a label twice"):
        Ballots.from_rankings([], candidates=labels)


@pytest.mark.parametrize("nobody", [None, float("nan")])
def test_nobody_is_no_candidate(nobody: Any) -> None:
    with pytest.raises(UnreadableBallotError, match="None or NaN"):
        Ballots.from_rankings([["a"]], candidates=["a", nobody])
    with pytest.raises(UnknownCandidateError):
        Ballots.from_rankings([["a", nobody]])


def test_a_weight_that_is_none_is_named_by_its_ballot() -> None:
    with pytest.raises(BallotWeightError) as caught:
        Ballots.from_rankings([["a"]] * 3, weights=[1, -2, float("nan")])
    assert [(fault.line, fault.found) for fault in caught.value.faults] == [(2, "-2"), (3, "nan")]


def test_an_empty_ballot_counts_as_a_ballot_and_says_nothing() -> None:
    ballots = Ballots.from_rankings([["a", "b"], [], [[]]])
    assert (len(ballots), ballots.n_empty) == (3, 2)
    for unranked in ("no_opinion", "last"):
        same = Ballots.from_rankings([["a", "b"], []], unranked=unranked)
        assert margins(same).tolist() == [[0, 1], [-1, 0]]


def test_no_ballots_and_one_candidate_have_declared_results() -> None:
    none = Ballots.from_rankings([], candidates=["a", "b"])
    assert ranked_pairs(none).order == ("a", "b")
    assert not ranked_pairs(none).is_unique
    assert kemeny(none).n_optimal == 2
    alone = Ballots.from_rankings([["a"], ["a"]])
    assert ranked_pairs(alone).order == kemeny(alone).order == ("a",)
    assert ranked_pairs(alone).is_unique
    for rule in (schulze, copeland, borda):
        assert rule(none).order == (("a", "b"),)
        assert rule(alone).order == (("a",),)


def test_labels_of_several_kinds_stand_side_by_side() -> None:
    ballots = Ballots.from_rankings([[1, "1", 2.5], ["1", 1]])
    assert set(ballots.candidates) == {1, "1", 2.5}
    assert ranked_pairs(ballots).order[2] == 2.5


PLACES = st.lists(
    st.lists(st.one_of(st.none(), st.integers(-3, 3)), min_size=3, max_size=3), max_size=6
)


@given(PLACES)
def test_a_table_of_places_says_what_the_lists_say(rows: list[list[int | None]]) -> None:
    table = np.array([[np.nan if p is None else p for p in row] for row in rows]).reshape(-1, 3)
    rankings = [
        [[c for c in range(3) if row[c] == place] for place in sorted({*row} - {None})]
        for row in rows
    ]
    for unranked in ("no_opinion", "last"):
        read = Ballots.from_places(table, unranked=unranked)
        listed = Ballots.from_rankings(rankings, range(3), unranked=unranked)
        assert read.places.tolist() == listed.places.tolist()
        assert margins(read).tolist() == margins(listed).tolist()


@given(st.integers(1, 5), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_margins_are_those_of_counting_pair_by_pair(n: int, voters: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = rng.integers(0, n, (voters, n)).astype(float)
    table[rng.random(table.shape) < 0.3] = np.nan
    weights = rng.integers(0, 3, voters)
    for unranked, bottom in (("no_opinion", np.nan), ("last", n)):
        full = np.where(np.isnan(table), bottom, table)
        plain = [[int((weights * (np.sign(full[:, j] - full[:, i]) == 1)).sum()
                      - (weights * (np.sign(full[:, j] - full[:, i]) == -1)).sum())
                  for j in range(n)] for i in range(n)]  # fmt: skip
        assert (
            margins(Ballots.from_places(table, weights=weights, unranked=unranked)).tolist()
            == plain
        )
    ones = Ballots.from_places(table)
    assert (margins(ones) == margins(Ballots.from_places(table, weights=[2.0] * voters)) // 2).all()


def test_a_table_of_places_must_have_a_column_for_each_candidate() -> None:
    with pytest.raises(ValueError, match="2 columns"):
        Ballots.from_places([[1, 2]], candidates=["a"])
    with pytest.raises(ValueError, match="shape"):
        Ballots.from_places([1, 2])
