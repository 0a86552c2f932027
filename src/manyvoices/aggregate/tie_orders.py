"""Orders of candidates by which equal margins are taken one after the other."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from manyvoices.aggregate.ballot_reading import UNRANKED
from manyvoices.aggregate.ballots import Ballots
from manyvoices.aggregate.kinds import IntArray

TieRule = Literal["lex", "ballot", "random"]


def tie_order(
    candidates: Sequence[Any],
    rule: TieRule,
    *,
    order: Sequence[Any] | None = None,
    seed: int | None = None,
    ballots: Ballots | None = None,
) -> IntArray:
    """Return the codes (n,) of `candidates` in the order in which ties prefer them.

    "lex": `order`, or the candidates as they stand. "random": by a hash of the seed and each label,
    so that neither the names nor their order favour anyone. "ballot": the order of one ballot, its
    ties and gaps filled from further ballots, then by the hash (Tideman 1987; Zavist and Tideman
    1989); ballots in the order given without a seed, else drawn by weight.
    """
    if rule == "lex":
        return _given(candidates, order)
    if order is not None:
        raise ValueError(f"order belongs to ties='lex', found ties={rule!r}")
    if rule == "random":
        if seed is None:
            raise ValueError("ties='random' needs a seed, so that the result can be repeated")
        return _hashed(candidates, seed)
    if rule != "ballot":
        raise ValueError(f"ties must be 'lex', 'ballot' or 'random', found {rule!r}")
    if ballots is None:
        raise ValueError("ties='ballot' needs the ballots, not only their margins")
    return _from_ballots(ballots, _hashed(candidates, seed or 0), seed)


def _given(candidates: Sequence[Any], order: Sequence[Any] | None) -> IntArray:
    if order is None:
        return np.arange(len(candidates), dtype=np.int64)
    codes = {label: code for code, label in enumerate(candidates)}
    if len(order) != len(codes) or set(order) != set(codes):
        raise ValueError("order must name every candidate exactly once")
    return np.array([codes[label] for label in order], dtype=np.int64)


def _hashed(candidates: Sequence[Any], seed: int) -> IntArray:
    def digest(code: int) -> bytes:
        return hashlib.sha256(f"{seed}|{candidates[code]}".encode()).digest()

    return np.array(sorted(range(len(candidates)), key=digest), dtype=np.int64)


def _from_ballots(ballots: Ballots, last: IntArray, seed: int | None) -> IntArray:
    n = len(ballots.candidates)
    voters = np.arange(len(ballots))
    if seed is not None and len(voters):
        # The smallest of exponential times over weights: a draw by weight, without replacement.
        with np.errstate(divide="ignore"):
            times = np.random.default_rng(seed).exponential(size=len(voters)) / ballots.weights
        voters = np.argsort(times, kind="stable")
    keys = [np.argsort(last, kind="stable")]
    for voter in voters:
        place = ballots.places[voter]
        keys.insert(-1, np.where(place == UNRANKED, n, place))
        if np.unique(np.stack(keys[:-1]), axis=1).shape[1] == n:
            break
    order: IntArray = np.lexsort(keys[::-1]).astype(np.int64)
    return order
