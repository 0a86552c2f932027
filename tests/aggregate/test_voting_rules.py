"""Schulze, Copeland, Borda and the sets they must respect, against plain definitions."""

from __future__ import annotations

from itertools import combinations, pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyvoices.aggregate import (
    Ballots,
    borda,
    condorcet_loser,
    condorcet_winner,
    copeland,
    kemeny,
    margins,
    ranked_pairs,
    schulze,
    smith_set,
)
from manyvoices.aggregate.schulze import beat_paths

RULES = {"schulze": schulze, "copeland": copeland, "kemeny": kemeny, "ranked_pairs": ranked_pairs}


@st.composite
def tables(draw: st.DrawFn, largest: int = 5) -> np.ndarray:
    n = draw(st.integers(1, largest))
    table = np.zeros((n, n), dtype=np.int64)
    upper = np.triu_indices(n, 1)
    table[upper] = draw(
        st.lists(st.integers(-3, 3), min_size=len(upper[0]), max_size=len(upper[0]))
    )
    return table - table.T


@st.composite
def ballots_with_gaps(draw: st.DrawFn) -> Ballots:
    n = draw(st.integers(1, 5))
    row = st.lists(st.one_of(st.none(), st.integers(0, n)), min_size=n, max_size=n)
    rows = draw(st.lists(row, min_size=1, max_size=6))
    weights = draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows)))
    table = [[np.nan if place is None else place for place in each] for each in rows]
    reading = draw(st.sampled_from(["no_opinion", "last"]))
    return Ballots.from_places(table, weights=weights, unranked=reading)


def flat(result) -> list:
    """The groups of an order; a full order is groups of one."""
    return [set(group) if isinstance(group, tuple) else {group} for group in result.order]


def widest_path(table: np.ndarray, start: int, end: int) -> int:
    others = [code for code in range(len(table)) if code not in (start, end)]
    paths = [
        [start, *middle, end]
        for size in range(len(others) + 1)
        for middle in permutations(others, size)
    ]
    return max(min(max(int(table[a, b]), 0) for a, b in pairwise(p)) for p in paths)


def dominating_sets(table: np.ndarray) -> list[set[int]]:
    n = len(table)
    return [
        set(inside)
        for size in range(1, n + 1)
        for inside in combinations(range(n), size)
        if all(table[a, b] > 0 for a in inside for b in range(n) if b not in inside)
    ]


@given(tables())
def test_beat_paths_are_the_widest_of_all_paths(table: np.ndarray) -> None:
    width = beat_paths(np.maximum(table, 0))
    for a, b in permutations(range(len(table)), 2):
        assert width[a, b] == widest_path(table, a, b)
    assert (beat_paths(np.maximum(np.stack([table, -table]), 0))[0] == width).all()


@given(tables())
def test_schulze_puts_above_whoever_has_the_wider_path(table: np.ndarray) -> None:
    result = schulze(table)
    place = {code: rank for rank, group in enumerate(result.order) for code in group}
    beaten = set()
    for a, b in permutations(range(len(table)), 2):
        if widest_path(table, a, b) > widest_path(table, b, a):
            assert place[a] < place[b]
            beaten.add(b)
    assert set(result.winners) == set(range(len(table))) - beaten


@given(tables())
def test_the_smith_set_is_the_smallest_set_that_beats_all_outside_it(table: np.ndarray) -> None:
    assert set(smith_set(table)) == min(dominating_sets(table), key=len)


@given(tables(), st.sampled_from(sorted(RULES)))
def test_every_set_that_beats_all_outside_it_stands_on_top(table: np.ndarray, name: str) -> None:
    order = flat(RULES[name](table))
    for inside in dominating_sets(table):
        seen: set[int] = set()
        while seen < inside:
            seen |= order[0]
            order = order[1:]
        assert seen == inside
        order = flat(RULES[name](table))


@given(tables(), st.sampled_from(sorted(RULES)))
def test_a_condorcet_winner_is_first_and_a_loser_last(table: np.ndarray, name: str) -> None:
    order = flat(RULES[name](table))
    winner, loser = condorcet_winner(table), condorcet_loser(table)
    wins = (table > 0).sum(axis=1).tolist()
    assert (winner is None) == (len(table) - 1 not in wins)
    if winner is not None:
        assert order[0] == {winner}
    if loser is not None:
        assert order[-1] == {loser}
        assert condorcet_winner(-table) == loser


@given(tables(), st.sampled_from(["schulze", "copeland", "borda"]))
def test_turning_every_ballot_round_turns_the_order_round(table: np.ndarray, name: str) -> None:
    rule = {"schulze": schulze, "copeland": copeland, "borda": borda}[name]
    there, back = rule(table), rule(-table)
    place = {code: rank for rank, group in enumerate(there.order) for code in group}
    turned = {code: -rank for rank, group in enumerate(back.order) for code in group}
    for a, b in permutations(range(len(table)), 2):
        if name == "schulze":  # groups join unrelated candidates; what is related must turn
            if widest_path(table, a, b) > widest_path(table, b, a):
                assert turned[a] < turned[b]
        else:
            assert (place[a] < place[b]) == (turned[a] < turned[b])


@given(tables(), st.integers(1, 3), st.sampled_from(["schulze", "copeland", "borda"]))
def test_more_support_never_costs_a_winner_the_win(table: np.ndarray, more: int, name: str) -> None:
    rule = {"schulze": schulze, "copeland": copeland, "borda": borda}[name]
    winner = rule(table).winners[0]
    raised = table.copy()
    raised[winner] += more
    raised[:, winner] -= more
    raised[winner, winner] = 0
    assert winner in rule(raised).winners


@given(tables(4), st.integers(0, 99))
def test_a_copy_of_a_candidate_changes_no_schulze_winner(table: np.ndarray, seed: int) -> None:
    n = len(table)
    original = seed % n
    codes = [*range(n), original]
    doubled = table[np.ix_(codes, codes)]
    doubled[original, n], doubled[n, original] = 1, -1
    before, after = schulze(table).winners, schulze(doubled).winners
    assert {code for code in after if code not in (original, n)} == set(before) - {original}
    assert bool({original, n} & set(after)) == (original in before)


@given(ballots_with_gaps())
def test_borda_counts_pairs_on_every_ballot(ballots: Ballots) -> None:
    points = [0.0] * len(ballots.candidates)
    for row, weight in zip(ballots.places.tolist(), ballots.weights.tolist(), strict=True):
        for a, b in permutations(range(len(row)), 2):
            mine, yours = row[a], row[b]
            if -1 in (mine, yours) and ballots.unranked == "no_opinion":
                points[a] += weight / 2
            else:
                last = len(row) + 1
                mine, yours = (last if each == -1 else each for each in (mine, yours))
                points[a] += weight * (1.0 if mine < yours else 0.5 if mine == yours else 0.0)
    assert borda(ballots).scores.tolist() == points


def test_borda_gives_the_textbook_points_to_a_strict_ballot() -> None:
    result = borda(Ballots.from_rankings([["b", "a", "c", "d"]]))
    assert dict(zip(result.candidates, result.scores, strict=True)) == {
        "b": 3.0,
        "a": 2.0,
        "c": 1.0,
        "d": 0.0,
    }
    assert result.order == (("b",), ("a",), ("c",), ("d",))
    assert result.is_strict


@given(tables())
def test_copeland_counts_majorities(table: np.ndarray) -> None:
    n = len(table)
    for tie in (0.0, 0.5, 1.0):
        expected = [
            sum(1.0 if table[a, b] > 0 else tie if table[a, b] == 0 else 0.0
                for b in range(n) if b != a)
            for a in range(n)
        ]  # fmt: skip
        assert copeland(table, tie=tie).scores.tolist() == expected


def test_equal_scores_stay_one_group() -> None:
    circle = np.array([[0, 1, -1], [-1, 0, 1], [1, -1, 0]])
    for rule in (schulze, copeland, borda):
        assert rule(circle).order == ((0, 1, 2),)
        assert rule(circle).winners == (0, 1, 2)
        assert not rule(circle).is_strict
    assert smith_set(circle) == (0, 1, 2)
    assert condorcet_winner(circle) is None


def test_winning_votes_and_margins_differ_only_where_ballots_have_gaps() -> None:
    full = Ballots.from_rankings(["abc", "bca", "cab", "abc"])
    assert schulze(full).order == schulze(full, strength="winning_votes").order
    # a beats b 3 to 2, b beats c 4 to 0, c beats a 2 to 0: circles are cut at different places.
    rankings = [["a", "b"]] * 3 + [["b", "a"]] * 2 + [["b", "c"]] * 4 + [["c", "a"]] * 2
    gaps = Ballots.from_rankings(rankings)
    assert margins(gaps).tolist() == [[0, 1, -2], [-1, 0, 4], [2, -4, 0]]
    assert schulze(gaps).winners == ("b",)
    assert schulze(gaps, strength="winning_votes").winners == ("a",)


def test_one_candidate_and_none_have_declared_results() -> None:
    alone = Ballots.from_rankings([["a"]])
    assert condorcet_winner(alone) == "a"
    assert condorcet_loser(alone) is None
    assert smith_set(alone) == ("a",)
    nobody = Ballots.from_rankings([])
    assert condorcet_winner(nobody) is None
    assert smith_set(nobody) == ()
    for rule in (schulze, copeland, borda):
        assert rule(alone).order == (("a",),)
        assert rule(nobody).order == ()
        assert rule(nobody).winners == ()


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: copeland(np.zeros((2, 2)), tie=2), "between 0 and 1"),
        (lambda: schulze(np.zeros((2, 2)), strength="winning_votes"), "ballots"),
        (lambda: schulze(np.zeros((2, 2)), strength="votes"), "winning_votes"),
    ],
)
def test_settings_that_do_not_exist_are_refused(call, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        call()


@given(ballots_with_gaps(), st.randoms(use_true_random=False))
def test_names_and_the_order_of_candidates_change_nothing(ballots: Ballots, random) -> None:
    codes = list(range(len(ballots.candidates)))
    random.shuffle(codes)
    turned = Ballots.from_places(
        np.where(ballots.places < 0, np.nan, ballots.places)[:, codes],
        candidates=codes,
        weights=ballots.weights,
        unranked=ballots.unranked,
    )
    for rule in (schulze, copeland, borda):
        assert flat(rule(turned)) == flat(rule(ballots))
    assert set(smith_set(turned)) == set(smith_set(ballots))


def test_six_thousand_profiles_with_a_clone_added_keep_the_order_of_the_others() -> None:
    rng = np.random.default_rng(20261121)
    failures = 0
    for _ in range(6000):
        n, voters = int(rng.integers(2, 6)), int(rng.integers(1, 8))
        places = rng.permuted(np.broadcast_to(np.arange(n), (voters, n)), axis=1)
        original = int(rng.integers(n))
        clone_first = rng.integers(0, 2, voters)
        mine = places[:, original]
        wider = np.column_stack([places * 2, mine * 2 + 1 - 2 * clone_first])
        order = [code for each in range(n) for code in ([each, n] if each == original else [each])]
        before = ranked_pairs(Ballots.from_places(places)).order
        after = ranked_pairs(Ballots.from_places(wider), order=order).order
        failures += tuple(code for code in after if code != n) != _with_clone(
            before, after, original, n
        )
    assert failures == 0


def _with_clone(before: tuple, after: tuple, original: int, clone: int) -> tuple:
    """`before`, as long as the clones stand side by side in `after`; else nothing that matches."""
    apart = abs(after.index(original) - after.index(clone))
    return before if apart == 1 else ()
