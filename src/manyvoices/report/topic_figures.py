"""Figures of topics: their sizes, who writes on them, where they lie."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from manyvoices.analyse.table import FloatArray
from manyvoices.analyse.topics import Prevalence, Representation, Topic, TopicsResult
from manyvoices.report.canvas import WIDE, Drawing, new_figure, rows_axes, shortened
from manyvoices.report.formats import number, plural, share
from manyvoices.report.marks import right_label
from manyvoices.report.palette import ACCENT, INK, LINE, PAPER, QUIET, SERIES, TINT
from manyvoices.report.topic_grid import (
    Row,
    TopicGrid,
    draw_grid,
    grid_height,
    legend,
    steps_between,
)

MAX_SHOWN = 24
"""Topics in a figure; the tables have all."""
FACTORS = (1.25, 2.0)
POINTS = (0.01, 0.03)
WITHIN = (0.03, 0.06, 0.12, 0.24)
_MOST_POINTS = 1500


def topic_label(topic: Topic, width: float) -> str:
    """Its number and its name, as much as there is room for."""
    return f"{shortened(topic.name, 36 if width >= WIDE else 20)}  {topic.number}"


def shown_topics(result: TopicsResult) -> tuple[Topic, ...]:
    """Those that figures have room for."""
    return result.topics[:MAX_SHOWN]


def sizes_figure(result: TopicsResult, name: str) -> Drawing:
    """Figure 3: bars of sizes, below them who writes on what more or less than expected."""
    topics = shown_topics(result)

    def draw(width: float) -> Figure:
        bars = 0.3 + 0.2 * len(topics)
        if not result.groups:
            figure = new_figure(width, bars + 0.4)
            _size_bars(figure.subplots(), result, width)
            return figure
        grid = factor_grid(result)
        heights = [bars, grid_height(grid, width)]
        figure = new_figure(width, sum(heights) + 0.8)
        top, middle = figure.subplots(2, 1, height_ratios=heights)
        _size_bars(top, result, width)
        draw_grid(middle, grid, width)
        words = ((4, "twice as often or more"), (2, "1.25 times or more"))
        less = ((-4, "half as often or less"), (-2, "0.8 times or less"))
        legend(figure, (*words, *less), width, ("dot",) if grid.marks is not None else ())
        return figure

    return Drawing(
        name=name, title="", caption="", draw=draw,
        alt=(
            f"Bars of {len(topics)} topics by number of prompts, the largest "
            f"{topics[0].name} with {number(topics[0].n_texts)}; below, shades for each group and "
            "topic of how much more or less often than expected. The table has the sizes."
        ),
    )  # fmt: skip


def _size_bars(axes: Axes, result: TopicsResult, width: float) -> None:
    topics = shown_topics(result)
    rows_axes(axes, [topic_label(topic, width) for topic in topics])
    axes.tick_params(axis="y", labelsize=8)
    axes.barh(range(len(topics)), [t.n_texts for t in topics], height=0.62, color=ACCENT)
    for y, topic in enumerate(topics):
        right_label(axes, y, share(topic.n_texts / result.n_texts))
    axes.locator_params(axis="x", nbins=4)
    axes.set_title("Prompts on each topic", fontweight="normal", color=QUIET, fontsize=9)


def group_rows(result: TopicsResult) -> tuple[Row, ...]:
    """Fields as headings, their groups below, numbered through all fields."""
    rows, index = [], 0
    for field in result.groups:
        rows.append(Row(field.label, None))
        for level in field.levels:
            rows.append(Row(level, index))
            index += 1
    return tuple(rows)


def stacked(result: TopicsResult, attribute: str) -> FloatArray:
    """(all groups, shown topics) of an array of each field."""
    n = len(shown_topics(result))
    parts = [np.asarray(getattr(field, attribute))[:, :n] for field in result.groups]
    return np.concatenate(parts).astype(np.float64) if parts else np.zeros((0, n))


def factor_grid(result: TopicsResult) -> TopicGrid:
    """Over-representation on a scale of ratios; dots where the regression agrees."""
    factor = stacked(result, "factor")
    with np.errstate(divide="ignore"):
        logs = np.clip(np.log(factor), -9, 9)
    steps = 2 * steps_between(logs, [np.log(edge) for edge in FACTORS])
    marks = None
    if result.prevalence is not None:
        known = _cells_of(result.prevalence, result.prevalence.found)
        keys = [(field.column, level) for field in result.groups for level in field.levels]
        nothing = np.zeros(len(result.topics), dtype=bool)
        marks = np.array([known.get(key, nothing)[: factor.shape[1]] for key in keys])
    names = tuple(topic.name for topic in shown_topics(result))
    return TopicGrid(group_rows(result), names, steps, marks=marks)


def _cells_of(prevalence: Prevalence, cells: np.ndarray) -> dict[tuple[str, str], np.ndarray]:
    shown = prevalence.shown
    return {
        (term.column, term.level): cells[i] for i, term in enumerate(prevalence.terms) if shown[i]
    }


def coefficients_figure(result: TopicsResult, prevalence: Prevalence, name: str) -> Drawing:
    """Figure 23: every coefficient that is shown, its base levels in grey."""
    n = len(shown_topics(result))
    kept = np.flatnonzero(prevalence.shown)
    found, starred = prevalence.found[kept, :n], prevalence.starred[kept, :n]
    grid = TopicGrid(
        rows=_coefficient_rows(result, prevalence, kept),
        columns=tuple(topic.name for topic in shown_topics(result)),
        steps=2 * steps_between(prevalence.fit.coef[kept, :n], POINTS),
        marks=found,
        rings=starred & ~found,
    )

    def draw(width: float) -> Figure:
        figure = new_figure(width, grid_height(grid, width) + 0.6)
        draw_grid(figure.subplots(), grid, width)
        more = ((4, "+3 points or more"), (2, "+1 point or more"))
        less = ((-4, "−3 points or more"), (-2, "−1 point or more"))
        legend(figure, (*more, *less), width, ("dot", "ring"))
        return figure

    return Drawing(
        name=name, title="", caption="", draw=draw,
        alt=(
            f"Shades for {len(kept)} groups and {n} topics: how much more or less likely a prompt "
            f"of the group is on the topic than one of the base group. {int(found.sum())} cells "
            "carry a dot; the table has every coefficient."
        ),
    )  # fmt: skip


def _coefficient_rows(
    result: TopicsResult, prevalence: Prevalence, kept: np.ndarray
) -> tuple[Row, ...]:
    labels = {field.column: field.label for field in result.groups}
    rows = []
    for column, base in prevalence.bases:
        mine = [(i, prevalence.terms[k]) for i, k in enumerate(kept)]
        levels = [Row(term.level, i) for i, term in mine if term.column == column]
        if levels:
            rows.append(Row(labels.get(column, column), None))
            rows.append(Row(base, None, base=True))
            rows += levels
    return tuple(rows)


def map_figure(result: TopicsResult, name: str) -> Drawing:
    """Figure 24: texts in the plane, topics by number at the middle of their texts."""
    inside = np.flatnonzero(result.labels >= 0)
    chosen = np.random.default_rng(0).permutation(inside)[:_MOST_POINTS]

    def draw(width: float) -> Figure:
        figure = new_figure(width, 0.82 * width)
        axes = figure.subplots()
        colours = _neighbour_colours(result)
        for i in range(len(result.topics)):
            points = result.plane[chosen[result.labels[chosen] == i]]
            axes.plot(
                points[:, 0], points[:, 1], ".", color=colours[i], markersize=4, alpha=0.6,
                markeredgewidth=0,
            )  # fmt: skip
            axes.annotate(
                str(i + 1), _above(result, i), xytext=(0, 2), textcoords="offset points",
                ha="center", va="bottom", fontsize=9, fontweight="bold", color=colours[i], zorder=4,
            )  # fmt: skip
        axes.set_axis_off()
        axes.set_aspect("equal", adjustable="datalim")
        axes.margins(0.03)
        return figure

    return Drawing(
        name=name, title="", caption="", draw=draw,
        alt=(
            f"A map of {plural(len(chosen), 'prompt')} in {plural(len(result.topics), 'topic')}, "
            "each topic a cloud with its number; the list of topics has the names."
        ),
    )  # fmt: skip


def _above(result: TopicsResult, topic: int) -> tuple[float, float]:
    """A place above the texts around the topic's middle one: a topic may lie in several clouds."""
    mine = result.plane[result.labels == topic]
    middle = mine[np.argmin(np.linalg.norm(mine - np.median(mine, axis=0), axis=1))]
    reach = 0.04 * float(np.nanmax(result.plane) - np.nanmin(result.plane))
    near = mine[np.linalg.norm(mine - middle, axis=1) <= reach]
    return float(middle[0]), float(near[:, 1].max())


def _neighbour_colours(result: TopicsResult) -> list[str]:
    """Three colours, so given that the nearest clouds differ where three can make it so."""
    n = len(result.topics)
    middle = np.array([np.median(result.plane[result.labels == i], axis=0) for i in range(n)])
    colours: list[int] = []
    for i in range(n):
        away = np.linalg.norm(middle[:i] - middle[i], axis=1)
        cost = [sum(1 / (d + 1e-9) for d, c in zip(away, colours, strict=True) if c == own)
                for own in range(len(SERIES))]  # fmt: skip
        colours.append(int(np.argmin(cost)))
    return [SERIES[c] for c in colours]


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


def counts_figure(result: TopicsResult, name: str) -> Drawing:
    """Figure 27: counts, shaded by the share of the group's prompts."""
    counts, within = stacked(result, "counts"), stacked(result, "within")
    grid = TopicGrid(
        rows=group_rows(result),
        columns=tuple(topic.name for topic in shown_topics(result)),
        steps=steps_between(within, WITHIN),
        texts=tuple(tuple(number(n) for n in row) for row in counts),
    )

    def draw(width: float) -> Figure:
        figure = new_figure(width, grid_height(grid, width) + 0.5)
        draw_grid(figure.subplots(), grid, width)
        words = [f"{100 * edge:.0f}% or more" for edge in WITHIN]
        legend(figure, list(zip((1, 2, 3, 4), words, strict=True)), width)
        return figure

    return Drawing(
        name=name, title="", caption="", draw=draw,
        alt=(
            f"Numbers of prompts for {len(counts)} groups and {counts.shape[1]} topics, shaded by "
            "the share of the group's prompts; the table has them all."
        ),
    )  # fmt: skip
