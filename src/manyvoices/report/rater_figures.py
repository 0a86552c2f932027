"""Figures of raters of the same texts: groups, by themselves and shrunk."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.figure import Figure

from manyvoices.analyse.raters import GroupRating
from manyvoices.report.canvas import WIDE, Drawing, new_figure, rows_axes, shortened
from manyvoices.report.formats import number
from manyvoices.report.marks import ROW, right_label
from manyvoices.report.open_figures import forest_key, forest_row
from manyvoices.report.palette import INK, QUIET


def groups_figure(name: str, groups: Sequence[GroupRating], reach: float, alt: str) -> Drawing:
    """Differences of every group from all other raters; `reach` normal deviates of interval."""
    rows = _headed([one for one in groups if not math.isnan(one.shrunk)])

    def draw(width: float) -> Figure:
        figure = new_figure(width, 0.85 + ROW * len(rows))
        axes = figure.subplots()
        room = 36 if width >= WIDE else 20
        rows_axes(axes, [x if isinstance(x, str) else shortened(x.group, room) for x in rows])
        axes.axvline(0, color=QUIET, linewidth=0.9, linestyle=(0, (1, 2)), zorder=1)
        for y, (row, label) in enumerate(zip(rows, axes.get_yticklabels(), strict=True)):
            if isinstance(row, str):
                label.set_fontweight("bold")
                label.set_color(INK)
                continue
            half = reach * row.error
            forest_row(axes, y, (row.difference - half, row.difference, row.difference + half),
                       (row.shrunk_low, row.shrunk, row.shrunk_high))  # fmt: skip
            right_label(axes, y, number(row.shrunk, 2))
        forest_key(axes, "above other raters of the same items")
        axes.text(1.02, 1.0, "shrunk", transform=axes.transAxes, va="bottom", color=QUIET,
                  fontsize=8.5)  # fmt: skip
        return figure

    return Drawing(name=name, title="", caption="", alt=alt, draw=draw)


def _headed(groups: Sequence[GroupRating]) -> list[GroupRating | str]:
    rows: list[GroupRating | str] = []
    for one in groups:
        if not rows or one.field not in [x if isinstance(x, str) else x.field for x in rows]:
            rows.append(one.field)
        rows.append(one)
    return rows
