"""How many people it takes to see that a group rates a model differently."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri, stdtrit

from manyvoices.analyse.multilevel import FieldEffects, GroupFit, PeopleStats, fit_group
from manyvoices.analyse.table import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class GroupPower:
    """One group against all others, for a typical model."""

    field: str
    group: str
    n_group: int
    n_people: int
    """Of all groups that were compared."""
    effect: float
    """The difference to be seen, in points of the scale."""
    error: float
    """Standard error of a difference in the release: root of the mean square over models."""
    power: float
    """Chance that one such difference, looked for by itself, has p below 1 - level."""
    detectable: float
    """The difference that the release sees with the power wanted."""
    needed: float
    """People, all groups together in the release's shares, to see `effect` with that power."""
    extrapolated: bool
    """More than the release has."""
    level: float


def group_power(
    found: FieldEffects, *, effect: float, power: float = 0.8, level: float = 0.95
) -> tuple[GroupPower, ...]:
    """Power for a difference of `effect` points, from the errors that the release has.

    Errors fall with the root of the number of people while the groups keep their shares. Normal
    approximation (Cohen 1988, chapter 2, for errors that are known); `replay_effect` plays it.
    """
    z, wanted = abs(float(ndtri((1 - level) / 2))), float(ndtri(power))
    people = sum(n for _, n in found.groups)
    size = dict(found.groups)
    rows = []
    for group in dict.fromkeys(each.group for each in found.effects):
        errors = np.array([e.error for e in found.effects if e.group == group])
        error = float(np.sqrt((errors**2).mean()))
        needed = people * ((z + wanted) * error / effect) ** 2
        seen = float(ndtr(effect / error - z) + ndtr(-effect / error - z))
        rows.append(
            GroupPower(
                found.label, group, size[group], people, effect, error, seen,
                detectable=(z + wanted) * error, needed=needed, extrapolated=needed > people,
                level=level,
            )
        )  # fmt: skip
    return tuple(rows)


@dataclass(frozen=True, slots=True)
class Played:
    """Power found by playing studies of one size."""

    n_people: int
    power: float
    false: float
    """The same share where the difference is 0: what the level promises, to be checked."""
    n_draws: int


def replay_effect(
    stats: PeopleStats,
    group: IntArray,
    which: int,
    *,
    effect: float,
    sizes: Sequence[int],
    n_draws: int = 100,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[Played, ...]:
    """Play studies in which group `which` rates each model `effect` points higher than others do.

    People with a group (`group` (people,), -1 = none) are drawn with replacement. The difference
    that the release itself has is taken off and `effect` put in its place, for one model at a
    time; the share of significant tests is the mean over models and draws.
    """
    inside = np.flatnonzero(group >= 0)
    mine, others = _both(stats, group, which, np.ones(len(group)))
    rng = np.random.default_rng(seed)
    found = []
    for n in sizes:
        hits: list[float] = []
        false: list[float] = []
        for _ in range(n_draws):
            weight = np.zeros(len(group))
            weight[inside] = rng.multinomial(n, np.full(len(inside), 1 / len(inside)))
            again = _both(stats, group, which, weight)
            if again[0] is None or again[1] is None or mine is None or others is None:
                continue
            moved = (again[0].effect - again[1].effect) - (mine.effect - others.effect)
            error = np.sqrt(np.diag(again[0].covariance) + np.diag(again[1].covariance))
            df = max(min(again[0].n_people, again[1].n_people) - 1, 1)
            bar = float(stdtrit(df, (1 + level) / 2)) * error
            known = np.isfinite(moved) & (error > 0)
            hits.extend((np.abs(moved + effect) > bar)[known])
            false.extend((np.abs(moved) > bar)[known])
        hit, miss = (float(np.mean(x)) if x else float("nan") for x in (hits, false))
        found.append(Played(n, hit, miss, n_draws))
    return tuple(found)


def _both(
    stats: PeopleStats, group: IntArray, which: int, weight: FloatArray
) -> tuple[GroupFit | None, GroupFit | None]:
    inside = np.where(group == which, weight, 0.0)
    outside = np.where((group >= 0) & (group != which), weight, 0.0)
    return fit_group(stats, inside), fit_group(stats, outside)
