"""Our order of replies is the reference's where its rule leaves no doubt.

Facts 1.8 say what Open-Assistant's code does; here it is in our words. Where every ranking is
complete and strict, and no margin is 0 and no two are equal, both give one and the same order.
"""

from __future__ import annotations

import itertools
import random

import pytest

from manyvoices.aggregate import consensus_groups


def reference_order(rankings: list[list[str]]) -> list[str]:
    """Pairs by how much more often one stands before the other, the clearest first; each is fixed
    unless it would close a circle with those fixed before; then what nothing beats comes first."""
    names = sorted(rankings[0])
    margin = {
        (a, b): sum(1 if r.index(a) < r.index(b) else -1 for r in rankings)
        for a, b in itertools.permutations(names, 2)
    }
    fixed: set[tuple[str, str]] = set()
    for a, b in sorted((pair for pair in margin if margin[pair] >= 0), key=lambda p: -margin[p]):
        if not _leads(fixed, b, a):
            fixed.add((a, b))
    order: list[str] = []
    while len(order) < len(names):
        left = [name for name in names if name not in order]
        order.append(next(b for b in left if not any((a, b) in fixed for a in left)))
    return order


def _leads(fixed: set[tuple[str, str]], start: str, end: str) -> bool:
    seen, waiting = {start}, [start]
    while waiting:
        here = waiting.pop()
        if here == end:
            return True
        for a, b in fixed:
            if a == here and b not in seen:
                seen.add(b)
                waiting.append(b)
    return False


def margins_differ(rankings: list[list[str]]) -> bool:
    found = [
        abs(sum(1 if r.index(a) < r.index(b) else -1 for r in rankings))
        for a, b in itertools.combinations(sorted(rankings[0]), 2)
    ]
    return 0 not in found and len(set(found)) == len(found)


@pytest.mark.parametrize(("n_replies", "n_voters"), [(2, 3), (3, 7), (3, 9), (4, 51)])
def test_complete_strict_rankings_with_differing_margins_give_the_reference_s_order(
    n_replies: int, n_voters: int
) -> None:
    rng = random.Random(n_replies * 100 + n_voters)
    names = [f"{rng.getrandbits(64):016x}" for _ in range(n_replies)]
    n_checked = 0
    for _ in range(3000):
        rankings = [rng.sample(names, n_replies) for _ in range(n_voters)]
        if not margins_differ(rankings):
            continue
        n_checked += 1
        groups = consensus_groups([[[name] for name in r] for r in rankings], sorted(names))
        assert groups == [[name] for name in reference_order(rankings)], rankings
        if n_checked == 150:
            break
    assert n_checked >= 10


def test_an_equal_split_is_a_tie_and_not_decided_by_names() -> None:
    """Open-Assistant took the smaller UUID (facts 1.8)."""
    assert reference_order([["b", "a"], ["a", "b"]]) == ["a", "b"]
    assert consensus_groups([[["b"], ["a"]], [["a"], ["b"]]], ["a", "b"]) == [["a", "b"]]


def test_a_reply_that_one_person_left_out_keeps_its_place() -> None:
    """Open-Assistant ranked only what stood in every ranking (facts 1.8)."""
    ballots = [[["a"], ["b"], ["c"]], [["a"], ["c"]], [["a"], ["b"], ["c"]]]
    assert consensus_groups(ballots, ["a", "b", "c"]) == [["a"], ["b"], ["c"]]
