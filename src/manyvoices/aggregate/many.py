"""Ranked pairs for thousands of small elections at once: from lists or arrays to orders."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from manyvoices.aggregate.ballots import Ballots
from manyvoices.aggregate.kinds import AnyArray, BoolArray, IntArray
from manyvoices.aggregate.lock_many import MAX_BITS, lock_many, tally_many
from manyvoices.aggregate.ranked_pairs import ranked_pairs
from manyvoices.aggregate.tie_orders import TieRule, tie_order

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
    coded = _coded(listed) if ties != "random" else None
    if coded is None:
        return _one_by_one(listed, ties, seed)
    codes, names = coded
    orders, is_unique = _merge(codes, range(codes.shape[2]), ties, None, seed)
    return ConsensusBatch(orders, is_unique, names)


def _check_codes(elections: AnyArray) -> None:
    if elections.ndim != 3 or elections.dtype.kind not in "iu":
        raise ValueError(
            "elections must be an integer array (E, voters, n), "
            f"found {elections.dtype} with shape {elections.shape}"
        )
    n = elections.shape[2]
    wrong = ~_complete(elections)
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
    size = max(1, CHUNK_BYTES // (8 * n * max(n, n_voters, 1)))
    for begin in range(0, n_elections, size):
        part = slice(begin, begin + size)
        places = _places(elections[part], first[part])
        found, is_unique[part] = lock_many(tally_many(places))
        orders[part] = np.take_along_axis(first[part], found, axis=1)
    return orders, is_unique


def _complete(elections: AnyArray) -> BoolArray:
    """Return (E,), whether all ballots of elections (E, voters, n) hold 0..n-1 once each."""
    n = elections.shape[2]
    if n > MAX_BITS:
        return np.asarray((np.sort(elections, axis=2) == np.arange(n)).all(axis=(1, 2)))
    if not elections.size:
        return np.ones(len(elections), dtype=np.bool_)
    inside = (elections >= 0) & (elections < n)
    known = elections if inside.all() else np.where(inside, elections, 0)
    seen = np.bitwise_or.reduce(np.int64(1) << known.astype(np.int64, copy=False), axis=2)
    return np.asarray((seen == (1 << n) - 1).all(axis=1) & inside.all(axis=(1, 2)))


def _places(elections: AnyArray, first: IntArray) -> AnyArray:
    """Return places (n, voters, E) of the candidates as they stand in tie order `first` (E, n)."""
    n_elections, n_voters, n = elections.shape
    turned = np.empty_like(first)
    np.put_along_axis(turned, first, np.broadcast_to(np.arange(n), first.shape), axis=1)
    ballots = np.take_along_axis(turned[:, None, :], elections, axis=2)
    places = np.empty((n, n_voters, n_elections), dtype=np.int32)
    voter, election = np.arange(n_voters)[:, None], np.arange(n_elections)
    for place in range(n):
        places[ballots[:, :, place].T, voter, election] = place
    return places


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


def _coded(
    listed: list[list[Sequence[Any]]],
) -> tuple[IntArray, tuple[tuple[Any, ...], ...]] | None:
    """Number each election's labels in sorted order: codes (E, voters, n) and the labels.

    None where the elections are not of one shape, or some ballot is not complete and strict: such
    elections are merged one by one.
    """
    if not listed or not listed[0] or not isinstance(listed[0][0], list | tuple):
        return None
    n_voters, n = len(listed[0]), len(listed[0][0])
    ballots = list(chain.from_iterable(listed))
    if set(map(len, listed)) != {n_voters} or set(map(type, ballots)) - {list, tuple}:
        return None
    if not n or set(map(len, ballots)) != {n}:
        return None
    shape = (len(listed), n_voters, n)
    return _coded_numbers(ballots, shape) or _coded_labels(listed, shape)


def _coded_numbers(
    ballots: list[Sequence[Any]], shape: tuple[int, int, int]
) -> tuple[IntArray, tuple[tuple[Any, ...], ...]] | None:
    """As `_coded`, for labels that are 0..n-1 already; None for any others."""
    try:
        flat = array("q", chain.from_iterable(ballots))
    except (TypeError, OverflowError):  # text, groups, or numbers that are not whole
        return None
    codes = np.frombuffer(flat, dtype=np.int64).reshape(shape)
    if not _complete(codes).all():
        return None
    return codes, (tuple(range(shape[2])),) * shape[0]


def _coded_labels(
    listed: list[list[Sequence[Any]]], shape: tuple[int, int, int]
) -> tuple[IntArray, tuple[tuple[Any, ...], ...]] | None:
    """As `_coded`, for labels of any kind that can be sorted."""
    flat, names = array("q"), list[tuple[Any, ...]]()
    try:
        for election in listed:
            labels = sorted(election[0])
            code = dict(zip(labels, range(shape[2]), strict=True))
            flat.extend(map(code.__getitem__, chain.from_iterable(election)))
            names.append(tuple(labels))
    except (TypeError, KeyError):  # groups, labels of several kinds, or an unknown label
        return None
    codes = np.frombuffer(flat, dtype=np.int64).reshape(shape)
    return (codes, tuple(names)) if _complete(codes).all() else None


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
