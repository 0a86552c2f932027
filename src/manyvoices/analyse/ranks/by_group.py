"""Does the order of models depend on who is asked, and about what, more than chance makes it?

PRISM, Figures 4 B and C (arXiv 2404.16019, section 3.2). The arrows of its figure mark the largest
moves of each group; the largest of many moves is never small, so each is compared here with the
largest move in random cohorts of the same size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from manyvoices.aggregate import Scores
from manyvoices.aggregate.intervals import of_known
from manyvoices.aggregate.kinds import ObjectArray
from manyvoices.aggregate.resampling import Resampler
from manyvoices.analyse.dataset import CONVERSATION_TYPE, Dataset, GroupField
from manyvoices.analyse.ranks.cohorts import first_of, people_orders, taus_with
from manyvoices.analyse.ranks.openers import Openers, overall, ranks_of_wins, wins_of
from manyvoices.analyse.table import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Move:
    """The model that a group moves furthest in one direction."""

    model: str
    spots: int
    """Places above (positive) or below (negative) its rank by everybody."""
    p: float
    """Chance that some model moves at least as far in a random cohort of that size; NaN where the
    group did not judge every model."""


@dataclass(frozen=True, slots=True, eq=False)
class GroupRanking:
    """One group's order."""

    label: str
    n_people: int
    n_battles: int
    ranks: IntArray
    """(n,) in the order of `FieldRanking.models`; 0 = not judged by this group."""
    tau: float
    """Kendall's tau-a with everybody's order."""
    tau_by_lot: tuple[float, float]
    """2.5 % and 97.5 % quantile of tau for random cohorts of that size."""
    up: Move | None
    """None where no model climbs."""
    down: Move | None


@dataclass(frozen=True, slots=True, eq=False)
class FieldRanking:
    """Orders by the groups of one field."""

    column: str
    label: str
    models: tuple[str, ...]
    """Best first, by everybody."""
    groups: tuple[GroupRanking, ...]
    left_out: tuple[tuple[str, int], ...]
    """(label, people) of groups that are too small."""
    min_group: int
    n_lots: int
    """Random cohorts behind each chance."""

    def surprising(self, level: float = 0.05) -> tuple[tuple[str, Move], ...]:
        """(group, move) with p below `level` shared out over both moves of all groups."""
        moves = [(g.label, m) for g in self.groups for m in (g.up, g.down) if m is not None]
        threshold = level / max(2 * len(self.groups), 1)
        return tuple((label, m) for label, m in moves if m.p < threshold)


def rankings_by_field(
    openers: Openers,
    dataset: Dataset,
    fields: Sequence[GroupField],
    *,
    min_group: int,
    n_lots: int,
    seed: int,
) -> tuple[FieldRanking, ...]:
    """Rank the models by the groups of each field; fields with fewer than two large groups drop.

    A group is the people with one answer, or, for ``conversation_type``, the conversations of one
    type. Chances of people's groups come from random cohorts of everybody; those of conversation
    types from exchanging types within people, so that the same people stand on both sides.
    """
    found = []
    for field in fields:
        labels = labels_of(openers, dataset, field.column)
        if field.column == CONVERSATION_TYPE:
            one = _by_type(openers.scores, labels, field, min_group, n_lots, seed)
        else:
            one = _by_person(openers.scores, labels, field, min_group, n_lots, seed)
        if len(one.groups) >= 2:
            found.append(one)
    return tuple(found)


def labels_of(openers: Openers, dataset: Dataset, column: str) -> ObjectArray:
    """(rows,) label of each opener in a column of people, or its conversation type."""
    if column == CONVERSATION_TYPE:
        return np.array(openers.frame[column].to_list(), dtype=object)
    joined = openers.frame.select("user_id").join(
        dataset.people.select("user_id", column).unique("user_id"), on="user_id", how="left",
        maintain_order="left",
    )  # fmt: skip
    return np.array(joined[column].to_list(), dtype=object)


def _by_person(
    scores: Scores, labels: ObjectArray, field: GroupField, min_group: int, n_lots: int, seed: int
) -> FieldRanking:
    sampler = Resampler.of(scores, "cluster")
    unit = np.unique(scores.cluster, return_inverse=True)[1]
    group = _codes(labels, field.levels)
    of_unit = np.full(sampler.n_units, -1, dtype=np.int64)
    of_unit[unit] = group
    sizes = np.bincount(of_unit[of_unit >= 0], minlength=len(field.levels))
    kept = [g for g in range(len(field.levels)) if sizes[g] >= min_group]
    lots = {int(size): np.zeros((0, len(scores.models)), np.int64) for size in sizes[kept]}
    for orders in people_orders(sampler, n_draws=n_lots, seed=seed):
        for size in lots:
            drawn = ranks_of_wins(wins_of(sampler, first_of(orders, size)))
            lots[size] = np.concatenate((lots[size], drawn))
    times = np.stack([(of_unit == g).astype(np.float64) for g in range(len(sizes))], axis=1)
    by_lot = [lots[int(sizes[g])] for g in kept]
    return _field(scores, sampler, times, sizes, kept, by_lot, field, min_group, n_lots)


def _by_type(
    scores: Scores, labels: ObjectArray, field: GroupField, min_group: int, n_lots: int, seed: int
) -> FieldRanking:
    talks = replace(scores, cluster=scores.turn)
    sampler = Resampler.of(talks, "cluster")
    unit = np.unique(scores.turn, return_inverse=True)[1]
    of_unit, person = np.full((2, sampler.n_units), -1, dtype=np.int64)
    of_unit[unit], person[unit] = _codes(labels, field.levels), scores.cluster
    people = [len(np.unique(person[of_unit == g])) for g in range(len(field.levels))]
    sizes = np.array(people, dtype=np.int64)
    kept = [g for g in range(len(field.levels)) if sizes[g] >= min_group]
    rng = np.random.default_rng(seed)
    dealt = [_dealt(of_unit, person, rng) for _ in range(n_lots)]
    by_lot = []
    for g in kept:
        times = np.stack([deal == g for deal in dealt], axis=1).astype(np.float64)
        by_lot.append(ranks_of_wins(wins_of(sampler, times)))
    times = np.stack([(of_unit == g).astype(np.float64) for g in range(len(sizes))], axis=1)
    return _field(scores, sampler, times, sizes, kept, by_lot, field, min_group, n_lots)


def _dealt(of_unit: IntArray, person: IntArray, rng: np.random.Generator) -> IntArray:
    """(units,) the labels exchanged at random within each person."""
    target = np.lexsort((np.arange(len(person)), person))
    source = np.lexsort((rng.random(len(person)), person))
    dealt = np.empty_like(of_unit)
    dealt[target] = of_unit[source]
    return dealt


def _codes(labels: ObjectArray, levels: tuple[str, ...]) -> IntArray:
    code = {level: g for g, level in enumerate(levels)}
    return np.array([code.get(label, -1) for label in labels], dtype=np.int64)


def _field(
    scores: Scores,
    sampler: Resampler,
    times: FloatArray,
    sizes: IntArray,
    kept: list[int],
    by_lot: list[IntArray],
    field: GroupField,
    min_group: int,
    n_lots: int,
) -> FieldRanking:
    _, everybody = overall(scores.battles())
    order = np.argsort(everybody, kind="stable")
    wins = wins_of(sampler, times)
    ranks = ranks_of_wins(wins)
    groups = tuple(
        _group(field.levels[g], int(sizes[g]), wins[g], ranks[g], everybody, lot, scores.models,
               order)
        for g, lot in zip(kept, by_lot, strict=True)
    )  # fmt: skip
    small = [g for g in range(len(sizes)) if g not in kept and sizes[g]]
    return FieldRanking(
        column=field.column,
        label=field.label,
        models=tuple(scores.models[code] for code in order),
        groups=groups,
        left_out=tuple((field.levels[g], int(sizes[g])) for g in small),
        min_group=min_group,
        n_lots=n_lots,
    )


def _group(
    label: str,
    n_people: int,
    wins: FloatArray,
    ranks: IntArray,
    everybody: IntArray,
    lot: IntArray,
    models: tuple[str, ...],
    order: IntArray,
) -> GroupRanking:
    spots = np.where(ranks > 0, everybody - ranks, 0)
    by_lot = np.where(lot > 0, everybody - lot, 0)
    whole = bool((ranks > 0).all())
    furthest = by_lot.max(axis=1), -by_lot.min(axis=1)
    return GroupRanking(
        label=label,
        n_people=n_people,
        n_battles=round(float(wins.sum())),
        ranks=ranks[order],
        tau=float(taus_with(ranks[None], everybody)[0]),
        tau_by_lot=of_known(taus_with(lot, everybody), 0.95),
        up=_move(spots, 1, furthest[0], models, whole),
        down=_move(spots, -1, furthest[1], models, whole),
    )


def _move(
    spots: IntArray, sign: int, furthest: IntArray, models: tuple[str, ...], whole: bool
) -> Move | None:
    code = int((sign * spots).argmax())
    far = sign * int(spots[code])
    if far <= 0:
        return None
    reached = int((furthest >= far).sum())
    p = (1 + reached) / (1 + len(furthest)) if whole else float("nan")
    return Move(models[code], sign * far, p)
