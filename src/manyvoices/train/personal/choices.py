"""What people said, as choices from sets: the form in which every head reads it.

A set is two or more replies to one message of which a person took one. A ranking of n replies
becomes all its pairs, or its Plackett-Luce stages (the best of n, the best of the rest, ...); both
are sets, so one likelihood serves both: P(j from S) = exp(u_j + o_j) / (sum over S of
exp(u_i + o_i)).

Notation: d features, p columns of the survey; an *item* is one reply as one person rated it, a
*row* is one item in one set. NumPy and SciPy alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]
Likelihood: TypeAlias = Literal["plackett_luce", "pairs"]


@dataclass(frozen=True)
class Choices:
    """Choices of people from sets of their items. Sets are of one person each.

    Rows of one set stand together, sets of one person too, people in the order of their numbers;
    `stage` counts from 0 without gaps.
    """

    item: IntArray
    """(n_rows,) which item."""
    stage: IntArray
    """(n_rows,) which set."""
    share: FloatArray
    """(n_rows,) how much of the choice fell on it; sums to 1 in a set. Ties share."""
    offset: FloatArray
    """(n_rows,) added to the utility: minus the margin for a reply that must win by one."""
    weight: FloatArray
    """(n_stages,) how many comparisons the set counts for."""
    person: IntArray
    """(n_stages,) whose."""
    item_person: IntArray
    """(n_items,) whose."""
    n_people: int

    @property
    def n_items(self) -> int:
        """Number of items, those in no set included."""
        return len(self.item_person)

    @property
    def n_stages(self) -> int:
        """Number of sets."""
        return len(self.weight)

    @cached_property
    def row_person(self) -> IntArray:
        """(n_rows,) whose."""
        return self.person[self.stage]

    @cached_property
    def row_weight(self) -> FloatArray:
        """(n_rows,) weight of the row's set."""
        return self.weight[self.stage]

    @cached_property
    def starts(self) -> IntArray:
        """(n_stages,) first row of each set."""
        return np.flatnonzero(np.diff(self.stage, prepend=-1)).astype(np.int64)

    @cached_property
    def bounds(self) -> IntArray:
        """(n_people + 1,) rows of person u are ``bounds[u]:bounds[u + 1]``."""
        return np.searchsorted(self.row_person, np.arange(self.n_people + 1)).astype(np.int64)

    @cached_property
    def to_items(self) -> csr_array:
        """(n_items, n_rows) sums rows over items."""
        return _summing(self.item, self.n_items)

    @cached_property
    def to_people(self) -> csr_array:
        """(n_people, n_rows) sums rows over people."""
        return _summing(self.row_person, self.n_people)

    @cached_property
    def items_to_people(self) -> csr_array:
        """(n_people, n_items) sums items over people."""
        return _summing(self.item_person, self.n_people)

    def sums(self, rows: FloatArray) -> FloatArray:
        """(n_stages, ...) sums of rows over sets."""
        if not len(rows):
            return np.zeros((0, *rows.shape[1:]))
        return np.asarray(np.add.reduceat(rows, self.starts, axis=0))

    def most(self, rows: FloatArray) -> FloatArray:
        """(n_stages,) largest row of each set."""
        return np.asarray(np.maximum.reduceat(rows, self.starts)) if len(rows) else np.zeros(0)

    def log_shares(self, utility: FloatArray) -> FloatArray:
        """(n_rows,) log P(the row is taken from its set), of utilities (n_items,)."""
        eta = utility[self.item] + self.offset
        eta = eta - self.most(eta)[self.stage]
        return np.asarray(eta - np.log(self.sums(np.exp(eta)))[self.stage])

    def log_likelihood(self, utility: FloatArray) -> FloatArray:
        """(n_people,) weighted log likelihood of what each said."""
        terms = self.row_weight * self.share * self.log_shares(utility)
        summed = np.bincount(self.row_person, terms, minlength=self.n_people)
        return np.asarray(summed, dtype=np.float64)

    def of(self, stages: BoolArray) -> Choices:
        """Only these sets; items and people keep their numbers."""
        rows = stages[self.stage]
        numbers = np.cumsum(stages) - 1
        return Choices(
            item=self.item[rows],
            stage=numbers[self.stage[rows]].astype(np.int64),
            share=self.share[rows],
            offset=self.offset[rows],
            weight=self.weight[stages],
            person=self.person[stages],
            item_person=self.item_person,
            n_people=self.n_people,
        )

    def of_people(self, people: BoolArray) -> Choices:
        """Only what these people said."""
        return self.of(people[self.person])

    def weighted(self, weight: FloatArray) -> Choices:
        """With other weights (n_stages,)."""
        return replace(self, weight=weight)


def _summing(target: IntArray, n: int) -> csr_array:
    ones = np.ones(len(target))
    return csr_array((ones, (target, np.arange(len(target)))), shape=(n, len(target)))


@dataclass(frozen=True, slots=True)
class Ranked:
    """One person's order of replies to one message."""

    person: int
    items: tuple[int, ...]
    """At least two, best first."""
    ranks: tuple[int, ...]
    """0 is best; equal ranks are tied."""
    scores: tuple[float, ...] | None = None
    """In the person's own scale, for margins."""
    weight: float = 1.0


@dataclass(slots=True)
class _Building:
    item: list[int] = field(default_factory=list)
    stage: list[int] = field(default_factory=list)
    share: list[float] = field(default_factory=list)
    offset: list[float] = field(default_factory=list)
    weight: list[float] = field(default_factory=list)
    person: list[int] = field(default_factory=list)

    def add(
        self,
        person: int,
        items: Sequence[int],
        share: Sequence[float],
        weight: float,
        offset: Sequence[float] | None = None,
    ) -> None:
        self.stage += [len(self.weight)] * len(items)
        self.item += items
        self.share += share
        self.offset += offset if offset is not None else [0.0] * len(items)
        self.weight.append(weight)
        self.person.append(person)

    def done(self, item_person: IntArray, n_people: int) -> Choices:
        return Choices(
            item=np.array(self.item, dtype=np.int64),
            stage=np.array(self.stage, dtype=np.int64),
            share=np.array(self.share, dtype=np.float64),
            offset=np.array(self.offset, dtype=np.float64),
            weight=np.array(self.weight, dtype=np.float64),
            person=np.array(self.person, dtype=np.int64),
            item_person=item_person,
            n_people=n_people,
        )


def choices_of(
    rankings: Iterable[Ranked],
    item_person: IntArray,
    n_people: int,
    *,
    likelihood: Likelihood = "plackett_luce",
    margin_scale: float = 0.0,
) -> Choices:
    """Rankings as choices.

    A group of n replies counts for n - 1 comparisons in either form. All pairs of one ranking are
    not independent, so each pair counts 2 / n; without that, groups of four would speak twice as
    loud as they know. Ties are half a win for each side in pairs. In Plackett-Luce, tied replies
    share the choice (Breslow, Biometrics 30 (1974)), and the set of the last ones, all tied, counts
    one less than it has replies, so that both forms agree on two replies.

    Args:
        margin_scale: What one point of the scores demands of the difference of utilities; pairs
            alone know margins.
    """
    building = _Building()
    for ranking in sorted(rankings, key=lambda one: one.person):
        if likelihood == "pairs":
            _add_pairs(building, ranking, margin_scale)
        else:
            _add_stages(building, ranking)
    return building.done(item_person, n_people)


def _add_pairs(building: _Building, ranking: Ranked, margin_scale: float) -> None:
    n = len(ranking.items)
    weight = ranking.weight * 2 / n
    for i, j, tied in pairs_in(ranking):
        margin = 0.0
        if ranking.scores is not None and not tied:
            margin = margin_scale * (ranking.scores[i] - ranking.scores[j])
        share = (0.5, 0.5) if tied else (1.0, 0.0)
        pair = (ranking.items[i], ranking.items[j])
        building.add(ranking.person, pair, share, weight, (-margin, 0.0))


def pairs_in(ranking: Ranked) -> list[tuple[int, int, bool]]:
    """(place of the better, place of the other, tied) for every two replies."""
    ranks = ranking.ranks
    return [
        (i, j, ranks[i] == ranks[j]) if ranks[i] <= ranks[j] else (j, i, False)
        for i in range(len(ranks))
        for j in range(i + 1, len(ranks))
    ]


def _add_stages(building: _Building, ranking: Ranked) -> None:
    left = list(range(len(ranking.items)))
    while len(left) > 1:
        best = min(ranking.ranks[i] for i in left)
        tied = [i for i in left if ranking.ranks[i] == best]
        count = len(tied) - (len(tied) == len(left))
        share = [1 / len(tied) if i in tied else 0.0 for i in left]
        items = [ranking.items[i] for i in left]
        building.add(ranking.person, items, share, ranking.weight * count)
        left = [i for i in left if i not in tied]


def pairs_of(
    rankings: Iterable[Ranked], item_person: IntArray, n_people: int
) -> tuple[Choices, IntArray]:
    """All pairs that are not tied, each of weight 1, better first, and the number of the ranking
    that each is of: what accuracy is counted on, and what shots are drawn from."""
    building, of_ranking = _Building(), []
    for number, ranking in sorted(enumerate(rankings), key=lambda one: one[1].person):
        for i, j, tied in pairs_in(ranking):
            if not tied:
                items = (ranking.items[i], ranking.items[j])
                building.add(ranking.person, items, (1.0, 0.0), 1.0)
                of_ranking.append(number)
    return building.done(item_person, n_people), np.array(of_ranking, dtype=np.int64)
