"""Ranked pairs for thousands of small elections at once.

Within one election the pairs must be locked one after the other; across elections of equal size the
same step is taken in all of them together, with one 64-bit mask per candidate.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from manyvoices.aggregate.ballots import Ballots
from manyvoices.aggregate.kinds import AnyArray, BoolArray, IntArray
from manyvoices.aggregate.ranked_pairs import lock, ranked_pairs
from manyvoices.aggregate.tie_orders import TieRule, tie_order

MAX_BITS = 63
CHUNK_BYTES = 64 << 20
PADDING = -1


@dataclass(frozen=True, slots=True, eq=False)
class ConsensusBatch:
    """The orders of many elections."""

    orders: IntArray
    """(E, n) codes, best first; -1 fills the rows of elections with fewer candidates."""
    is_unique: BoolArray
    """(E,) whether every way of breaking ties gives this order."""
    candidates: tuple[tuple[Any, ...], ...] | None = None
    """Labels of each election's codes; None where the ballots held codes 0..n-1."""

    def __len__(self) -> int:
        return len(self.orders)

    def labels(self, election: int) -> tuple[Any, ...]:
        """Return one election's order in labels, best first."""
        codes = [code for code in self.orders[election].tolist() if code != PADDING]
        if self.candidates is None:
            return tuple(codes)
        return tuple(self.candidates[election][code] for code in codes)


def ranked_pairs_many(
    elections: IntArray | Iterable[Iterable[Sequence[Any]]],
    *,
    ties: TieRule = "lex",
    order: Sequence[Any] | None = None,
    seed: int | None = None,
) -> ConsensusBatch:
    """Merge the ballots of many elections, each on its own.

    `elections`: a rectangular integer array (E, voters, n) of complete strict ballots holding
    the codes 0..n-1, best first; or an iterable of elections, each a list of rankings as
    `Ballots.from_rankings` takes them. `ties`, `order`, `seed` as in `ranked_pairs`; `order` holds
    codes and goes with an array only.
    """
    if isinstance(elections, np.ndarray):
        _check_codes(elections)
        orders, is_unique = _merge(elections, range(elections.shape[2]), ties, order, seed)
        return ConsensusBatch(orders, is_unique)
    if order is not None:
        raise ValueError("order goes with an integer array; elections of lists sort their own")
    listed = [list(election) for election in elections]
    table = _rectangular(listed)
    if table is None or ties == "random":
        return _one_by_one(listed, ties, seed)
    codes, names = _coded(table)
    if codes is None:
        return _one_by_one(listed, ties, seed)
    orders, is_unique = _merge(codes, range(codes.shape[2]), ties, None, seed)
    return ConsensusBatch(orders, is_unique, tuple(map(tuple, names.tolist())))


def lock_many(margins: AnyArray) -> tuple[IntArray, BoolArray]:
    """Lock pairs in margins (E, n, n) whose candidates stand in tie order.

    Returns orders (E, n) and is_unique (E,), by the rule of `ranked_pairs.lock`.
    """
    n_elections, n, _ = margins.shape
    if n > MAX_BITS:
        return _lock_large(margins)
    below = np.zeros((n_elections, n), dtype=np.int64)
    before = below.copy()
    is_unique = np.ones(n_elections, dtype=np.bool_)
    level = np.full(n_elections, -1, dtype=margins.dtype)
    row = np.arange(n_elections)
    off_diagonal = np.flatnonzero(~np.eye(n, dtype=np.bool_))
    sizes = margins.reshape(n_elections, n * n)[:, off_diagonal]
    rank = np.argsort(-sizes, axis=1, kind="stable")
    sizes = np.take_along_axis(sizes, rank, axis=1)
    winners, losers = np.divmod(off_diagonal[rank], n)
    for step in range(n * (n - 1)):
        size, winner, loser = sizes[:, step], winners[:, step], losers[:, step]
        counts = size >= 0
        if not counts.any():
            break
        new_level = size != level
        before[new_level] = below[new_level]
        level = size
        under_loser = below[row, loser]
        refused = (under_loser >> winner & 1).astype(np.bool_)
        was_refused = (before[row, loser] >> winner & 1).astype(np.bool_)
        is_unique &= ~(counts & refused & ~was_refused)
        lower = np.where(counts & ~refused, under_loser | np.int64(1) << loser, 0)
        upper = (below >> winner[:, None] & 1).astype(np.bool_)
        upper[row, winner] = True
        below |= np.where(upper, lower[:, None], 0)
    size_below = np.bitwise_count(below)
    return np.argsort(-size_below.astype(np.int64), axis=1, kind="stable"), is_unique


def _lock_large(margins: AnyArray) -> tuple[IntArray, BoolArray]:
    found = [lock(table) for table in margins]
    heights = [[-mask.bit_count() for mask in below] for below, _ in found]
    return np.argsort(heights, axis=1, kind="stable"), np.array([unique for _, unique in found])


def _check_codes(elections: AnyArray) -> None:
    if elections.ndim != 3 or elections.dtype.kind not in "iu":
        raise ValueError(
            "elections must be an integer array (E, voters, n), "
            f"found {elections.dtype} with shape {elections.shape}"
        )
    n = elections.shape[2]
    wrong = (np.sort(elections, axis=2) != np.arange(n)).any(axis=(1, 2))
    if wrong.any():
        raise ValueError(
            f"every ballot must order the codes 0..{n - 1} once each; election "
            f"{int(np.argmax(wrong))} does not: give such elections as lists of rankings"
        )


def _merge(
    elections: AnyArray,
    labels: Sequence[int],
    ties: TieRule,
    order: Sequence[Any] | None,
    seed: int | None,
) -> tuple[IntArray, BoolArray]:
    """Merge complete strict ballots (E, voters, n) of codes."""
    n_elections, n_voters, n = elections.shape
    orders = np.empty((n_elections, n), dtype=np.int64)
    is_unique = np.empty(n_elections, dtype=np.bool_)
    first = _tie_orders(elections, labels, ties, order, seed)
    size = max(1, CHUNK_BYTES // (8 * n * n * max(n_voters, 1)))
    for begin in range(0, n_elections, size):
        part = slice(begin, begin + size)
        places = np.empty(elections[part].shape, dtype=np.int32)
        np.put_along_axis(places, elections[part], np.arange(n, dtype=np.int32)[None, None], axis=2)
        places = np.take_along_axis(places, first[part][:, None, :], axis=2)
        above = (places[:, :, :, None] < places[:, :, None, :]).sum(axis=1)
        found, is_unique[part] = lock_many(above - above.transpose(0, 2, 1))
        orders[part] = np.take_along_axis(first[part], found, axis=1)
    return orders, is_unique


def _tie_orders(
    elections: AnyArray,
    labels: Sequence[int],
    ties: TieRule,
    order: Sequence[Any] | None,
    seed: int | None,
) -> IntArray:
    """Return (E, n) codes in the order in which each election's ties prefer them."""
    n_elections, n_voters, n = elections.shape
    if ties != "ballot" or not n_voters:
        rule: TieRule = "lex" if ties == "ballot" else ties
        codes = tie_order(labels, rule, order=order, seed=seed)
        return np.broadcast_to(codes, (n_elections, n))
    if order is not None:
        raise ValueError("order belongs to ties='lex', found ties='ballot'")
    voter = 0
    if seed is not None:
        # The same voter whom `ranked_pairs` draws, so that one election alone gives one result.
        voter = int(np.argmin(np.random.default_rng(seed).exponential(size=n_voters)))
    return elections[:, voter, :].astype(np.int64)


def _rectangular(listed: list[list[Any]]) -> AnyArray | None:
    """Return lists as an array (E, voters, n) of labels, None where they are not of one shape."""
    if not listed or not isinstance(listed[0][0] if listed[0] else None, list | tuple):
        return None
    try:
        table = np.array(listed)
    except ValueError:
        return None
    return table if table.ndim == 3 and table.dtype.kind in "iuU" and table.size else None


def _coded(table: AnyArray) -> tuple[IntArray | None, AnyArray]:
    """Number each election's labels in sorted order; None where a ballot is not complete."""
    names = np.sort(table[:, 0, :], axis=1)
    ranked = np.argsort(table, axis=2, kind="stable")
    same = np.take_along_axis(table, ranked, axis=2) == names[:, None, :]
    if not same.all() or (names[:, 1:] == names[:, :-1]).any():
        return None, names
    return np.argsort(ranked, axis=2, kind="stable").astype(np.int64), names


def _one_by_one(
    listed: list[list[Sequence[Any]]], ties: TieRule, seed: int | None
) -> ConsensusBatch:
    ballots = [Ballots.from_rankings(election) for election in listed]
    widest = max((len(each.candidates) for each in ballots), default=0)
    orders = np.full((len(ballots), widest), PADDING, dtype=np.int64)
    is_unique = np.ones(len(ballots), dtype=np.bool_)
    for row, each in enumerate(ballots):
        merged = ranked_pairs(each, ties=ties, seed=seed)
        code = {label: place for place, label in enumerate(each.candidates)}
        orders[row, : len(code)] = [code[label] for label in merged.order]
        is_unique[row] = merged.is_unique
    return ConsensusBatch(orders, is_unique, tuple(each.candidates for each in ballots))
