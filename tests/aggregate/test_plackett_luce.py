"""Plackett-Luce against Bradley-Terry, choix and a plain optimiser."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from scipy.optimize import minimize

from manyvoices.aggregate import (
    Ballots,
    NoBallotsError,
    NotConnectedError,
    fit_counts,
    plackett_luce,
)


def log_chance(logs: np.ndarray, order: tuple[int, ...], rest: tuple[int, ...] = ()) -> float:
    """Of choosing `order` one after the other, with `rest` on offer throughout."""
    total = 0.0
    for place, code in enumerate(order):
        total += logs[code] - np.log(np.exp(logs[[*order[place:], *rest]]).sum())
    return total


def drawn(rng: np.random.Generator, n: int, voters: int) -> list[list[int]]:
    logs = rng.normal(0, 0.8, n)
    return [
        np.argsort(-(logs + rng.gumbel(size=n)))[: rng.integers(2, n + 1)].tolist()
        for _ in range(voters)
    ]


def test_it_equals_choix_on_partial_rankings() -> None:
    choix = pytest.importorskip("choix")
    rankings = drawn(np.random.default_rng(1), 7, 200)
    theirs = choix.ilsr_rankings(7, rankings, alpha=0, max_iter=1000, tol=1e-13)
    ours = plackett_luce(Ballots.from_rankings(rankings, range(7)))
    assert np.abs(ours.scores - (theirs - theirs.mean())).max() < 1e-8


def test_rankings_of_two_are_bradley_terry_with_a_tie_as_half_a_win_each_way() -> None:
    rankings = [[0, 1]] * 3 + [[1, 0]] + [[[0, 1]]] * 2 + [[1, 2], [2, 1], [2, 0]]
    wins = np.array([[0, 4.0, 0], [2.0, 0, 1], [1, 1, 0]])
    ours = plackett_luce(Ballots.from_rankings(rankings, range(3)))
    theirs = fit_counts(wins, ["0", "1", "2"], "bradley_terry")
    assert np.abs(ours.scores - theirs.scores).max() < 1e-8


@pytest.mark.parametrize("unranked", ["no_opinion", "last"])
def test_ties_count_as_the_mean_over_their_orders_and_gaps_as_stated(unranked: str) -> None:
    rankings = [[0, [1, 2], 3], [[3, 1, 0]], [2, 3], [[2, 0], 1], [1], [3, [0, 2]]]
    weights = [2, 1, 3, 1.5, 1, 1]

    def loss(free: np.ndarray) -> float:
        logs = np.append(free, 0.0)
        total = 0.0
        for ranking, weight in zip(rankings, weights, strict=True):
            groups = [each if isinstance(each, list) else [each] for each in ranking]
            orders: list[tuple[int, ...]] = [()]
            for group in groups:
                orders = [head + tail for head in orders for tail in permutations(group)]
            named = {code for group in groups for code in group}
            rest = tuple(set(range(4)) - named) if unranked == "last" else ()
            total += weight * np.mean([log_chance(logs, order, rest) for order in orders])
        return -total

    found = minimize(loss, np.zeros(3), method="Nelder-Mead",
                     options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 5000})  # fmt: skip
    logs = np.append(found.x, 0.0)
    ballots = Ballots.from_rankings(rankings, range(4), weights, unranked)
    ours = plackett_luce(ballots)
    assert ours.settings["log_likelihood"] == pytest.approx(-found.fun, abs=1e-9)
    assert np.abs(ours.scores - (logs - logs.mean())).max() < 1e-5


def test_a_candidate_who_never_loses_has_no_finite_strength_but_a_penalty_gives_one() -> None:
    ballots = Ballots.from_rankings([["a", "b", "c"], ["a", "c", "b"]])
    with pytest.raises(NotConnectedError, match=r"a never lost .*l2=0\.01"):
        plackett_luce(ballots)
    result = plackett_luce(ballots, l2=0.01)
    assert result.order == (("a",), ("b", "c"))


def test_weights_equal_repeated_ballots_and_names_do_not_matter() -> None:
    rankings = drawn(np.random.default_rng(2), 4, 25)
    weights = [1 + place % 3 for place in range(25)]
    repeated = [r for r, times in zip(rankings, weights, strict=True) for _ in range(times)]
    one = plackett_luce(Ballots.from_rankings(rankings, range(4), weights))
    two = plackett_luce(Ballots.from_rankings(repeated, [3, 1, 0, 2]))
    assert np.abs(one.scores[[3, 1, 0, 2]] - two.scores).max() < 1e-8


def test_nothing_to_compare_and_ties_too_large_are_refused() -> None:
    for rankings in ([], [["a"], ["b"]], [[]]):
        with pytest.raises(NoBallotsError, match="no ballot that ranks two"):
            plackett_luce(Ballots.from_rankings(rankings, ["a", "b"]))
    with pytest.raises(ValueError, match="12 candidates equal"):
        plackett_luce(Ballots.from_rankings([[list(range(12))]]))
    with pytest.raises(ValueError, match="l2"):
        plackett_luce(Ballots.from_rankings(["ab", "ba"]), l2=-1)
