"""Kemeny's rule: the order that contradicts the fewest voters, found exactly.

Kemeny, "Mathematics without numbers", Daedalus 88 (1959); as a maximum likelihood estimate Young,
"Condorcet's theory of voting", APSR 82 (1988). NP-hard in general (Bartholdi, Tovey, Trick 1989),
so the search over all 2^n sets is cut into the tiers of majorities first: whoever has a majority
over everybody in a lower tier stands above them in every best order (Truchon 1998), which leaves
one small search per circle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from manyvoices.aggregate.ballot_errors import TooManyCandidatesError
from manyvoices.aggregate.ballots import Ballots, Margins
from manyvoices.aggregate.kinds import AnyArray, FloatArray, IntArray
from manyvoices.aggregate.ranked_pairs import open_election
from manyvoices.aggregate.tournament import majority_tiers

LIMIT = 16
"""Candidates in one circle of majorities: 2^16 sets take a fifth of a second."""
LARGEST = 20
"""20! is the largest factorial, and so the largest number of orders, that 64 bits hold."""
NEAR = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class KemenyResult:
    """The best orders and how well they fit."""

    candidates: tuple[Any, ...]
    order: tuple[Any, ...]
    """A best order, best first: of all of them the first by the order of the candidates."""
    winners: tuple[Any, ...]
    """Candidates that come first in some best order."""
    n_optimal: int
    """How many orders are equally good; 1 means no tie."""
    agreement: float
    """Sum of the margins of all pairs as the order has them: pairs of voters' opinions it keeps
    less those that it contradicts. No order has more."""

    @property
    def is_unique(self) -> bool:
        """Whether there is only one best order."""
        return self.n_optimal == 1


def kemeny(ballots_or_margins: Ballots | Margins, *, limit: int = LIMIT) -> KemenyResult:
    """Return the order that keeps most of the pairwise opinions on the ballots.

    Exact. Raises `TooManyCandidatesError` where a circle of majorities holds more than `limit`
    candidates (time and memory double with each more); candidates outside circles cost nothing.
    """
    if not 1 <= limit <= LARGEST:
        raise ValueError(f"limit must lie at least 1 and at most {LARGEST}, found {limit}")
    table, candidates, _ = open_election(ballots_or_margins)
    tiers = majority_tiers(table)
    largest = max(map(len, tiers), default=0)
    if largest > limit:
        raise TooManyCandidatesError("kemeny", largest, limit, "use ranked_pairs or schulze")
    parts = [_search(table[np.ix_(tier, tier)], tier) for tier in tiers]
    codes = [code for part in parts for code in part.order]
    place = np.argsort(np.array(codes, dtype=np.int64))
    return KemenyResult(
        candidates=candidates,
        order=tuple(candidates[code] for code in codes),
        winners=tuple(candidates[code] for code in parts[0].winners) if parts else (),
        n_optimal=int(np.prod([part.n_optimal for part in parts], dtype=object)),
        agreement=float(table[place[:, None] < place[None, :]].sum()),
    )


@dataclass(frozen=True, slots=True)
class _Part:
    order: Sequence[int]
    winners: Sequence[int]
    n_optimal: int


def _search(table: AnyArray, codes: IntArray) -> _Part:
    """Search all orders of one tier: best[S] is the most that can still be kept once S stands on
    top, gain[S, c] what placing c right below S keeps."""
    n = len(codes)
    if n == 1:
        return _Part(codes.tolist(), codes.tolist(), 1)
    members = (np.arange(1 << n)[:, None] >> np.arange(n) & 1).astype(np.bool_)
    best, count = _value(members, table.astype(np.float64))
    scale = NEAR * max(1.0, float(np.abs(table).sum()))
    order: list[int] = []
    top, winners = 0, list[int]()
    while len(order) < n:
        gain = members[top] @ table
        fits = [
            code
            for code in range(n)
            if not top >> code & 1 and best[top | 1 << code] + gain[code] >= best[top] - scale
        ]
        winners = winners or fits
        order.append(fits[0])
        top |= 1 << fits[0]
    return _Part(codes[order].tolist(), codes[winners].tolist(), int(count[0]))


def _value(members: AnyArray, table: FloatArray) -> tuple[FloatArray, IntArray]:
    """Return best (2^n,) and how many ways lead to it (2^n,), from the full set downwards."""
    n = len(table)
    size = members.sum(axis=1)
    best = np.zeros(len(members))
    count = np.ones(len(members), dtype=np.int64)
    scale = NEAR * max(1.0, float(np.abs(table).sum()))
    for above in range(n - 1, -1, -1):
        top = np.flatnonzero(size == above)
        free = ~members[top]
        following = np.where(free, top[:, None] | 1 << np.arange(n), 0)
        value = np.where(free, best[following] + members[top] @ table, -np.inf)
        best[top] = value.max(axis=1)
        is_best = value >= best[top][:, None] - scale
        count[top] = np.where(is_best, count[following], 0).sum(axis=1)
    return best, count
