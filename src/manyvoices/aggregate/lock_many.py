"""Locking pairs in thousands of small elections at once.

Within one election the pairs must be locked one after the other; across elections of equal size the
same step is taken in all of them together, with one 64-bit mask per candidate. Arrays are laid out
with the elections last, so that each step runs along contiguous memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from manyvoices.aggregate.kinds import AnyArray, BoolArray, IntArray
from manyvoices.aggregate.ranked_pairs import lock

MAX_BITS = 63


def tally_many(places: AnyArray) -> AnyArray:
    """Return margins (n, n, E) of complete strict ballots, places (n, voters, E), 0 = best."""
    n, n_voters, n_elections = places.shape
    table = np.zeros((n, n, n_elections), dtype=np.int32)
    for i in range(n):
        for j in range(i + 1, n):
            above = np.add.reduce(places[i] < places[j], axis=0, dtype=np.int32)
            table[i, j] = 2 * above - n_voters
            table[j, i] = -table[i, j]
    return table


def lock_many(margins: AnyArray) -> tuple[IntArray, BoolArray]:
    """Lock pairs in margins (n, n, E) whose candidates stand in tie order.

    Returns orders (E, n) and is_unique (E,), by the rule of `ranked_pairs.lock`.
    """
    n, _, n_elections = margins.shape
    if n > MAX_BITS:
        return _lock_large(margins)
    mask: type[np.signedinteger[Any]] = np.int16 if n < 15 else np.int64
    bit = np.left_shift(1, np.arange(n)).astype(mask)
    below = np.zeros((n, n_elections), dtype=mask)
    before = below
    is_unique = np.ones(n_elections, dtype=np.bool_)
    for is_new, is_open, winner, loser, winner_at, loser_at in _steps(margins):
        before = np.where(is_new, below, before)
        winner_bit, loser_bit = bit.take(winner), bit.take(loser)
        under_loser, under_winner = below.take(loser_at), below.take(winner_at)
        refused = under_loser & winner_bit
        decided = before.take(loser_at) & winner_bit
        is_unique &= decided >= refused
        if is_open.any():
            # Without a majority the reverse is on offer too: only what larger ones decided stands.
            is_unique &= ~is_open | ((decided | before.take(winner_at) & loser_bit) != 0)
        is_free = (refused | under_winner & loser_bit) == 0
        lower = (under_loser | loser_bit) * is_free
        # A candidate whose mask overlaps {winner} is above it; the winner itself is written last.
        grown = below | ((below & winner_bit) != 0) * lower
        np.put(grown, winner_at, under_winner | lower)
        below = grown
    heights = np.bitwise_count(below).astype(np.int64)
    return np.argsort(-heights.T, axis=1, kind="stable"), is_unique


def _steps(margins: AnyArray) -> Iterator[tuple[AnyArray, ...]]:
    """Yield the pairs in the order of locking, each for all elections at once (E,).

    Whether its margin is smaller than the last pair's, whether it has none, winner, loser, and
    where their masks lie. All of it is read from one number per pair (how far the margin is from
    the largest, then the winner, then the loser), so that one sort of numbers gives the order. A
    pair without a majority stands as (earlier, later).
    """
    n, _, n_elections = margins.shape
    first, second = np.triu_indices(n, 1)
    size = margins[first, second].astype(np.int64)
    top = int(np.abs(size).max(initial=0))
    pairs = np.where(size >= 0, (first * n + second)[:, None], (second * n + first)[:, None])
    key = (top - np.abs(size)) * (n * n) + pairs
    narrow = np.int32 if (top + 1) * n * n < 2**31 else np.int64
    ranked = np.ascontiguousarray(np.sort(key.T.astype(narrow), axis=1).T)
    size, pair = ranked // (n * n), ranked % (n * n)
    winner, loser = pair // n, pair % n
    row = np.arange(n_elections)
    is_new = np.diff(size, axis=0, prepend=-1) != 0
    at = (winner * n_elections + row, loser * n_elections + row)
    yield from zip(is_new, size == top, winner, loser, *at, strict=True)


def _lock_large(margins: AnyArray) -> tuple[IntArray, BoolArray]:
    found = [lock(margins[:, :, each]) for each in range(margins.shape[2])]
    heights = [[-mask.bit_count() for mask in below] for below, _ in found]
    return np.argsort(heights, axis=1, kind="stable"), np.array([unique for _, unique in found])
