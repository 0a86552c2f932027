"""Figures of topics as dots in rows: prompts and people, shares of groups."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from manyvoices.analyse.topics import Representation, TopicsResult
from manyvoices.report.canvas import WIDE, Drawing, new_figure, rows_axes, shortened
from manyvoices.report.formats import number
from manyvoices.report.marks import right_label
from manyvoices.report.palette import ACCENT, INK, LINE, PAPER, QUIET, TINT
from manyvoices.report.topic_figures import group_rows, shown_topics, topic_label


def authors_figure(result: TopicsResult, name: str) -> Drawing:
    """Figure 25: prompts and people of each topic."""
    topics = shown_topics(result)

    def draw(width: float) -> Figure:
        figure = new_figure(width, 0.85 + 0.24 * len(topics))
        axes = figure.subplots()
        rows_axes(axes, [topic_label(topic, width) for topic in topics])
        axes.tick_params(axis="y", labelsize=8.5)
        for y, topic in enumerate(topics):
            axes.plot([topic.n_people, topic.n_texts], [y, y], color=TINT, linewidth=4, zorder=1)
            axes.plot(topic.n_texts, y, "o", color=ACCENT, markersize=5.5, zorder=3)
            axes.plot(topic.n_people, y, "o", mfc=PAPER, mec=ACCENT, markersize=5.5, zorder=4)
            right_label(axes, y, number(topic.n_texts / topic.n_people, 2))
        axes.set_xlim(left=0)
        axes.locator_params(axis="x", nbins=5 if width >= WIDE else 3)
        axes.set_xlabel("○ people   ● prompts")
        axes.text(
            1.02, 1.0, "per person" if width >= WIDE else "each", transform=axes.transAxes,
            va="bottom", color=QUIET, fontsize=8,
        )  # fmt: skip
        return figure

    return Drawing(
        name=name, title="", caption="", draw=draw,
        alt=f"Prompts and people of {len(topics)} topics; the table has the numbers.",
    )  # fmt: skip


def shares_figure(result: TopicsResult, name: str) -> Drawing:
    """Figure 26: for each group its expected share, and its share of every topic."""

    def draw(width: float) -> Figure:
        rows = group_rows(result)
        figure = new_figure(width, 0.8 + 0.235 * len(rows))
        axes = figure.subplots()
        room = 28 if width >= WIDE else 17
        rows_axes(axes, [shortened(row.label, room) for row in rows])
        axes.tick_params(axis="y", labelsize=8.5)
        for tick, row in zip(axes.get_yticklabels(), rows, strict=True):
            if row.index is None:
                tick.set_fontweight("bold")
                tick.set_color(QUIET)
        y = 0
        for field in result.groups:
            for g in range(len(field.levels)):
                _share_row(axes, field, g, y + 1 + g)
            y += 1 + len(field.levels)
        axes.set_xlim(left=0)
        axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}%")
        axes.locator_params(axis="x", nbins=8 if width >= WIDE else 4)
        axes.set_xlabel("share of a topic's prompts")
        return figure

    return Drawing(
        name=name, title="", caption="", draw=draw,
        alt=(
            "For each group a row of dots, one per topic: the share of the topic's prompts that "
            "the group wrote, around the share expected. The table has the numbers."
        ),
    )  # fmt: skip


def _share_row(axes: Axes, field: Representation, g: int, y: int) -> None:
    apart = field.apart[g]
    share_of = field.share[g]
    axes.plot(
        share_of[~apart], np.full((~apart).sum(), y), "o", markersize=4, mfc="none", mec=QUIET,
        mew=0.7, alpha=0.8,
    )  # fmt: skip
    axes.plot(share_of[apart], np.full(apart.sum(), y), "o", markersize=4.5, color=ACCENT)
    x = field.expected[g]
    axes.plot([x, x], [y - 0.36, y + 0.36], color=INK, linewidth=1.6, zorder=4)
    axes.axhline(y, color=LINE, linewidth=0.5, zorder=0)
