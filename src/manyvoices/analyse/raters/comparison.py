"""Do groups of raters judge the same texts differently, and how far does anybody agree?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.special import stdtrit

from manyvoices.aggregate import Agreement, Units, krippendorff_alpha
from manyvoices.analyse.dataset import GroupField, NotEnough
from manyvoices.analyse.many_tests import benjamini_hochberg
from manyvoices.analyse.multilevel import shrink
from manyvoices.analyse.raters.table import RatedTable, read_rated_table
from manyvoices.analyse.regression import ols
from manyvoices.analyse.resampling import cluster_means
from manyvoices.analyse.settings import Settings
from manyvoices.analyse.table import FloatArray, IntArray
from manyvoices.analyse.variance import VarianceComponents, variance_components

_NORMAL = 1.959963984540054
_NONE = float("nan")
MIN_UNITS = 10
"""Items that two of a group rated, for an alpha of its own."""


@dataclass(frozen=True, slots=True)
class GroupRating:
    """One group of raters."""

    field: str
    group: str
    n_raters: int
    n_ratings: int
    mean: float
    low: float
    high: float
    """Of the mean, over resampled raters."""
    difference: float
    """Points above all other raters on the same items; NaN where it cannot be compared."""
    error: float
    """Standard error, clustered by rater."""
    p: float
    q: float
    """`p` adjusted for all groups of all fields (Benjamini-Hochberg)."""
    shrunk: float
    """The difference, given how far those of all groups spread."""
    shrunk_low: float
    shrunk_high: float
    false_sign: float
    """Chance that the true difference is none or has the other sign."""
    alpha: Agreement | None
    """Krippendorff's alpha within the group; None with fewer than `MIN_UNITS` items in common."""


@dataclass(frozen=True, slots=True)
class RaterReport:
    """A table of ratings: its groups, and how far its raters disagree."""

    scale: str
    n_ratings: int
    n_items: int
    n_raters: int
    n_simulated: int
    low: float
    high: float
    """Lowest and highest rating given."""
    groups: tuple[GroupRating, ...]
    """Of all fields, in the order of the table; groups under `min_group` raters are left out."""
    left_out: tuple[tuple[str, str, int], ...]
    """(field, group, raters) that are too small."""
    tau: float
    """Standard deviation of the true differences between groups (REML)."""
    alpha: Agreement
    """Of all raters."""
    parts: VarianceComponents
    """rater, item, and each field's groups and their taste (group x item)."""
    summary_fields: tuple[tuple[str, str], ...]
    """(column, label)."""
    min_group: int


def rater_report(path: Path | str, settings: Settings) -> RaterReport:
    """Compare groups of raters of a table, and take its ratings apart; see `rater_comparison`."""
    return rater_comparison(read_rated_table(path), settings)


def rater_comparison(table: RatedTable, settings: Settings) -> RaterReport:
    """Groups by every attribute of raters that splits them.

    A group's difference is the coefficient of being in it, with a constant per item, so that
    groups are compared on the same texts; errors are CR1 by rater (`analyse.regression.ols`).
    Shrinkage as in `multilevel.shrink`, centre 0. Raises `NotEnough` with fewer than two raters.
    """
    if len(table.raters) < 2 or len(table.items) < 2:
        raise NotEnough("A comparison of raters needs two raters and two items.")
    settings.tick("groups of raters")
    rows: list[GroupRating] = []
    left: list[tuple[str, str, int]] = []
    for field, group in zip(table.fields, table.groups, strict=True):
        size = np.bincount(group[group >= 0], minlength=len(field.levels))
        small = [g for g in range(len(size)) if size[g] < settings.min_group]
        left += [(field.label, field.levels[g], int(size[g])) for g in small if size[g]]
        kept = np.where(np.isin(group, small), -1, group)
        rows += _of_field(table, field, kept, settings)
    rows, tau = _together(rows, settings.resampling.level)
    settings.tick("disagreement of raters")
    return RaterReport(
        scale=table.scale,
        n_ratings=len(table.rating),
        n_items=len(table.items),
        n_raters=len(table.raters),
        n_simulated=table.n_simulated,
        low=float(table.rating.min()),
        high=float(table.rating.max()),
        groups=tuple(rows),
        left_out=tuple(left),
        tau=tau,
        alpha=_alpha(table, np.ones(len(table.rating), dtype=np.bool_), settings),
        parts=_parts(table, settings),
        summary_fields=tuple((field.column, field.label) for field in table.fields),
        min_group=settings.min_group,
    )


def _of_field(
    table: RatedTable, field: GroupField, group: IntArray, settings: Settings
) -> list[GroupRating]:
    of_row = group[table.rater]
    inside = of_row >= 0
    if len(np.unique(of_row[inside])) < 2:
        return []
    means = cluster_means(
        table.rating[inside], of_row[inside], table.rater[inside],
        n_groups=len(field.levels), resampling=settings.resampling,
    )  # fmt: skip
    rows = []
    for g in np.unique(of_row[inside]).tolist():
        member = of_row == g
        difference, error, p = _difference(table, of_row, g)
        rows.append(
            GroupRating(
                field.label, field.levels[g], int((group == g).sum()), int(member.sum()),
                float(means.mean[g]), float(means.low[g]), float(means.high[g]),
                difference, error, p, q=_NONE, shrunk=_NONE, shrunk_low=_NONE, shrunk_high=_NONE,
                false_sign=_NONE, alpha=_group_alpha(table, member, settings),
            )
        )  # fmt: skip
    return rows


def _difference(table: RatedTable, of_row: IntArray, g: int) -> tuple[float, float, float]:
    """Coefficient, clustered error and p of being in group `g`, on items of both sides."""
    inside = of_row >= 0
    mine = np.bincount(table.item[of_row == g], minlength=len(table.items)) > 0
    others = np.bincount(table.item[inside & (of_row != g)], minlength=len(table.items)) > 0
    used = inside & (mine & others)[table.item]
    if used.sum() < 10 or len(np.unique(table.rater[used])) < 4:
        return float("nan"), float("nan"), float("nan")
    x = (of_row[used] == g).astype(np.float64)[:, None]
    fit = ols(x, table.rating[used], cluster=table.rater[used], absorb=table.item[used])
    return float(fit.coef[0, 0]), float(fit.se[0, 0]), float(fit.p[0, 0])


def _together(rows: list[GroupRating], level: float) -> tuple[list[GroupRating], float]:
    """The same with p adjusted over all, and differences shrunk; and their spread.

    Of a field with two groups both differences are the same but for the sign: one is shrunk, and
    the other is its mirror, so that no difference counts twice.
    """
    n_groups = {row.field: sum(one.field == row.field for one in rows) for row in rows}
    alone = [
        i
        for i, row in enumerate(rows)
        if np.isfinite(row.error) and row.error > 0
        and not (n_groups[row.field] == 2 and i and rows[i - 1].field == row.field)
    ]  # fmt: skip
    if len(alone) < 2:
        return rows, float("nan")
    picked = [rows[i] for i in alone]
    total = {row.field: sum(r.n_raters for r in rows if r.field == row.field) for row in rows}
    df = np.array([min(r.n_raters, total[r.field] - r.n_raters) - 1 for r in picked])
    error = np.array([row.error for row in picked]) * stdtrit(np.maximum(df, 1), 0.975) / _NORMAL
    found = shrink(np.array([row.difference for row in picked]), error, centre=0.0, level=level)
    q = benjamini_hochberg(np.array([row.p for row in picked]))
    made = list(rows)
    for k, i in enumerate(alone):
        numbers = (float(found.mean[k]), float(found.low[k]), float(found.high[k]))
        made[i] = _with(rows[i], float(q[k]), numbers, float(found.false_sign[k]))
        if n_groups[rows[i].field] == 2 and i + 1 < len(rows):
            mirror = (-numbers[0], -numbers[2], -numbers[1])
            made[i + 1] = _with(rows[i + 1], float(q[k]), mirror, float(found.false_sign[k]))
    return made, found.tau


def _with(
    row: GroupRating, q: float, shrunk: tuple[float, float, float], false_sign: float
) -> GroupRating:
    return replace(
        row, q=q, shrunk=shrunk[0], shrunk_low=shrunk[1], shrunk_high=shrunk[2],
        false_sign=false_sign,
    )  # fmt: skip


def _group_alpha(table: RatedTable, member: FloatArray, settings: Settings) -> Agreement | None:
    shared = np.bincount(table.item[member], minlength=1) >= 2
    return _alpha(table, member, settings) if shared.sum() >= MIN_UNITS else None


def _alpha(table: RatedTable, member: FloatArray, settings: Settings) -> Agreement:
    units = Units.from_columns(table.item[member].tolist(), table.rating[member].tolist())
    drawn = settings.resampling
    return krippendorff_alpha(
        units, "ordinal", confidence=drawn.level, n_resamples=drawn.n_resamples, seed=drawn.seed
    )


def _parts(table: RatedTable, settings: Settings) -> VarianceComponents:
    factors: dict[str, IntArray] = {"rater": table.rater}
    own = {f.column: g[table.rater] + 1 for f, g in zip(table.fields, table.groups, strict=True)}
    factors |= own
    factors["item"] = table.item
    n_items = len(table.items)
    factors |= {f"{name} x item": code * n_items + table.item for name, code in own.items()}
    return variance_components(table.rating, factors, table.rater, resampling=settings.resampling)
