"""Tables of what the papers left open: each figure's numbers, and more than it has room for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from manyvoices.analyse.multilevel import FieldEffects, GroupEffect
from manyvoices.analyse.power import GroupPower, PowerCurve, SizePower
from manyvoices.analyse.variance import Component, Repeats
from manyvoices.report.data_table import DataTable
from manyvoices.report.formats import interval, number, share


def probability(p: float) -> str:
    """``.034``; ``<.001``."""
    if math.isnan(p):
        return "–"
    return "<.001" if p < 0.001 else f"{p:.3f}".removeprefix("0")


def shares_table(
    name: str, title: str, components: Sequence[Component], labels: Mapping[str, str]
) -> DataTable:
    """Variances, standard deviations and shares."""
    rows = tuple(
        (
            labels.get(one.name, one.name), number(one.n_levels), number(one.variance, 2),
            interval(one.low, one.high, 2), number(one.sd, 2), share(one.share),
            f"{share(one.share_low)} to {share(one.share_high)}",
        )
        for one in components
    )  # fmt: skip
    return DataTable(
        name, title,
        ("Part", "Levels", "Variance", "Interval", "SD, points", "Share", "Interval of share"),
        rows,
        note="A variance below 0 is an estimate of one that is next to none; its share is 0.",
    )  # fmt: skip


def repeats_table(name: str, title: str, kinds: Sequence[tuple[str, Repeats]]) -> DataTable:
    """Scores of one context by two people and by one."""
    rows = tuple(
        (
            label, number(one.n_contexts), number(one.n_pairs), number(one.n_people),
            number(one.mean_difference, 1), interval(one.low, one.high, 1),
            number(one.half_square, 1), interval(one.half_square_low, one.half_square_high, 1),
        )
        for label, one in kinds
    )  # fmt: skip
    return DataTable(
        name, title,
        ("Scores by", "Contexts", "Pairs", "People", "Mean difference", "Interval",
         "Variance left", "Interval"),
        rows,
    )  # fmt: skip


def effects_table(
    name: str, title: str, effects: Sequence[GroupEffect], labels: Mapping[str, str]
) -> DataTable:
    """Differences by themselves and shrunk; `labels` of the fields."""
    rows = tuple(
        (
            one.group, one.model, labels.get(one.field, one.field), number(one.n_people),
            number(one.estimate, 1), interval(one.low, one.high, 1), probability(one.p),
            probability(one.q), number(one.shrunk, 1), interval(one.shrunk_low, one.shrunk_high, 1),
            probability(one.false_sign),
        )
        for one in effects
    )  # fmt: skip
    return DataTable(
        name, title,
        ("Group", "Model", "Field", "People", "By itself", "Interval", "p", "q (BH)", "Shrunk",
         "Interval", "False sign"),
        rows,
    )  # fmt: skip


def fields_table(name: str, title: str, fields: Sequence[FieldEffects]) -> DataTable:
    """How far each field's groups differ at all."""
    rows = tuple(
        (
            one.label, number(len(one.groups)), number(len(one.effects)), number(one.tau, 2),
            interval(one.tau_low, one.tau_high, 2), share(one.i2),
            f"{number(one.q, 1)} ({one.df})", probability(one.p),
            number(sum(row.p < 0.05 for row in one.effects)),
            number(sum(row.q < 0.05 for row in one.effects)), number(one.n_claimed()),
        )
        for one in fields
    )  # fmt: skip
    return DataTable(
        name, title,
        ("Field", "Groups", "Differences", "Spread, points", "Interval", "I²", "Q (df)", "p by lot",
         "p < .05", "q < .05", "False sign ≤ .05"),
        rows,
        note="p by lot: of any difference, against labels dealt out among people at random.",
    )  # fmt: skip


def sizes_table(name: str, title: str, curve: PowerCurve) -> DataTable:
    """Every size of a power curve."""
    rows = tuple(_size_row(one) for one in curve.sizes)
    return DataTable(
        name, title,
        ("People", "First two told apart", "the wrong way", "tau", "tau at least", "± score",
         "± gap of the first two", "Made by"),
        rows,
    )  # fmt: skip


def _size_row(one: SizePower) -> tuple[str, ...]:
    return (
        number(one.n_people), share(one.separated), share(one.reversed), number(one.tau, 2),
        number(one.tau_low, 2), number(one.half_width, 4), number(one.gap_half_width, 4),
        "extrapolated" if one.extrapolated else "replayed",
    )  # fmt: skip


def group_power_table(name: str, title: str, rows: Sequence[GroupPower]) -> DataTable:
    """What differences between groups can be seen."""
    cells = tuple(
        (
            one.group, one.field, number(one.n_group), number(one.error, 2), share(one.power),
            number(one.detectable, 1), people_needed(one.needed),
            "extrapolated" if one.extrapolated else "within this release",
        )
        for one in rows
    )  # fmt: skip
    effect = number(rows[0].effect, 1) if rows else ""
    return DataTable(
        name, title,
        ("Group", "Field", "People", "Standard error", f"Chance to see {effect} points",
         "Seen with the power wanted", "People needed, all groups", ""),
        cells,
    )  # fmt: skip


def people_needed(n: float) -> str:
    """Whole people, two digits that bear; a word where no number is enough."""
    if math.isnan(n):
        return "–"
    if n == math.inf:
        return "no number"
    if n > 10_000_000:
        return "over 10,000,000"
    digits = max(0, math.ceil(math.log10(max(n, 1))) - 2)
    return number(math.ceil(n / 10**digits) * 10**digits)
