"""Figures of topics: their sizes, who writes on them, where they lie."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from manyvoices.analyse.table import FloatArray
from manyvoices.analyse.topics import Prevalence, Topic, TopicsResult
from manyvoices.report.canvas import WIDE, Drawing, new_figure, rows_axes, shortened
from manyvoices.report.formats import number, share
from manyvoices.report.marks import right_label
from manyvoices.report.palette import ACCENT, QUIET
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
