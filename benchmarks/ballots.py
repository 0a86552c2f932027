"""Ranked pairs against its peers, in the same process and in turns: what counts is CPU time.

    python -m benchmarks.ballots              the table of targets (a few minutes)
    python -m benchmarks.ballots --curve      how time grows from 10 to 1,000 candidates

Both sides start from the same lists of rankings, best first. Before anything is timed they must
give the same orders: pref_voting's full order under the tie rule that ours calls "lex". A peer
that is not installed is left out, and the table says so; `pip install 'manyvoices[bench]'`
brings it. OpenAssistant's merge, told again in our own words, only checks the orders.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np  # noqa: E402

from manyvoices.aggregate import (  # noqa: E402
    Ballots,
    borda,
    copeland,
    margins,
    plackett_luce,
    ranked_pairs,
    ranked_pairs_many,
    schulze,
)

Election = list[list[int]]
CURVE = (10, 30, 100, 300, 1000)


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    ours: Callable[[], object]
    theirs: Callable[[], object] | None
    target: float


def small(n_elections: int) -> np.ndarray:
    """(E, 5, 5): five voters order five candidates at random, the case in which ties abound."""
    rng = np.random.default_rng(20261121)
    return rng.permuted(np.broadcast_to(np.arange(5), (n_elections, 5, 5)), axis=2)


def large(n: int, n_voters: int) -> Election:
    """Voters who order n candidates around one truth, with noise as wide as half the field."""
    rng = np.random.default_rng(20261121)
    noisy = np.arange(n) + rng.normal(0, n / 2, (n_voters, n))
    return np.argsort(noisy, axis=1).tolist()


def pref_voting_orders(elections: list[Election]) -> list[tuple[int, ...]]:
    """Full orders by pref_voting: ties by the place of the winner, then of the loser."""
    methods = import_module("pref_voting.margin_based_methods")
    profiles = import_module("pref_voting.profiles")
    found = []
    for election in elections:
        n = len(election[0])
        graph = methods.ranked_pairs_defeat_tb(profiles.Profile(election), tie_breaker=range(n))
        found.append(tuple(sorted(range(n), key=lambda code: -graph.out_degree(code))))
    return found


def oasst_order(election: Election) -> tuple[int, ...]:
    """OpenAssistant's way, in our words: complete strict ballots, a walk for every pair."""
    names = sorted(election[0])
    place = [{name: rank for rank, name in enumerate(ballot)} for ballot in election]
    majority = []
    for a in names:
        for b in names:
            gap = sum(1 if at[a] < at[b] else -1 for at in place)
            if a != b and gap >= 0:
                majority.append((gap, a, b))
    majority.sort(key=lambda pair: -pair[0])
    below: dict[int, set[int]] = {name: set() for name in names}

    def reaches(start: int, end: int) -> bool:
        return end in below[start] or any(reaches(name, end) for name in below[start])

    for _, a, b in majority:
        if not reaches(b, a):
            below[a].add(b)
    height = {a: sum(reaches(a, b) for b in names if b != a) for a in names}
    return tuple(sorted(names, key=lambda name: -height[name]))


def cpu(function: Callable[[], object]) -> float:
    begin = time.process_time()
    function()
    return time.process_time() - begin


def run(rows: list[Row], repeats: int) -> bool:
    """Print one line for each row; return whether every target that could be tried was met."""
    print(f"{'':<52}{'ours, s':>9}{'peer, s':>10}{'ratio':>8}{'target':>8}")
    met = True
    for row in rows:
        row.ours()  # what is loaded or compiled once is not timed
        mine, peer = [], []
        for _ in range(repeats):
            mine.append(cpu(row.ours))
            if row.theirs is not None:
                peer.append(cpu(row.theirs))
        if not peer:
            print(f"{row.name:<52}{np.median(mine):>9.4f}   peer not installed: left out")
            continue
        ratio = float(np.median([p / m for m, p in zip(mine, peer, strict=True)]))
        word = "met" if ratio >= row.target else "MISSED"
        met = met and ratio >= row.target
        print(
            f"{row.name:<52}{np.median(mine):>9.4f}{np.median(peer):>10.3f}{ratio:>8.0f}"
            f"{row.target:>8.0f} {word}",
            flush=True,
        )
    return met


def check(elections: np.ndarray, big: Election, has_peer: bool) -> None:
    """Raise unless all sides give the same orders."""
    listed = elections.tolist()
    orders = ranked_pairs_many(listed)
    ours = [orders.labels(row) for row in range(len(orders))]
    assert ours == [tuple(row) for row in ranked_pairs_many(elections).orders.tolist()]
    part = slice(0, 500)
    assert ours[part] == [oasst_order(election) for election in listed[part]]
    if has_peer:
        assert ours == pref_voting_orders(listed)
        few = big[:301]
        assert ranked_pairs(Ballots.from_rankings(few)).order == pref_voting_orders([few])[0]


def targets(elections: np.ndarray, big: Election, has_peer: bool) -> list[Row]:
    listed = elections.tolist()
    n = len(big[0])

    def peer(function: Callable[[], object]) -> Callable[[], object] | None:
        return function if has_peer else None

    return [
        Row(f"{len(listed):,} elections 5 x 5 from lists / pref_voting",
            lambda: ranked_pairs_many(listed), peer(lambda: pref_voting_orders(listed)), 30),
        Row(f"{len(listed):,} elections 5 x 5 from an array / pref_voting",
            lambda: ranked_pairs_many(elections), peer(lambda: pref_voting_orders(listed)), 30),
        Row(f"{n} candidates x {len(big):,} ballots / pref_voting",
            lambda: ranked_pairs(Ballots.from_rankings(big)),
            peer(lambda: pref_voting_orders([big])), 40),
    ]  # fmt: skip


def curve(n_voters: int) -> None:
    """Print what each rule costs, ballots read once."""
    rules: dict[str, Callable[[Any], object]] = {
        "margins": margins, "ranked_pairs": ranked_pairs, "schulze": schulze,
        "copeland": copeland, "borda": borda, "plackett_luce": plackett_luce,
    }  # fmt: skip
    print(f"CPU seconds, {n_voters} ballots")
    print(f"{'candidates':<12}{'reading':>10}" + "".join(f"{name:>15}" for name in rules))
    for n in CURVE:
        rankings = large(n, n_voters)
        read = cpu(lambda rankings=rankings: Ballots.from_rankings(rankings))
        ballots = Ballots.from_rankings(rankings)
        spent = [cpu(lambda rule=rule, b=ballots: rule(b)) for rule in rules.values()]
        cells = "".join(f"{seconds:>15.4f}" for seconds in spent)
        print(f"{n:<12}{read:>10.4f}{cells}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--elections", type=int, default=5000)
    parser.add_argument("--candidates", type=int, default=200)
    parser.add_argument("--voters", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--curve", action="store_true")
    choice = parser.parse_args()
    if choice.curve:
        curve(101)
        return
    has_peer = find_spec("pref_voting") is not None
    elections, big = small(choice.elections), large(choice.candidates, choice.voters)
    check(elections, big, has_peer)
    print("all sides give the same orders" + ("" if has_peer else "; pref_voting is not here"))
    rows = targets(elections, big, has_peer)
    # One large election takes the peer a quarter of a minute: it is run once.
    met = run(rows[:2], choice.repeats)
    met = run(rows[2:], 1) and met
    print("every target that could be tried was met" if met else "a target was missed")
    curve(101)


if __name__ == "__main__":
    main()
