"""Tideman's ranked pairs: the largest majorities stand, those that contradict them fall.

Tideman, "Independence of clones as a criterion for voting rules", Social Choice and Welfare 4
(1987); Zavist and Tideman, "Complete independence of clones in the ranked pairs rule", same journal
6 (1989). Margins decide (votes for less votes against). Equal margins are taken by the place
of the winner, then of the loser, in an order of candidates (`tie_orders`). Pairs without a majority
come last, in both directions, so the result is always a full order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from manyvoices.aggregate.ballots import Ballots, Margins, margins
from manyvoices.aggregate.kinds import BoolArray, IntArray
from manyvoices.aggregate.lock_fast import FROM, lock_compiled
from manyvoices.aggregate.tie_orders import TieRule, tie_order


@dataclass(frozen=True, slots=True, eq=False)
class Consensus:
    """One order of all candidates, and what it rests on."""

    order: tuple[Any, ...]
    """Labels, best first."""
    is_unique: bool
    """Whether every way of breaking ties gives this order."""
    n_tied: int
    """Pairs of candidates whose margin is zero or equals another pair's: where a tie rule had a
    say, though not always an effect."""
    candidates: tuple[Any, ...]
    """Labels in the order of the rows and columns below."""
    margins: Margins
    """(n, n) entry [i, j] = weight preferring i over j minus the reverse."""
    locked: BoolArray
    """(n, n) entry [i, j]: the majority for i over j stands. A majority that is not locked was
    overruled by larger ones."""


def ranked_pairs(
    ballots_or_margins: Ballots | Margins,
    *,
    ties: TieRule = "lex",
    order: Sequence[Any] | None = None,
    seed: int | None = None,
) -> Consensus:
    """Merge ballots into one order.

    `ballots_or_margins`: `Ballots`, or margins (n, n), whose candidates are then 0..n-1.
    `ties`: "lex" by `order` (default: the candidates as they stand), "ballot" or "random" with
    `seed`; see `tie_orders.tie_order`. Raises `ValueError` for margins that are not
    antisymmetric, and for arguments that do not go together.
    """
    table, candidates, ballots = open_election(ballots_or_margins)
    codes = tie_order(candidates, ties, order=order, seed=seed, ballots=ballots)
    reach, is_unique = lock(table[np.ix_(codes, codes)])
    place = np.argsort(codes)
    above = _as_matrix(reach)[np.ix_(place, place)]
    best_first = np.argsort(-above.sum(axis=1), kind="stable")
    return Consensus(
        order=tuple(candidates[code] for code in best_first),
        is_unique=is_unique,
        n_tied=count_tied(table),
        candidates=candidates,
        margins=table,
        locked=above & (table > 0),
    )


def open_election(
    ballots_or_margins: Ballots | Margins,
) -> tuple[Margins, tuple[Any, ...], Ballots | None]:
    """Return margins (n, n), labels, and the ballots where there are any."""
    if isinstance(ballots_or_margins, Ballots):
        return margins(ballots_or_margins), ballots_or_margins.candidates, ballots_or_margins
    table = np.asarray(ballots_or_margins)
    if table.ndim != 2 or table.shape[0] != table.shape[1]:
        raise ValueError(f"margins must be a square matrix, found shape {table.shape}")
    if not np.array_equal(table, -table.T):
        raise ValueError("margins must be antisymmetric: [i, j] = -[j, i]")
    return table, tuple(range(len(table))), None


def sorted_pairs(table: Margins) -> tuple[IntArray, IntArray, Margins]:
    """Return winners, losers and margins of all pairs with a margin of at least 0, largest first.

    Equal margins come in the order of (winner, loser).
    """
    winner, loser = np.nonzero((table >= 0) & ~np.eye(len(table), dtype=np.bool_))
    size = table[winner, loser]
    rank = np.argsort(-size, kind="stable")
    return winner[rank], loser[rank], size[rank]


def lock(table: Margins) -> tuple[list[int], bool]:
    """Lock pairs in one election whose candidates stand in tie order.

    Returns for each candidate the bit mask of those below it, and whether ties did not matter. A
    tie matters exactly when a pair is refused that nothing of a larger margin spoke against:
    taken first among its equals it would have been locked.
    """
    n = len(table)
    pairs = sorted_pairs(table)
    found = lock_compiled(*pairs, n) if n >= FROM else None
    return lock_pairs(*pairs, n) if found is None else found


def lock_pairs(
    winners: IntArray, losers: IntArray, sizes: Margins, n: int
) -> tuple[list[int], bool]:
    """Lock pairs given in order; as `lock`. Each candidate's bit set is one long integer."""
    below = [0] * n
    above = [0] * n
    before, level = list(below), None
    is_unique = True
    in_turn = zip(winners.tolist(), losers.tolist(), sizes.tolist(), strict=True)
    for winner, loser, size in in_turn:
        if size != level:
            before, level = list(below), size
        if below[loser] >> winner & 1:
            is_unique = is_unique and bool(before[loser] >> winner & 1)
        elif not below[winner] >> loser & 1:
            _add(below, above, winner, loser)
    return below, is_unique


def _add(below: list[int], above: list[int], winner: int, loser: int) -> None:
    """Put winner above loser and keep both relations transitive."""
    # Whoever is above the loser already has all that is below it, and the reverse: both are left
    # out, which leaves few to visit.
    upper = (above[winner] | 1 << winner) & ~above[loser]
    lower = (below[loser] | 1 << loser) & ~below[winner]
    all_lower, all_upper = below[loser] | 1 << loser, above[winner] | 1 << winner
    for code in bits(upper):
        below[code] |= all_lower
    for code in bits(lower):
        above[code] |= all_upper


def bits(mask: int) -> list[int]:
    """Return the places of the bits that are set."""
    found = []
    while mask:
        lowest = mask & -mask
        found.append(lowest.bit_length() - 1)
        mask ^= lowest
    return found


def count_tied(table: Margins) -> int:
    """Count pairs whose margin is zero or equal in size to another pair's."""
    size = np.abs(table[np.triu_indices(len(table), 1)])
    values, count = np.unique(size, return_counts=True)
    return int(count[(count > 1) | (values == 0)].sum())


def _as_matrix(reach: list[int]) -> BoolArray:
    n = len(reach)
    matrix = np.zeros((n, n), dtype=np.bool_)
    for code, mask in enumerate(reach):
        matrix[code, bits(mask)] = True
    return matrix
