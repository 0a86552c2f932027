"""Opening scores and habits of groups of people (PRISM, Figure 15).

Groups below `Settings.min_group` people are not shown; who would rather not say is in none.
Whether groups differ is asked of people, each counted once, and not of their scores.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from manyvoices.analyse.dataset import Dataset, GroupField
from manyvoices.analyse.many_tests import holm
from manyvoices.analyse.resampling import Means, Resampling, cluster_means
from manyvoices.analyse.scale_use.persons import Habit
from manyvoices.analyse.scores import N_BINS
from manyvoices.analyse.settings import Settings
from manyvoices.analyse.table import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over people with its interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class GroupScores:
    """One group."""

    label: str
    n_people: int
    n: int
    """Opening scores."""
    mean: float
    low: float
    """Interval of the mean score over resampled people."""
    high: float
    q25: float
    median: float
    q75: float
    histogram: tuple[int, ...]
    centrality: Estimate
    """Of persons: mean of their mean scores."""
    expressivity: Estimate
    """Of persons: mean of their mean ranges."""


@dataclass(frozen=True, slots=True)
class FieldScores:
    """One survey question."""

    column: str
    label: str
    groups: tuple[GroupScores, ...]
    """Largest first."""
    hidden: tuple[tuple[str, int], ...]
    """(label, people) of groups that are too small."""
    p_centrality: float
    """Kruskal and Wallis (1952) on persons' mean scores; Holm's correction over the fields. NaN
    with fewer than two groups."""
    p_expressivity: float
    """The same on their mean ranges."""


def field_scores(dataset: Dataset, habit: Habit, settings: Settings) -> tuple[FieldScores, ...]:
    """Every demographic field with a group that is large enough."""
    found = [
        one
        for field in dataset.demographics()
        if (one := _field(dataset, field, habit, settings)).groups
    ]
    first = holm(np.array([one.p_centrality for one in found]))
    second = holm(np.array([one.p_expressivity for one in found]))
    return tuple(
        replace(one, p_centrality=float(a), p_expressivity=float(b))
        for one, a, b in zip(found, first, second, strict=True)
    )


def _field(dataset: Dataset, field: GroupField, habit: Habit, settings: Settings) -> FieldScores:
    level = dict(dataset.people.select("user_id", field.column).rows())
    group = np.array([_place(field, level.get(user)) for user in habit.users], dtype=np.int64)
    group[np.isnan(habit.centrality)] = -1
    sizes = np.bincount(group[group >= 0], minlength=len(field.levels))
    kept = [g for g in np.argsort(-sizes, kind="stable") if sizes[g] >= settings.min_group]
    return FieldScores(
        column=field.column,
        label=field.label,
        groups=_groups(dataset, field, habit, group, kept, settings.resampling),
        hidden=tuple(
            (field.levels[g], int(sizes[g]))
            for g in range(len(sizes))
            if sizes[g] > 0 and g not in kept
        ),
        p_centrality=_differ(habit.centrality, group, kept),
        p_expressivity=_differ(habit.expressivity, group, kept),
    )


def _place(field: GroupField, level: str | None) -> int:
    return field.levels.index(level) if level in field.levels else -1


def _groups(
    dataset: Dataset,
    field: GroupField,
    habit: Habit,
    group: IntArray,
    kept: list[int],
    drawn: Resampling,
) -> tuple[GroupScores, ...]:
    openers, n = dataset.openers(), len(field.levels)
    row_of = {user: row for row, user in enumerate(habit.users)}
    person = np.array([row_of[user] for user in openers["user_id"]], dtype=np.int64)
    score = openers["score"].to_numpy().astype(np.float64)
    inside = group[person] >= 0
    means = cluster_means(
        score[inside], group[person][inside], person[inside], n_groups=n, resampling=drawn
    )
    central, express = (
        _persons(x, group, n, drawn) for x in (habit.centrality, habit.expressivity)
    )
    rows = []
    for g in kept:
        mine = score[group[person] == g]
        q25, median, q75 = (float(q) for q in np.quantile(mine, [0.25, 0.5, 0.75]))
        counts, _ = np.histogram(mine, bins=N_BINS, range=dataset.table.words.score_range)
        rows.append(
            GroupScores(
                label=field.levels[g],
                n_people=int((group == g).sum()),
                n=len(mine),
                mean=float(means.mean[g]),
                low=float(means.low[g]),
                high=float(means.high[g]),
                q25=q25,
                median=median,
                q75=q75,
                histogram=tuple(int(x) for x in counts),
                centrality=_estimate(central, g),
                expressivity=_estimate(express, g),
            )
        )
    return tuple(rows)


def _persons(values: FloatArray, group: IntArray, n: int, drawn: Resampling) -> Means:
    kept = np.flatnonzero(~np.isnan(values) & (group >= 0))
    return cluster_means(values[kept], group[kept], kept, n_groups=n, resampling=drawn)


def _estimate(means: Means, group: int) -> Estimate:
    return Estimate(float(means.mean[group]), float(means.low[group]), float(means.high[group]))


def _differ(values: FloatArray, group: IntArray, kept: list[int]) -> float:
    from scipy.stats import kruskal

    parts = [values[(group == g) & ~np.isnan(values)] for g in kept]
    parts = [part for part in parts if len(part)]
    if len(parts) < 2 or len(np.unique(np.concatenate(parts))) < 2:
        return float("nan")
    return float(kruskal(*parts).pvalue)
