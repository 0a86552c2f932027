"""Do groups of people prefer different models, and more so than groups drawn by lot would?

Small groups give noisy rankings, so two groups always differ somewhat. The question is answered by
comparison: the same people are dealt into groups of the same sizes at random, many times.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from manyvoices.aggregate.battles import Battles
from manyvoices.aggregate.estimators import rank_centrality
from manyvoices.analyse.leaderboard import Leaderboard, leaderboard
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.splits import Split, folded_split, group_fields, split_battles
from manyvoices.analyse.table import FloatArray, IntArray, ReleaseTable
from manyvoices.schema.judgements import Battle

MIN_GROUP = 20
"""Participants a group needs for a ranking of its own; PRISM's choice."""
MAX_GROUPS = 8
"""More groups than this (countries) are too many to compare by eye: the largest are kept."""


@dataclass(frozen=True, slots=True, eq=False)
class GroupBoard:
    """One group's ranking."""

    label: str
    n_participants: int
    """With at least one battle in this group."""
    leaderboard: Leaderboard


@dataclass(frozen=True, slots=True)
class ModelSpread:
    """Where one model stands in each group."""

    model: str
    ranks: tuple[int, ...]
    """One per group, in the order of `GroupComparison.groups`."""

    @property
    def spots(self) -> int:
        """How many places lie between its best and its worst rank."""
        return max(self.ranks) - min(self.ranks)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How alike the groups' rankings are, against groups drawn by lot."""

    tau: float
    """Mean Kendall tau over pairs of groups: 1 = the same order, -1 = the reverse."""
    by_lot: float
    """The same for random groups of the same sizes: its mean over the deals."""
    by_lot_low: float
    """2.5 % and 97.5 % quantiles over the deals."""
    by_lot_high: float
    p_value: float
    """(deals that agree no better than the groups do + 1) / (deals + 1); one-sided."""
    n_deals: int


@dataclass(frozen=True, slots=True, eq=False)
class GroupComparison:
    """Rankings by the values of one field."""

    field: str
    label: str
    groups: tuple[GroupBoard, ...]
    """In the order of the study."""
    left_out: tuple[tuple[str, int], ...]
    """(label, participants) of groups without a ranking of their own; none that are empty."""
    min_group: int
    folded: tuple[str, ...] = ()
    """Groups that make up the last one, where only one group is large enough by itself."""
    models: tuple[ModelSpread, ...] = ()
    """Models that every group judged; best mean rank first."""
    agreement: Agreement | None = None
    """None with fewer than two groups or two shared models."""
    threshold: float = 0.05
    """A p below this counts as a difference: 0.05 divided by the number of fields compared."""

    @property
    def differ(self) -> bool:
        """Whether the groups are less alike than chance makes groups of their size."""
        return self.agreement is not None and self.agreement.p_value < self.threshold


def default_fields(
    table: ReleaseTable, battles: Sequence[Battle], *, min_group: int = MIN_GROUP, most: int = 3
) -> tuple[str, ...]:
    """The first `most` fields in which two to `MAX_GROUPS` groups are large enough to rank."""
    splits = (split_battles(table, battles, field) for field in group_fields(table))
    folded = (folded_split(split, min_group)[0] for split in splits)
    large = ((split.field, sum(n >= min_group for n in split.sizes)) for split in folded)
    return tuple(field for field, n in large if 2 <= n <= MAX_GROUPS)[:most]


def compare_groups(
    table: ReleaseTable,
    battles: Sequence[Battle],
    field: str,
    *,
    resampling: Resampling | None = None,
    min_group: int = MIN_GROUP,
    n_deals: int = 500,
    n_fields: int = 1,
) -> GroupComparison:
    """Rank the models within each group of `field`, and say how far the groups differ.

    `field` is the id of a single choice question, ``conversation_type`` or ``language``. People
    who would rather not say, and groups below `min_group` people, get no ranking of their own; if
    only one group is large enough, the others together are compared with it.
    Rankings are by rank centrality, which exists for any data. `n_fields` says how many fields are
    compared in all (Bonferroni: the more questions, the stronger the evidence asked for). Raises
    `DataError` for a field that the release does not have.
    """
    drawn = resampling or Resampling()
    split, folded = folded_split(split_battles(table, battles, field), min_group)
    kept = _kept(split, min_group)
    whole = Battles.from_rows(battles)
    group = split.group()
    boards = tuple(
        GroupBoard(
            split.names[g],
            split.sizes[g],
            leaderboard(whole.select(group == g), methods=("rank_centrality",), resampling=drawn),
        )
        for g in kept
    )
    rest = [(split.names[g], n) for g, n in enumerate(split.sizes) if g not in kept and n]
    return GroupComparison(
        field=field,
        label=split.label,
        groups=boards,
        left_out=tuple(rest),
        min_group=min_group,
        folded=folded,
        models=_spread(boards),
        agreement=_agreement(whole, split, kept, n_deals=n_deals, seed=drawn.seed),
        threshold=0.05 / n_fields,
    )


def _kept(split: Split, min_group: int) -> list[int]:
    large = [g for g, size in enumerate(split.sizes) if size >= min_group]
    return sorted(sorted(large, key=lambda g: -split.sizes[g])[:MAX_GROUPS])


def _spread(boards: Sequence[GroupBoard]) -> tuple[ModelSpread, ...]:
    """Ranks among the models that all groups judged, so that places can be compared."""
    orders = [
        [row.model for row in board.leaderboard.boards[0].standings]
        for board in boards
        if board.leaderboard.boards
    ]
    if not orders or len(orders) < len(boards):
        return ()
    shared = set(orders[0]).intersection(*orders)
    places = [[model for model in order if model in shared] for order in orders]
    rows = [
        ModelSpread(model, tuple(order.index(model) + 1 for order in places))
        for model in sorted(shared)
    ]
    return tuple(sorted(rows, key=lambda row: (sum(row.ranks), row.model)))


def _agreement(
    battles: Battles, split: Split, kept: list[int], *, n_deals: int, seed: int
) -> Agreement | None:
    if len(kept) < 2 or len(battles.models) < 2:
        return None
    observed = _mean_tau(battles, split.group(), kept)
    rng = np.random.default_rng(seed)
    deals = np.array(
        [_mean_tau(battles, split.group(split.dealt(rng)), kept) for _ in range(n_deals)]
    )
    deals = deals[~np.isnan(deals)]
    if np.isnan(observed) or not len(deals):
        return None
    low, high = np.quantile(deals, [0.025, 0.975])
    return Agreement(
        tau=float(observed),
        by_lot=float(deals.mean()),
        by_lot_low=float(low),
        by_lot_high=float(high),
        p_value=float((1 + (deals <= observed + 1e-12).sum()) / (1 + len(deals))),
        n_deals=len(deals),
    )


def _mean_tau(battles: Battles, group: IntArray, kept: list[int]) -> float:
    """Mean over pairs of groups of Kendall's tau between their rank centrality scores."""
    scores = _scores(battles, group, kept)
    taus = [_tau(x, y) for x, y in itertools.combinations(scores, 2)]
    return float(np.mean(taus))


def _scores(battles: Battles, group: IntArray, kept: list[int]) -> FloatArray:
    """(groups, models) scores; NaN for a model that this group did not judge."""
    n = len(battles.models)
    wins = np.zeros((len(kept), n, n))
    for place, g in enumerate(kept):
        rows = group == g
        a, b, won = battles.a[rows], battles.b[rows], battles.outcome[rows]
        np.add.at(wins[place], (a, b), won)
        np.add.at(wins[place], (b, a), 1.0 - won)
    scores = rank_centrality(wins)
    scores[(wins.sum(axis=1) + wins.sum(axis=2)) == 0] = np.nan
    return scores


def _tau(x: FloatArray, y: FloatArray) -> float:
    """Kendall's tau-a over the entries that both have; NaN with fewer than two."""
    both = ~(np.isnan(x) | np.isnan(y))
    n = int(both.sum())
    if n < 2:
        return float("nan")
    i, j = np.triu_indices(n, k=1)
    agree = np.sign(x[both][i] - x[both][j]) * np.sign(y[both][i] - y[both][j])
    return float(agree.mean())
