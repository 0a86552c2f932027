"""The item on how far people agree on the order of replies."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from manyvoices.analyse.trees import TreeDescription
from manyvoices.analyse.trees.estimates import Estimate
from manyvoices.analyse.trees.ranking import AgreementRow, RankAgreement
from manyvoices.report.canvas import WIDE, Drawing, new_figure, rows_axes
from manyvoices.report.data_table import DataTable
from manyvoices.report.formats import interval, number, out_of, share
from manyvoices.report.marks import ROW
from manyvoices.report.palette import ACCENT, INK, QUIET
from manyvoices.report.section import Item
from manyvoices.report.trees.wording import (
    MOST_LANGUAGES,
    OASST,
    estimate_cells,
    language_name,
    resampled,
)
from manyvoices.schema.wording import plural

_LEAST_SETS = 10
"""Ranked sets from which a language has a row in the figure."""


def ranking_item(found: TreeDescription, ranking: RankAgreement) -> Item:
    """Agreement by language, with what chance gives."""
    row = ranking.rows[0]
    title = (
        f"Two people put the same reply first in {share(row.top.value)} of cases; by chance it"
        f" would be {share(row.chance.value)}"
    )
    shown = [row, *(one for one in ranking.rows[1:] if one.n_sets >= _LEAST_SETS)]
    return Item(
        name="trees-ranking",
        title=title,
        n=(
            f"{plural(row.n_sets, 'set')} of replies that two people or more ranked;"
            f" {plural(ranking.n_rankings, 'ranking')} by"
            f" {plural(ranking.n_rankers, 'person', 'people')}"
        ),
        method=(
            "Each set counts once. W and tau-b are Kendall's: W of complete rankings (by chance"
            " about one over their number), tau the mean over pairs of rankings on the replies that"
            f" both placed (by chance 0). Line: {resampled(found)}; upright mark: chance. Merged"
            f" by ranked pairs, {share(ranking.merged.share)} of the orders have a tie."
            f" Languages with {_LEAST_SETS} sets or more are drawn."
        ),
        source=f"{OASST}, ranking and its merging; agreement is not published there",
        drawing=_figure(
            shown[:MOST_LANGUAGES],
            f"{title}. Kendall's W is {number(row.kendall_w.value, 2)}"
            f" ({interval(row.kendall_w.low, row.kendall_w.high, 2)}), mean tau"
            f" {number(row.tau.value, 2)}.",
        ),
        table=_table(ranking),
    )


def _figure(rows: Sequence[AgreementRow], alt: str) -> Drawing:
    """Agreement by language: W, tau and the share of equal first places, with intervals."""
    labels = ["all", *(language_name(row.language) for row in rows[1:])]
    panels = (
        ("Kendall's W", [row.kendall_w for row in rows], None),
        ("Kendall's tau", [row.tau for row in rows], [0.0] * len(rows)),
        ("Same reply first", [row.top for row in rows], [row.chance.value for row in rows]),
    )

    def draw(width: float) -> Figure:
        wide = width >= WIDE
        height = 0.75 + ROW * len(rows)
        figure = new_figure(width, height if wide else 3 * height)
        grid = figure.subplots(1 if wide else 3, 3 if wide else 1, squeeze=False, sharey=wide)
        figure.get_layout_engine().set(wspace=0.07)  # type: ignore[union-attr,call-arg]
        for axes, (title, estimates, chance) in zip(grid.flat, panels, strict=True):
            rows_axes(axes, labels)
            _estimates(axes, estimates, chance)
            axes.set_title(title)
        return figure

    return Drawing("trees-ranking", "", "", alt, draw)


def _estimates(axes: Axes, estimates: Sequence[Estimate], chance: list[float] | None) -> None:
    for y, one in enumerate(estimates):
        if chance is not None:
            axes.plot(chance[y], y, marker="|", color=QUIET, markersize=9, markeredgewidth=1.2)
        if not math.isnan(one.low):
            axes.plot([one.low, one.high], [y, y], color=ACCENT, linewidth=1.8,
                      solid_capstyle="butt")  # fmt: skip
        axes.plot(one.value, y, "o", color=ACCENT if y else INK, markersize=5.5, zorder=3)
    low = min([0.0, *(one.low for one in estimates if not math.isnan(one.low)),
               *(one.value for one in estimates if not math.isnan(one.value))])  # fmt: skip
    axes.set_xlim(min(low, 0.0) - 0.05, 1.05)
    ticks = [0, 0.5, 1] if low > -0.3 else [-0.5, 0, 0.5, 1]
    axes.set_xticks(ticks, [number(tick, int(tick % 1 != 0)) for tick in ticks])


def _table(found: RankAgreement) -> DataTable:
    """Agreement by language."""
    rows = tuple(
        (
            language_name(row.language) if i else "all",
            number(row.n_sets),
            *(text for one in (row.kendall_w, row.tau, row.top) for text in estimate_cells(one)),
            share(row.chance.value),
        )
        for i, row in enumerate(found.rows)
    )
    header = ("Language", "Sets", "W", "Interval", "Tau", "Interval", "Same first", "Interval")
    note = " ".join(_ranking_notes(found))
    return DataTable(
        "trees-ranking",
        "Agreement on the order of replies",
        (*header, "By chance"),
        rows,
        note=note,
    )


def _ranking_notes(found: RankAgreement) -> Iterable[str]:
    yield f"“All replies are bad”: {out_of(found.all_bad)} rankings."
    yield f"Rankings with ties: {out_of(found.with_ties)}."
    yield f"Merged orders with a tie: {out_of(found.merged)}; shared first place:"
    yield f"{out_of(found.merged_top)}."
    if found.published.of:
        yield f"Sets whose published ranks tie: {out_of(found.published)}."
    if found.same_best.of:
        yield f"Published best reply is ours: {out_of(found.same_best)}."
