"""Rankings as choices: a ballot picks its first candidate out of all, its second out of the rest.

With strengths a = exp(t), the log likelihood of all rankings is ``sum_i wins_i t_i - sum_s w_s
log(sum of a over s)`` over the sets s that were chosen from. The sets of one ballot are nested, so
running sums along the ballot serve all of them at once and no set is ever written down, except the
few that tied groups add.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import comb

import numpy as np
from scipy.sparse import csr_array

from manyvoices.aggregate.ballot_reading import UNRANKED
from manyvoices.aggregate.ballots import Ballots
from manyvoices.aggregate.kinds import AnyArray, FloatArray, IntArray

LARGEST_TIE = 10
"""A group of g equals adds 2^g - 2 sets."""


@dataclass(frozen=True, slots=True, eq=False)
class ChoiceSets:
    """The choices on all ballots, ready for likelihoods of any strengths (n,)."""

    wins: FloatArray
    """(n,) summed weight of the ballots that rank a candidate."""
    order: IntArray
    """(ballots, n) codes, best first, unranked last."""
    offered: FloatArray
    """(ballots, n) 1 where that position can be chosen at all, else 0."""
    stage: FloatArray
    """(ballots, n) weight of the choice made from this position on; 0 where none is."""
    extra: csr_array
    """(sets, n) further sets, one to a row, that averaging over the orders of ties adds."""
    extra_weight: FloatArray
    """(sets,)"""

    @classmethod
    def of(cls, ballots: Ballots) -> ChoiceSets:
        """Read ballots; raises `ValueError` for a tied group that is too large to average over."""
        places, weights = _distinct(ballots)
        n = places.shape[1]
        ranked = places != UNRANKED
        order = np.argsort(np.where(ranked, places, n), axis=1, kind="stable")
        place = np.take_along_axis(places, order, axis=1)
        is_ranked = place != UNRANKED
        begins = is_ranked.copy()
        begins[:, 1:] &= place[:, 1:] != place[:, :-1]
        offered = np.ones_like(is_ranked) if ballots.unranked == "last" else is_ranked
        rows = list(_tied_sets(order, begins, is_ranked, offered, weights))
        sets = np.array([row for row, _ in rows], dtype=np.float64).reshape(len(rows), n)
        return cls(
            wins=np.asarray(weights @ ranked),
            order=order,
            offered=offered.astype(np.float64),
            stage=begins * weights[:, None],
            extra=csr_array(sets),
            extra_weight=np.array([weight for _, weight in rows], dtype=np.float64),
        )

    def value(self, logs: FloatArray) -> float:
        """Return the log likelihood at log strengths (n,)."""
        strength = np.exp(logs)
        terms = self.stage * np.log(np.where(self.stage > 0, self.from_here(strength), 1.0))
        further = self.extra_weight * np.log(self.extra @ strength)
        return float(self.wins @ logs - terms.sum() - further.sum())

    def at(self, logs: FloatArray) -> Slope:
        """Return the first two derivatives at log strengths (n,)."""
        strength = np.exp(logs)
        sums = np.where(self.stage > 0, self.from_here(strength), 1.0)
        further = self.extra @ strength
        rate = self.until_here(self.stage / sums) + self.extra.T @ (self.extra_weight / further)
        return Slope(
            sets=self,
            strength=strength,
            expected=strength * rate,
            pull=self.stage / sums**2,
            extra_pull=self.extra_weight / further**2,
        )

    def from_here(self, values: FloatArray) -> FloatArray:
        """Sum values (n,) of what is on offer over each position and all behind it."""
        along = values[self.order] * self.offered
        return np.asarray(np.cumsum(along[:, ::-1], axis=1)[:, ::-1])

    def until_here(self, values: FloatArray) -> FloatArray:
        """Give each candidate on offer the sum of values (ballots, n) up to its position."""
        along = np.cumsum(values, axis=1)
        along *= self.offered
        n = len(self.wins)
        return sum_at(self.order, along, n)


@dataclass(frozen=True, slots=True, eq=False)
class Slope:
    """Derivatives of the log likelihood at one point, by log strengths."""

    sets: ChoiceSets
    strength: FloatArray
    expected: FloatArray
    """(n,) how often the model expects each candidate to be chosen."""
    pull: FloatArray
    extra_pull: FloatArray

    @property
    def gradient(self) -> FloatArray:
        """(n,) wins less expected wins."""
        return self.sets.wins - self.expected

    def curvature(self, way: FloatArray) -> FloatArray:
        """Return minus the Hessian times `way` (n,)."""
        moved = self.strength * way
        drag = self.sets.until_here(self.pull * self.sets.from_here(moved))
        drag += self.sets.extra.T @ (self.extra_pull * (self.sets.extra @ moved))
        return np.asarray(self.expected * way - self.strength * drag)


def _distinct(ballots: Ballots) -> tuple[AnyArray, FloatArray]:
    """Return the different rankings among the ballots, with their summed weights."""
    kept = (ballots.weights > 0) & ((ballots.places != UNRANKED).sum(axis=1) > 0)
    places, back = np.unique(ballots.places[kept], axis=0, return_inverse=True)
    return places, sum_at(back, ballots.weights[kept], len(places))


def sum_at(codes: IntArray, values: AnyArray, n: int) -> FloatArray:
    """Return (n,): the sum of the values that stand at each code."""
    sums: FloatArray = np.bincount(codes.ravel(), values.ravel(), n).astype(np.float64)
    return sums


def _tied_sets(
    order: IntArray, begins: AnyArray, is_ranked: AnyArray, offered: AnyArray, weights: FloatArray
) -> Iterator[tuple[AnyArray, float]]:
    """Yield what is left to choose from once some of a tied group have been chosen, and how often.

    Averaged over all orders of the group, each k of its g members stand first in a share
    1 / C(g, k) of them.
    """
    tied_rows = np.flatnonzero((is_ranked & ~begins).any(axis=1))
    for row in tied_rows.tolist():
        starts = [*np.flatnonzero(begins[row]).tolist(), int(is_ranked[row].sum())]
        for begin, end in pairwise(starts):
            size = end - begin
            if size > LARGEST_TIE:
                raise ValueError(
                    f"plackett_luce averages over the orders of tied groups of up to "
                    f"{LARGEST_TIE}; a ballot ranks {size} candidates equal: split the group, or "
                    "leave its members unranked with unranked='last'"
                )
            open_to = np.zeros(order.shape[1], dtype=np.bool_)
            open_to[order[row, begin:]] = offered[row, begin:]
            for k in range(1, size):
                for gone in combinations(range(begin, end), k):
                    left = open_to.copy()
                    left[order[row, list(gone)]] = False
                    yield left, float(weights[row]) / comb(size, k)
