"""Ranked pairs: 177 profiles, published examples, and what the rule promises."""

from __future__ import annotations

import json
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.real_data import REAL, needs_real_data

from manyvoices.aggregate import (
    Ballots,
    margins,
    ranked_pairs,
    ranked_pairs_many,
    ranked_pairs_put,
)

SIZES = st.integers(2, 5)
WORTH = st.integers(-3, 3)


@st.composite
def margin_tables(draw: st.DrawFn, sizes: st.SearchStrategy[int] = SIZES) -> np.ndarray:
    """Margins with many ties, so that tie rules have work to do."""
    n = draw(sizes)
    table = np.zeros((n, n), dtype=np.int64)
    upper = np.triu_indices(n, 1)
    table[upper] = draw(st.lists(WORTH, min_size=len(upper[0]), max_size=len(upper[0])))
    return table - table.T


@st.composite
def elections(draw: st.DrawFn) -> list[list[list[int]]]:
    """Ballots with ties and gaps over up to five candidates."""
    n = draw(SIZES)
    ballots = []
    for _ in range(draw(st.integers(1, 6))):
        places = draw(st.lists(st.integers(-1, n - 1), min_size=n, max_size=n))
        groups = [[c for c in range(n) if places[c] == place] for place in range(n)]
        ballots.append([group for group in groups if group])
    return [[list(range(n))], *ballots]


def load(name: str) -> list[dict[str, Any]]:
    if REAL is None:
        return []
    found = json.loads((REAL / "ballots" / name).read_text())
    return found["profiles"] if isinstance(found, dict) else found


PROFILES = load("profiles.json")
EXAMPLES = load("ranked_pairs_examples.json")


def is_stack(order: tuple[int, ...], table: np.ndarray) -> bool:
    """Zavist and Tideman 1989: an order is a ranked-pairs order exactly when each a above b is
    joined by a path down the order whose margins are all at least the margin of b over a."""
    n = len(order)
    width = np.full((n, n), np.iinfo(np.int64).min)
    for gap in range(1, n):
        for top in range(n - gap):
            a, b = order[top], order[top + gap]
            between = [order[place] for place in range(top + 1, top + gap)]
            width[a, b] = max([table[a, b], *(min(width[a, c], width[c, b]) for c in between)])
            if width[a, b] < table[b, a]:
                return False
    return True


def all_orders(table: np.ndarray) -> set[tuple[int, ...]]:
    return {order for order in permutations(range(len(table))) if is_stack(order, table)}


def of_profile(profile: dict[str, Any]) -> Ballots:
    return Ballots.from_rankings(
        profile["ballots"], range(profile["n"]), unranked=profile["unranked"]
    )


@needs_real_data
def test_there_are_177_profiles_to_compare_with() -> None:
    assert len(PROFILES) == 177
    assert sum(profile["put_winners"] is not None for profile in PROFILES) == 91


@needs_real_data
@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile["id"])
def test_a_profile_gives_the_order_that_pref_voting_computed(profile: dict[str, Any]) -> None:
    ballots = of_profile(profile)
    merged = ranked_pairs(ballots)
    assert margins(ballots).tolist() == profile["margins"]
    assert list(merged.order) == profile["rp_lex_ranking"]
    if profile["oasst_ranking"] is not None:
        assert list(merged.order) == profile["oasst_ranking"]
    if profile["put_winners"] is not None:
        universes = ranked_pairs_put(ballots)
        assert universes.complete
        assert list(universes.winners) == profile["put_winners"]
        assert profile["put_n_orders"] in (None, len(universes.orders))
        assert merged.order in universes.orders
        assert merged.is_unique == (len(universes.orders) == 1)


def of_example(example: dict[str, Any]) -> Ballots | np.ndarray:
    names = example["candidates"]
    if example.get("ballots") is None:
        table = np.zeros((len(names), len(names)), dtype=np.int64)
        for winner, loser, size in example["margins"]:
            table[names.index(winner), names.index(loser)] = size
            table[names.index(loser), names.index(winner)] = -size
        return table
    counts, rankings = zip(*example["ballots"], strict=True)
    silent = "ignored" in example["unlisted"]
    return Ballots.from_rankings(
        rankings, sorted(names), counts, "no_opinion" if silent else "last"
    )


def labelled(example: dict[str, Any], codes: tuple[Any, ...]) -> list[str]:
    return [example["candidates"][code] if isinstance(code, int) else code for code in codes]


TIES_REPORTED = ("set of undefeated", "ties reported", "parallel universe")


@needs_real_data
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["id"])
def test_a_published_example_comes_out_as_published(example: dict[str, Any]) -> None:
    data = of_example(example)
    universes = ranked_pairs_put(data)
    assert universes.complete
    winners = labelled(example, universes.winners)
    order = labelled(example, ranked_pairs(data).order)
    if example["expected_winners"] is not None:
        if any(words in example.get("tie_rule", "") for words in TIES_REPORTED):
            assert sorted(winners) == sorted(example["expected_winners"])
        else:
            assert order[0] in example["expected_winners"]
    if example.get("expected_ranking") is not None:
        # A published group is a tie, which our order breaks; a published order may be cut short.
        flat = iter(order)
        for group in example["expected_ranking"]:
            assert {next(flat) for _ in group} == set(group)


@needs_real_data
def test_without_opinions_on_the_unranked_the_published_winner_changes_as_stated() -> None:
    example = next(each for each in EXAMPLES if each["id"] == "condorcet_php/result_4")
    counts, rankings = zip(*example["ballots"], strict=True)
    last = Ballots.from_rankings(rankings, example["candidates"], counts, "last")
    assert ranked_pairs(of_example(example)).order[0] == "A"
    assert ranked_pairs(last).order[0] != "A"


@given(margin_tables())
def test_the_orders_over_all_universes_are_those_of_the_stack_characterisation(
    table: np.ndarray,
) -> None:
    universes = ranked_pairs_put(table)
    expected = all_orders(table)
    assert universes.complete
    assert set(universes.orders) == expected
    assert set(universes.winners) == {order[0] for order in expected}


@given(margin_tables())
def test_an_order_is_called_unique_exactly_when_it_is(table: np.ndarray) -> None:
    merged = ranked_pairs(table)
    expected = all_orders(table)
    assert merged.order in expected
    assert merged.is_unique == (len(expected) == 1)


@given(margin_tables())
def test_whoever_a_tie_order_puts_first_wins_in_some_universe(table: np.ndarray) -> None:
    possible = set(ranked_pairs_put(table).winners)
    n = len(table)
    for first in range(n):
        order = [first, *(code for code in range(n) if code != first)]
        assert ranked_pairs(table, order=order).order[0] in possible


@given(margin_tables())
def test_a_condorcet_winner_is_first_and_a_condorcet_loser_last(table: np.ndarray) -> None:
    order = ranked_pairs(table).order
    others = len(table) - 1
    for code in range(len(table)):
        if (table[code] > 0).sum() == others:
            assert order[0] == code
        if (table[code] < 0).sum() == others:
            assert order[-1] == code


@given(margin_tables())
def test_the_order_respects_every_set_that_beats_all_outside_it(table: np.ndarray) -> None:
    order = ranked_pairs(table).order
    n = len(table)
    for size in range(1, n):
        for inside in permutations(range(n), size):
            outside = [code for code in range(n) if code not in inside]
            if (table[np.ix_(inside, outside)] > 0).all():
                assert set(order[:size]) == set(inside)


@given(margin_tables())
def test_a_majority_stands_or_larger_ones_overrule_it(table: np.ndarray) -> None:
    merged = ranked_pairs(table)
    place = {code: rank for rank, code in enumerate(merged.order)}
    for winner, loser in np.argwhere(table > 0).tolist():
        assert merged.locked[winner, loser] == (place[winner] < place[loser])
    assert not merged.locked[table <= 0].any()


@given(st.data())
def test_turning_all_ballots_round_turns_the_order_round(data: st.DataObject) -> None:
    n = data.draw(SIZES)
    upper = np.triu_indices(n, 1)
    size = data.draw(st.permutations(range(1, len(upper[0]) + 1)))
    sign = data.draw(st.lists(st.sampled_from([-1, 1]), min_size=len(size), max_size=len(size)))
    table = np.zeros((n, n), dtype=np.int64)
    table[upper] = np.array(size) * np.array(sign)
    table -= table.T
    assert ranked_pairs(table).is_unique
    assert ranked_pairs(-table).order == ranked_pairs(table).order[::-1]


@given(margin_tables(), st.integers(0, 99))
def test_a_copy_of_a_candidate_next_to_it_changes_nothing_for_the_others(
    table: np.ndarray, seed: int
) -> None:
    n = len(table)
    original = seed % n
    codes = [*range(n), original]
    doubled = table[np.ix_(codes, codes)]
    doubled[original, n], doubled[n, original] = 1, -1
    order = [code for each in range(n) for code in ([each, n] if each == original else [each])]
    merged = ranked_pairs(doubled, order=order).order
    assert tuple(code for code in merged if code != n) == ranked_pairs(table).order


@given(margin_tables(), st.integers(1, 3))
def test_more_support_never_costs_a_winner_the_first_place(table: np.ndarray, more: int) -> None:
    winner = ranked_pairs(table).order[0]
    raised = table.copy()
    raised[winner] += more
    raised[:, winner] -= more
    raised[winner, winner] = 0
    order = [winner, *(code for code in range(len(table)) if code != winner)]
    assert ranked_pairs(raised, order=order).order[0] == winner


@given(margin_tables(), st.randoms(use_true_random=False))
def test_new_names_and_the_same_tie_order_give_the_same_result(table: np.ndarray, random) -> None:
    codes = list(range(len(table)))
    random.shuffle(codes)
    renamed = ranked_pairs(
        table[np.ix_(codes, codes)], order=[codes.index(code) for code in range(len(table))]
    )
    assert tuple(codes[code] for code in renamed.order) == ranked_pairs(table).order


@given(elections(), st.integers(0, 9))
def test_weights_equal_repeated_ballots_under_lex_and_random(ballots, seed: int) -> None:
    weights = [1 + (seed + place) % 3 for place in range(len(ballots))]
    repeated = [
        ballot for ballot, times in zip(ballots, weights, strict=True) for _ in range(times)
    ]
    weighted = Ballots.from_rankings(ballots, weights=weights)
    for ties in ("lex", "random"):
        one = ranked_pairs(weighted, ties=ties, seed=None if ties == "lex" else seed)
        two = ranked_pairs(
            Ballots.from_rankings(repeated), ties=ties, seed=None if ties == "lex" else seed
        )
        assert one.order == two.order


def test_random_ties_do_not_favour_a_name_or_a_place() -> None:
    first = [
        ranked_pairs(Ballots.from_rankings([["a", "b"], ["b", "a"]]), ties="random", seed=seed)
        for seed in range(200)
    ]
    assert 70 < sum(merged.order[0] == "a" for merged in first) < 130
    turned = Ballots.from_rankings([["a", "b"], ["b", "a"]], candidates=["b", "a"])
    for seed, merged in enumerate(first[:20]):
        assert ranked_pairs(turned, ties="random", seed=seed).order == merged.order


def test_ballot_ties_follow_the_first_ballot_then_the_next() -> None:
    rankings = [[["b", "c"], "a"], ["c", "b", "a"], ["a", "b", "c"], ["a", ["b", "c"]]]
    ballots = Ballots.from_rankings(rankings)
    assert not margins(ballots).any()
    assert ranked_pairs(ballots, ties="ballot").order == ("c", "b", "a")
    orders = {ranked_pairs(ballots, ties="ballot", seed=seed).order for seed in range(40)}
    assert len(orders) > 2


def test_a_heavy_ballot_breaks_ties_more_often() -> None:
    ballots = Ballots.from_rankings([["a", "b"], ["b", "a"], ["b", "a"]], weights=[10, 5, 5])
    first = [ranked_pairs(ballots, ties="ballot", seed=seed).order[0] for seed in range(300)]
    assert 110 < first.count("a") < 190
    single = Ballots.from_rankings([["a", "b"], ["b", "a"]], weights=[9, 9.0])
    assert {ranked_pairs(single, ties="ballot", seed=seed).order[0] for seed in range(30)} == {
        "a",
        "b",
    }


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"ties": "random"}, "seed"),
        ({"ties": "ballot"}, "ballots"),
        ({"ties": "random", "seed": 1, "order": [0, 1]}, "order"),
        ({"ties": "coin", "seed": 1}, "lex"),
        ({"order": [0]}, "every candidate"),
        ({"order": [0, 0]}, "every candidate"),
    ],
)
def test_tie_rules_that_cannot_be_followed_are_refused(change: dict[str, Any], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        ranked_pairs(np.zeros((2, 2), dtype=int), **change)


@pytest.mark.parametrize("table", [np.zeros((2, 3)), np.array([[0, 1], [1, 0]]), np.zeros(4)])
def test_margins_that_are_none_are_refused(table: np.ndarray) -> None:
    with pytest.raises(ValueError, match="margins"):
        ranked_pairs(table)


def test_what_crashed_the_reference_merge_is_answered() -> None:
    assert ranked_pairs(Ballots.from_rankings([["a"]])).order == ("a",)
    assert ranked_pairs(Ballots.from_rankings([])).order == ()
    short = Ballots.from_rankings(["abc", "abc", "bac", "cb"])
    assert ranked_pairs(short).order == ("a", "b", "c")


def test_tied_pairs_are_counted() -> None:
    table = np.array([[0, 2, 2, 0], [-2, 0, 1, 3], [-2, -1, 0, 3], [0, -3, -3, 0]])
    assert ranked_pairs(table).n_tied == 5


def test_two_hundred_candidates_are_merged_in_one_go() -> None:
    rng = np.random.default_rng(0)
    ballots = Ballots.from_rankings([rng.permutation(200).tolist() for _ in range(101)])
    merged = ranked_pairs(ballots)
    assert sorted(merged.order) == list(range(200))


def test_a_search_that_is_cut_says_so_and_its_orders_are_true_ones() -> None:
    table = np.where(np.triu(np.ones((6, 6)), 1) > 0, 1, 0)
    table[0, 5] = table[1, 4] = table[0, 3] = -1
    table = np.triu(table, 1) - np.triu(table, 1).T
    whole, cut = ranked_pairs_put(table), ranked_pairs_put(table, max_states=5)
    assert whole.complete
    assert not cut.complete
    assert set(cut.winners) <= set(whole.winners)
    assert cut.winners
    assert set(cut.orders) < set(whole.orders)


def test_dozens_of_tied_pairs_end_the_search_instead_of_overflowing_it() -> None:
    # A guard that multiplies factorials in 64 bits is negative for 14! * 14! and lets them pass.
    table = np.zeros((12, 12), dtype=np.int64)
    rng = np.random.default_rng(1)
    upper = np.triu_indices(12, 1)
    table[upper] = rng.choice([-2, 2, -1, 1], size=len(upper[0]))
    universes = ranked_pairs_put(table - table.T, max_states=2000)
    assert not universes.complete
    assert universes.n_states <= 2000
    assert universes.winners


def test_all_candidates_tied_can_all_win() -> None:
    universes = ranked_pairs_put(np.zeros((4, 4), dtype=int))
    assert universes.winners == (0, 1, 2, 3)
    assert len(universes.orders) == 24
    assert universes.complete
    assert not ranked_pairs_put(np.zeros((9, 9), dtype=int), max_states=100).complete


@given(st.integers(2, 6), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_many_elections_at_once_equal_each_on_its_own(n: int, voters: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = rng.permuted(np.broadcast_to(np.arange(n), (7, voters, n)), axis=2)
    rules: list[dict[str, Any]] = [
        {},
        {"order": rng.permutation(n).tolist()},
        {"ties": "random", "seed": 3},
        {"ties": "ballot"},
        {"ties": "ballot", "seed": 4},
    ]
    for rule in rules:
        batch = ranked_pairs_many(table, **rule)
        for row, election in enumerate(table.tolist()):
            alone = ranked_pairs(Ballots.from_rankings(election), **rule)
            assert batch.labels(row) == alone.order
            assert batch.is_unique[row] == alone.is_unique


@given(st.lists(elections(), min_size=1, max_size=5))
def test_elections_of_any_shape_are_taken_as_lists(batch_of) -> None:
    batch = ranked_pairs_many(batch_of)
    for row, election in enumerate(batch_of):
        assert batch.labels(row) == ranked_pairs(Ballots.from_rankings(election)).order
        assert (batch.orders[row] == -1).sum() == batch.orders.shape[1] - len(batch.labels(row))


def test_lists_of_names_are_merged_in_one_batch_by_sorted_name() -> None:
    elections = [[["b", "a"], ["a", "b"]], [["d", "c"], ["d", "c"]]]
    batch = ranked_pairs_many(elections)
    assert [batch.labels(row) for row in range(2)] == [("a", "b"), ("d", "c")]
    assert batch.is_unique.tolist() == [False, True]
    by_name = ranked_pairs_many(elections, ties="random", seed=1)
    expected = ranked_pairs(Ballots.from_rankings(elections[0]), ties="random", seed=1)
    assert by_name.labels(0) == expected.order


def test_elections_too_wide_for_one_mask_are_merged_too() -> None:
    rng = np.random.default_rng(3)
    table = rng.permuted(np.broadcast_to(np.arange(70), (2, 5, 70)), axis=2)
    batch = ranked_pairs_many(table)
    for row in range(2):
        alone = ranked_pairs(Ballots.from_rankings(table[row].tolist()))
        assert batch.labels(row) == alone.order
        assert batch.is_unique[row] == alone.is_unique


@pytest.mark.parametrize(
    ("elections", "word"),
    [
        (np.zeros((2, 3)), "array"),
        (np.zeros((1, 1, 2)), "integer"),
        (np.array([[[0, 1]], [[1, 1]]]), "election 1"),
    ],
)
def test_arrays_that_hold_no_ballots_are_refused(elections: np.ndarray, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        ranked_pairs_many(elections)
