"""Sums over pairs of rows, for any weights of people: what variance components are solved from.

Two rows that share a level of one factor differ by everything else. The half squared difference of
a pair is therefore a sum of the variances of the factors in which the pair differs, and every
weighted sum over pairs gives one linear equation. Equations need counts of pairs only, which
re-weighting people changes in a product of matrices: a resample costs no new pass over the rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from manyvoices.analyse.table import BoolArray, FloatArray, IntArray

TOTAL = "total"


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """The weighted number of ordered pairs of rows within cells, each cell with a factor of its own

    A pair of two people weighs w_p w_q, a pair of one person w_p: a person drawn twice is two
    people, but these two are never compared with each other, since they are alike by making.
    """

    alone: FloatArray
    """(people,) from cells that hold rows of one person only: linear in w."""
    shared: csr_array
    """(cells, people) numbers of rows of the other cells."""
    scale: FloatArray
    """(cells,) the factor of each of these."""
    own: FloatArray
    """(people,) pairs within one person in these cells."""

    def of(self, weights: FloatArray) -> FloatArray:
        """(B,) for weights (people, B)."""
        found = self.alone @ weights + self.own @ (weights - weights**2)
        if self.shared.shape[0]:
            found = found + self.scale @ np.asarray(self.shared @ weights) ** 2
        return np.asarray(found)


@dataclass(frozen=True, slots=True, eq=False)
class _Squares:
    """Half the squared differences of the same pairs, in cells that are levels of one factor."""

    alone: FloatArray
    shared: tuple[csr_array, csr_array, csr_array]
    """(cells, people) rows, sums and sums of squares."""
    scale: FloatArray
    own: FloatArray

    def of(self, weights: FloatArray) -> FloatArray:
        """(B,) for weights (people, B)."""
        found = self.alone @ weights + self.own @ (weights - weights**2)
        if self.shared[0].shape[0]:
            n, first, second = (np.asarray(table @ weights) for table in self.shared)
            found = found + self.scale @ (n * second - first**2)
        return np.asarray(found)


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """The equations of a table of scores: one per factor, and one for all pairs."""

    names: tuple[str, ...]
    """The factors; the residual is one more unknown."""
    n_people: int
    squares: tuple[_Squares, ...]
    """K + 1: within each factor's levels, and over all pairs."""
    counts: tuple[tuple[_Pairs, ...], ...]
    """K + 1 by K + 1: of these pairs, how many differ in each factor; in the row, last."""

    @classmethod
    def of(cls, score: FloatArray, factors: Mapping[str, IntArray], person: IntArray) -> Moments:
        """Reduce `score` (n,) and codes (n,) of `factors` to what any weights of people need."""
        row = np.arange(len(score))
        within = [*factors.values(), np.zeros_like(row)]
        between = [*factors.values(), row]
        n_people = int(person.max()) + 1
        return cls(
            names=tuple(factors),
            n_people=n_people,
            squares=tuple(_squares(score, level, person, n_people) for level in within),
            counts=tuple(
                tuple(_differing(level, other, person, n_people) for other in between)
                for level in within
            ),
        )

    def solve(self, weights: FloatArray) -> FloatArray:
        """Variances (B, K + 1) for weights (people, B), the residual's last; a row of NaN where
        the weighted table does not determine them."""
        right = np.stack([each.of(weights) for each in self.squares], axis=-1)
        left = np.stack(
            [np.stack([c.of(weights) for c in row], axis=-1) for row in self.counts], axis=-2
        )
        return _solved(left, right)


def _solved(left: FloatArray, right: FloatArray) -> FloatArray:
    scale = np.abs(left).max(axis=-1, keepdims=True)
    scale[scale == 0] = 1.0
    left, right = left / scale, right / scale[..., 0]
    found = np.full(right.shape, np.nan)
    good = np.linalg.cond(left) < 1e10
    if good.any():
        found[good] = np.linalg.solve(left[good], right[good][..., None])[..., 0]
    return found


def _differing(level: IntArray, other: IntArray, person: IntArray, n_people: int) -> _Pairs:
    """Pairs that share `level` and differ in `other`: all that share less those that share both."""
    size = np.bincount(level).astype(np.float64)
    whole = _pairs(level, 1 / np.maximum(size, 1), person, n_people)
    both, joint = np.unique(np.stack((level, other)), axis=1, return_inverse=True)
    part = _pairs(joint.ravel(), 1 / size[both[0]], person, n_people)
    return _Pairs(
        alone=whole.alone - part.alone,
        shared=_stack(whole.shared, part.shared),
        scale=np.concatenate((whole.scale, -part.scale)),
        own=whole.own - part.own,
    )


def _pairs(cell: IntArray, scale: FloatArray, person: IntArray, n_people: int) -> _Pairs:
    ones = np.ones(len(cell))
    table = _table(cell, person, ones, (len(scale), n_people))
    single = np.diff(table.indptr) <= 1
    squared = _scaled(table, scale, single)
    shared = table[np.flatnonzero(~single)]
    own = np.asarray(shared.power(2).T @ scale[~single])
    return _Pairs(squared, shared, scale[~single], own)


def _scaled(table: csr_array, scale: FloatArray, single: BoolArray) -> FloatArray:
    """(people,) squares of the entries of the single-person rows, each times its row's scale."""
    return np.asarray(table.power(2).T @ np.where(single, scale, 0.0))


def _squares(score: FloatArray, level: IntArray, person: IntArray, n_people: int) -> _Squares:
    size = np.bincount(level).astype(np.float64)
    shape, scale = (len(size), n_people), 1 / np.maximum(size, 1)
    n, first, second = (
        _table(level, person, values, shape) for values in (np.ones(len(score)), score, score**2)
    )
    single = np.diff(n.indptr) <= 1
    each = n.multiply(second).tocsr() - first.power(2)
    rows = np.flatnonzero(~single)
    return _Squares(
        alone=np.asarray(each.T @ np.where(single, scale, 0.0)),
        shared=(n[rows], first[rows], second[rows]),
        scale=scale[rows],
        own=np.asarray(each.T @ np.where(single, 0.0, scale)),
    )


def _table(
    cell: IntArray, person: IntArray, values: FloatArray, shape: tuple[int, int]
) -> csr_array:
    table = csr_array((values, (cell, person)), shape=shape)
    table.sum_duplicates()
    return table


def _stack(upper: csr_array, lower: csr_array) -> csr_array:
    from scipy.sparse import vstack

    return csr_array(vstack((upper, lower), format="csr"))
