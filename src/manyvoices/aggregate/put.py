"""All orders that ranked pairs can give when equal margins may be taken in any order.

Whether a candidate wins in some such universe is NP-complete to decide (Brill and Fischer, "The
price of neutrality for the ranked pairs method", AAAI 2012), so the search is bounded by the number
of states it may visit and says whether it saw them all. A state is which candidate is above which;
the many orders of ties that lead to one state are never listed, so nothing here grows as a
product of factorials.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from manyvoices.aggregate.ballots import Ballots, Margins
from manyvoices.aggregate.ranked_pairs import bits, open_election, sorted_pairs

Closure: TypeAlias = tuple[int, ...]
"""For each candidate the bit mask of those below it, transitive."""
Pair: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class PutResult:
    """What is possible over all ways of breaking ties ("parallel universes")."""

    winners: tuple[Any, ...]
    """Candidates that come first in some universe, in the order of the candidates."""
    orders: tuple[tuple[Any, ...], ...]
    """All possible orders, best first, sorted by the candidates' order."""
    complete: bool
    """False where the search was cut: winners and orders are then some of all."""
    n_states: int
    """States visited."""


def ranked_pairs_put(
    ballots_or_margins: Ballots | Margins, *, max_states: int = 100_000
) -> PutResult:
    """Return every winner and every order of ranked pairs over all orders of equal margins.

    At most `max_states` states are visited, and as many orders listed; beyond that the result is
    cut and says so.
    """
    table, candidates, _ = open_election(ballots_or_margins)
    if max_states < 1:
        raise ValueError(f"max_states must be at least 1, found {max_states}")
    search = _Search(max_states)
    closures = {(0,) * len(table)}
    for group in _majority_groups(table):
        closures = search.through(closures, group)
    winners, orders = search.finish(closures)
    return PutResult(
        winners=tuple(candidates[code] for code in sorted(winners)),
        orders=tuple(tuple(candidates[code] for code in order) for order in sorted(orders)),
        complete=not search.cut,
        n_states=search.n_states,
    )


def _majority_groups(table: Margins) -> Iterator[list[Pair]]:
    """Yield the pairs of each positive margin, largest margin first."""
    level, group = None, list[Pair]()
    for winner, loser, size in zip(*(part.tolist() for part in sorted_pairs(table)), strict=True):
        if size == 0:
            break
        if size != level and group:
            yield group
            group = []
        level = size
        group.append((winner, loser))
    if group:
        yield group


class _Search:
    """Walks through the groups of equal margins, holding each state once."""

    def __init__(self, max_states: int) -> None:
        self.max_states = max_states
        self.n_states = 0
        self.cut = False

    def through(self, closures: set[Closure], group: Sequence[Pair]) -> set[Closure]:
        """Return all states after `group` that can follow from `closures`."""
        done: set[Closure] = set()
        seen = set(closures)
        stack = list(closures)
        while stack:
            if self._is_full():
                # Finish what is begun in one way each, so that every state returned is a true one.
                done.update(_lock_in_turn(closure, group) for closure in stack[-1:])
                break
            closure = _lock_undisputed(stack.pop(), group)
            left = _undecided(closure, group)
            if not left:
                done.add(closure)
            for pair in left:
                following = _with(closure, *pair)
                if following not in seen:
                    seen.add(following)
                    stack.append(following)
        return done

    def finish(self, closures: set[Closure]) -> tuple[set[int], set[tuple[int, ...]]]:
        """Return winners and orders once all majorities are decided.

        Pairs that are still open have no majority and may fall either way, so every order that
        keeps to the closure is possible, and every candidate with nobody above it can come first.
        """
        winners: set[int] = set()
        orders: set[tuple[int, ...]] = set()
        for closure in closures:
            winners.update(_tops(closure, (1 << len(closure)) - 1))
            for order in _extensions(closure):
                if len(orders) >= self.max_states and order not in orders:
                    self.cut = True
                    break
                orders.add(order)
        return winners, orders

    def _is_full(self) -> bool:
        if self.n_states >= self.max_states:
            self.cut = True
        else:
            self.n_states += 1
        return self.cut


def _undecided(closure: Closure, group: Sequence[Pair]) -> list[Pair]:
    return [
        (winner, loser)
        for winner, loser in group
        if not closure[winner] >> loser & 1 and not closure[loser] >> winner & 1
    ]


def _lock_undisputed(closure: Closure, group: Sequence[Pair]) -> Closure:
    """Lock every open pair that lies on no circle of open pairs: no universe refuses it."""
    left = _undecided(closure, group)
    together = closure
    for pair in left:
        together = _with(together, *pair)
    for winner, loser in left:
        if not together[loser] >> winner & 1:
            closure = _with(closure, winner, loser)
    return closure


def _lock_in_turn(closure: Closure, group: Sequence[Pair]) -> Closure:
    for winner, loser in group:
        if not closure[loser] >> winner & 1:
            closure = _with(closure, winner, loser)
    return closure


def _with(closure: Closure, winner: int, loser: int) -> Closure:
    lower = closure[loser] | 1 << loser
    return tuple(
        mask | lower if code == winner or mask >> winner & 1 else mask
        for code, mask in enumerate(closure)
    )


def _tops(closure: Closure, left: int) -> list[int]:
    beaten = 0
    for code in bits(left):
        beaten |= closure[code]
    return bits(left & ~beaten)


def _extensions(closure: Closure) -> Iterator[tuple[int, ...]]:
    """Yield every full order that keeps to `closure`, one at a time."""
    stack: list[tuple[tuple[int, ...], int]] = [((), (1 << len(closure)) - 1)]
    while stack:
        order, left = stack.pop()
        if not left:
            yield order
        stack += [((*order, code), left & ~(1 << code)) for code in _tops(closure, left)]
