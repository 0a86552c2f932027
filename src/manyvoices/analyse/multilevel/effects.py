"""Which groups rate which models higher or lower than others do, and which of that is real."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtr, stdtrit

from manyvoices.analyse.many_tests import benjamini_hochberg
from manyvoices.analyse.multilevel.shrinkage import Shrunk, shrink
from manyvoices.analyse.multilevel.within import GroupFit, PeopleStats, fit_group
from manyvoices.analyse.table import FloatArray, IntArray

_NORMAL = 1.959963984540054


@dataclass(frozen=True, slots=True)
class GroupEffect:
    """How much higher a group rates one model than all other people do, in points of the scale."""

    field: str
    group: str
    model: str
    n_people: int
    """Of the group."""
    estimate: float
    """By itself: the group's effect of the model less that of the others."""
    error: float
    """Standard error, clustered by person."""
    low: float
    high: float
    """Interval of the estimate by itself, by Student's t."""
    p: float
    q: float
    """`p` adjusted for all differences of all fields (Benjamini-Hochberg)."""
    shrunk: float
    """Posterior mean, given how far all differences of this field spread."""
    shrunk_low: float
    shrunk_high: float
    false_sign: float
    """Chance that the true difference is none or has the other sign."""


@dataclass(frozen=True, slots=True)
class FieldEffects:
    """All groups of one field on all models."""

    field: str
    label: str
    groups: tuple[tuple[str, int], ...]
    """(group, people) that were compared."""
    left_out: tuple[tuple[str, int], ...]
    """(group, people): too few, or their models are not connected by common raters."""
    effects: tuple[GroupEffect, ...]
    tau: float
    """Standard deviation of the true differences, in points (REML)."""
    tau_low: float
    tau_high: float
    i2: float
    """Share of the spread of the estimates that is not noise."""
    q: float
    df: int
    p: float
    """Of any difference at all: (deals that spread as far + 1) / (deals + 1), labels dealt out
    among people at random."""
    n_deals: int

    def n_claimed(self, *, level: float = 0.05) -> int:
        """Differences whose false sign rate is at most `level`."""
        return sum(each.false_sign <= level for each in self.effects)


def field_effects(
    stats: PeopleStats,
    group: IntArray,
    names: Sequence[str],
    models: Sequence[str],
    *,
    field: str = "",
    label: str = "",
    min_group: int = 20,
    n_deals: int = 500,
    seed: int = 0,
    level: float = 0.95,
) -> FieldEffects | None:
    """Contrast every group of a field with all others; None where no two groups can be.

    `group` (people,) indexes `names`, -1 = none. With two groups one contrast says it all, and the
    second is left out as its mirror. Effects of a group sum to 0 over the models: what is compared
    is taste, not generosity. Shrinkage is `shrink` with centre 0; the errors that enter are widened
    to what Student's t with the smaller number of people - 1 degrees makes of them. The estimates
    of a field are treated as independent; they are not quite (they sum to 0), which is why the
    test of a field as a whole deals out labels instead (Good 2005).
    """
    rated = stats.n_scores.sum(axis=1) > 1
    group = np.where(rated, group, -1)
    size = np.bincount(group[group >= 0], minlength=len(names))
    kept = [g for g in range(len(names)) if size[g] >= max(min_group, 3)]
    group = np.where(np.isin(group, kept), group, -1)
    contrasts = [g for g in (kept[:1] if len(kept) == 2 else kept) if len(kept) > 1]
    pairs = {g: _contrast(stats, group, g) for g in contrasts}
    found = {g: pair for g, pair in pairs.items() if pair is not None}
    if not found:
        return None
    rows = [
        row
        for g, (mine, others) in found.items()
        for row in _rows(mine, others, field, names[g], models, level)
    ]
    if len(rows) < 2:
        return None
    p = _dealt(stats, group, list(found), n_deals=n_deals, seed=seed)
    q = float(sum(row.estimate**2 / row.error**2 for row in rows))
    shrunk = shrink(*_widened(rows, group), centre=0.0, level=level)
    n = {names[g]: int(size[g]) for g in range(len(names))}
    compared = kept if len(kept) == 2 else list(found)
    return FieldEffects(
        field=field,
        label=label or field,
        groups=tuple((names[g], int(size[g])) for g in compared),
        left_out=tuple((name, k) for g, (name, k) in enumerate(n.items())
                       if g not in compared and k),
        effects=tuple(_with(row, shrunk, place) for place, row in enumerate(rows)),
        tau=shrunk.tau, tau_low=shrunk.tau_low, tau_high=shrunk.tau_high,
        i2=shrunk.i2, q=q, df=shrunk.df, p=p, n_deals=n_deals,
    )  # fmt: skip


def adjusted(fields: Sequence[FieldEffects]) -> tuple[FieldEffects, ...]:
    """The same with `q` taken over all differences of all `fields`: a reader reads them all."""
    rows = [row for one in fields for row in one.effects]
    if not rows:
        return tuple(fields)
    q = iter(benjamini_hochberg(np.array([row.p for row in rows])).tolist())
    return tuple(
        replace(one, effects=tuple(replace(row, q=next(q)) for row in one.effects))
        for one in fields
    )


def _contrast(stats: PeopleStats, group: IntArray, g: int) -> tuple[GroupFit, GroupFit] | None:
    inside = (group == g).astype(np.float64)
    outside = ((group >= 0) & (group != g)).astype(np.float64)
    mine, others = fit_group(stats, inside), fit_group(stats, outside)
    if mine is None or others is None:
        return None
    shared = np.intersect1d(mine.known, others.known)
    if len(shared) < len(mine.known) or len(shared) < len(others.known):
        mine = fit_group(stats, inside, models=shared)
        others = fit_group(stats, outside, models=shared)
    return None if mine is None or others is None else (mine, others)


def _rows(
    mine: GroupFit,
    others: GroupFit,
    field: str,
    group: str,
    models: Sequence[str],
    level: float,
) -> list[GroupEffect]:
    estimate = mine.effect - others.effect
    error = np.sqrt(np.diag(mine.covariance) + np.diag(others.covariance))
    df = min(mine.n_people, others.n_people) - 1
    reach = float(stdtrit(df, (1 + level) / 2))
    nothing = dict.fromkeys(("q", "shrunk", "shrunk_low", "shrunk_high", "false_sign"), np.nan)
    return [
        GroupEffect(
            field, group, models[m], mine.n_people, float(estimate[m]), float(error[m]),
            low=float(estimate[m] - reach * error[m]), high=float(estimate[m] + reach * error[m]),
            p=float(2 * stdtr(df, -abs(estimate[m] / error[m]))), **nothing,
        )
        for m in np.flatnonzero(np.isfinite(estimate) & (error > 0))
    ]  # fmt: skip


def _widened(rows: Sequence[GroupEffect], group: IntArray) -> tuple[FloatArray, FloatArray]:
    """Estimates, and errors of a normal whose 95% interval is Student's."""
    total = int((group >= 0).sum())
    df = np.array([min(row.n_people, total - row.n_people) - 1 for row in rows])
    error = np.array([row.error for row in rows])
    return np.array([row.estimate for row in rows]), error * stdtrit(df, 0.975) / _NORMAL


def _with(row: GroupEffect, shrunk: Shrunk, place: int) -> GroupEffect:
    return replace(
        row,
        shrunk=float(shrunk.mean[place]),
        shrunk_low=float(shrunk.low[place]),
        shrunk_high=float(shrunk.high[place]),
        false_sign=float(shrunk.false_sign[place]),
    )


def _dealt(
    stats: PeopleStats, group: IntArray, contrasts: Sequence[int], *, n_deals: int, seed: int
) -> float:
    """How rarely labels dealt out at random spread as far as the true ones.

    Squares are weighted by what the errors would be if nobody differed: from all people together
    and the sizes of groups. These are the same for every deal, as an exact test needs.
    """
    inside = np.flatnonzero(group >= 0)
    whole = fit_group(stats, (group >= 0).astype(np.float64))
    if whole is None:
        return float("nan")
    labels = group[inside]
    size = np.array([(labels == g).sum() for g in contrasts])
    share = len(labels) * (1 / size + 1 / (len(labels) - size))
    weight = 1 / (share[:, None] * np.diag(whole.covariance))
    weight[~np.isfinite(weight)] = 0.0
    design = stats.design[inside].reshape(len(inside), -1)
    right = stats.right[inside]
    total = (design.sum(axis=0), right.sum(axis=0))
    observed = _spread(design, right, total, labels, contrasts, weight)
    rng = np.random.default_rng(seed)
    deals = [
        _spread(design, right, total, rng.permutation(labels), contrasts, weight)
        for _ in range(n_deals)
    ]
    return (1 + sum(deal >= observed * (1 - 1e-12) for deal in deals)) / (1 + n_deals)


def _spread(
    design: FloatArray,
    right: FloatArray,
    total: tuple[FloatArray, FloatArray],
    labels: IntArray,
    contrasts: Sequence[int],
    weight: FloatArray,
) -> float:
    """Weighted squares of all contrasts under `labels`."""
    n_models = right.shape[1]
    member = np.stack([labels == g for g in contrasts]).astype(np.float64)
    mine, own = member @ design, member @ right
    others, rest = total[0] - mine, total[1] - own
    left = np.concatenate((mine, others)).reshape(-1, n_models, n_models)
    scale = np.trace(left, axis1=1, axis2=2)[:, None, None] / n_models**2
    # Effects sum to 0; a model that nobody of a group rated has none.
    left = left + scale * (np.ones((n_models, n_models)) + 1e-9 * np.eye(n_models))
    effect = np.linalg.solve(left, np.concatenate((own, rest))[..., None])[..., 0]
    return float((weight * (effect[: len(contrasts)] - effect[len(contrasts) :]) ** 2).sum())
