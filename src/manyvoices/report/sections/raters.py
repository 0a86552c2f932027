"""Raters of the same texts: do groups of them judge differently, and how far does anybody agree?"""

from __future__ import annotations

import math

from scipy.special import ndtri

from manyvoices.aggregate import Agreement
from manyvoices.analyse.raters import GroupRating, RaterReport, rater_report
from manyvoices.analyse.variance import Component
from manyvoices.report.data_table import DataTable
from manyvoices.report.formats import interval, listed, number, share
from manyvoices.report.marks import intervals_made
from manyvoices.report.open_figures import shares_figure
from manyvoices.report.open_tables import probability, shares_table
from manyvoices.report.rater_figures import groups_figure
from manyvoices.report.section import Chapter, Item, Section
from manyvoices.schema.wording import plural

_LABELS = {
    "rater": "Rater (how high they rate)",
    "groups": "Groups of raters",
    "item": "Item",
    "groups x item": "Groups on some items",
    "residual": "Rater on some items, and noise",
}


def render(found: RaterReport) -> Section:
    """The chapter."""
    items = [_variance_item(found), _alpha_item(found)]
    notes = []
    if found.groups:
        items.insert(0, _groups_item(found))
    else:
        notes.append(
            f"No attribute splits the raters into two groups of {found.min_group} or more."
        )
    if found.left_out:
        small = listed([f"{group} ({field}, {n})" for field, group, n in found.left_out])
        notes.append(f"Groups of fewer than {found.min_group} raters are not shown apart: {small}.")
    if found.n_simulated:
        notes.append(f"{plural(found.n_simulated, 'rating')} are by bots of a rehearsal.")
    return Section(
        lead=(
            f"{_n(found)}, on the scale {found.scale} from {number(found.low)} to "
            f"{number(found.high)}. Do groups rate the same items differently, and how far does "
            f"anybody agree? {_variance_title(found)}."
        ),
        items=tuple(items),
        in_short=(f"{_variance_title(found)}.",),
        notes=tuple(notes),
    )


def _n(found: RaterReport) -> str:
    return (
        f"{plural(found.n_ratings, 'rating')} of {plural(found.n_items, 'item')} by "
        f"{plural(found.n_raters, 'rater')}"
    )


def _groups_title(found: RaterReport) -> str:
    known = _once([one for one in found.groups if not math.isnan(one.p)])
    alone = sum(one.p < 0.05 for one in known)
    real = [one for one in known if one.false_sign <= 0.05]
    head = (
        f"Of {plural(len(known), 'difference')} between groups, {number(alone)} have p below 0.05 "
        "by themselves"
    )
    if not real:
        return f"{head} and none holds up when all are seen together"
    names = listed([f"{one.group} ({one.field.lower()})" for one in real[:4]])
    holds = "holds" if len(real) == 1 else "hold"
    return f"{head}; {names} {holds} up when all are seen together"


def _once(groups: list[GroupRating]) -> list[GroupRating]:
    """Without the second of two groups, whose difference is the first's mirror."""
    fields = [one.field for one in groups]
    return [
        one
        for place, one in enumerate(groups)
        if fields.count(one.field) != 2 or one.field not in fields[:place]
    ]


def _groups_item(found: RaterReport) -> Item:
    name, title = "raters-groups", _groups_title(found)
    drawn = found.parts.resampling
    reach = abs(float(ndtri((1 - drawn.level) / 2)))
    drawing = groups_figure(
        name, found.groups, reach,
        f"{title}. Differences with intervals, by themselves and shrunk; the table has numbers.",
    )  # fmt: skip
    return Item(
        name=name,
        title=title,
        n=_n(found),
        method=(
            "Each group against all other raters with an answer, on the items that both rated (a "
            "constant per item); errors clustered by rater (CR1). Shrunk: all groups together, "
            "normal, centre 0, the spread's uncertainty averaged over. Lines: "
            f"{drawn.level:.0%} intervals. Means: {intervals_made(drawn)}."
        ),
        drawing=drawing if any(not math.isnan(one.shrunk) for one in found.groups) else None,
        table=DataTable(
            name, "Groups of raters",
            ("Group", "Field", "Raters", "Ratings", "Mean", "Interval", "Above others", "p",
             "q (BH)", "Shrunk", "Interval", "False sign"),
            tuple(_group_row(one) for one in found.groups),
            note=(
                "Of two groups one difference is the other's mirror; p of both counts once. Spread "
                f"of the true differences (REML): {number(found.tau, 2)}."
            ),
        ),
    )  # fmt: skip


def _group_row(one: GroupRating) -> tuple[str, ...]:
    return (
        one.group, one.field, number(one.n_raters), number(one.n_ratings), number(one.mean, 2),
        interval(one.low, one.high, 2), number(one.difference, 2), probability(one.p),
        probability(one.q), number(one.shrunk, 2), interval(one.shrunk_low, one.shrunk_high, 2),
        probability(one.false_sign),
    )  # fmt: skip


def _summary(found: RaterReport) -> tuple[Component, ...]:
    columns = [column for column, _ in found.summary_fields]
    taken = dict.fromkeys(columns, "groups") | {f"{c} x item": "groups x item" for c in columns}
    parts: dict[str, list[str]] = {}
    for one in found.parts.components:
        parts.setdefault(taken.get(one.name, one.name), []).append(one.name)
    return found.parts.folded(parts)


def _variance_title(found: RaterReport) -> str:
    parts = {one.name: one.share for one in _summary(found)}
    item, rest = parts.get("item", 0.0), parts.get("residual", 0.0)
    return (
        f"{share(item)} of the variance of ratings is the item, {share(parts.get('rater', 0.0))} "
        f"how high a rater rates, and {share(rest)} is left between raters of one item"
    )


def _variance_item(found: RaterReport) -> Item:
    name, title = "raters-variance", _variance_title(found)
    labels = _LABELS | {
        key: text
        for column, label in found.summary_fields
        for key, text in ((column, label), (f"{column} x item", f"{label} on some items"))
    }
    summary = _summary(found)
    detail = [one for one in found.parts.components if one.name not in _LABELS]
    return Item(
        name=name,
        title=title,
        n=_n(found),
        method=(
            "Rating = mean + rater + groups + item + groups × item + residual, all crossed "
            "effects, by the method of moments (Gao & Owen 2017). Lines: "
            f"{intervals_made(found.parts.resampling).replace('participants', 'raters')}; items "
            "stay those of the table. Two copies of one rater are never compared."
        ),
        drawing=shares_figure(name, summary, labels, f"{title}. Shares with intervals."),
        table=shares_table(name, "Parts of the variance", (*summary, *detail), labels),
        notes=tuple(
            f"{labels.get(one, one)} is left out: {why}." for one, why in found.parts.left_out
        ),
    )


def _alpha_item(found: RaterReport) -> Item:
    name = "raters-agreement"
    title = f"Raters agree with Krippendorff's alpha {number(found.alpha.value, 2)}"
    if math.isnan(found.alpha.value):
        title = "Agreement cannot be told"
    rows = [_alpha_row("All raters", "", found.alpha)]
    rows += [_alpha_row(one.group, one.field, one.alpha) for one in found.groups if one.alpha]
    return Item(
        name=name,
        title=title,
        n=f"{plural(found.alpha.n_units, 'item')} with two ratings or more",
        method=(
            "Krippendorff's alpha, ordinal: 1 is full agreement, 0 what chance gives. "
            f"{found.alpha.confidence:.0%} intervals resample items. A group's alpha is among its "
            "own members alone."
        ),
        table=DataTable(
            name, "Agreement of raters", ("Raters", "Field", "alpha", "Interval", "Items",
                                          "Ratings"), tuple(rows),
            note=found.alpha.why_undefined,
        ),
    )  # fmt: skip


def _alpha_row(group: str, field: str, alpha: Agreement) -> tuple[str, ...]:
    return (
        group, field, number(alpha.value, 2), interval(alpha.low, alpha.high, 2),
        number(alpha.n_units), number(alpha.n_ratings),
    )  # fmt: skip


CHAPTER = Chapter("raters", "Raters", rater_report, render, takes="ratings")
