"""Figures of scale use: turns, normalised scores, persons, groups (PRISM, Figures 11-15)."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from manyvoices.analyse.scale_use import Habit, ScoreHabits
from manyvoices.analyse.scale_use.group_scores import GroupScores
from manyvoices.analyse.scale_use.habits import Histogram
from manyvoices.analyse.scale_use.turns import Level, TurnRow
from manyvoices.report.canvas import WIDE, Drawing, new_figure, rows_axes, shortened, wrapped
from manyvoices.report.formats import listed, number
from manyvoices.report.marks import mean_mark, right_label, scale_axis
from manyvoices.report.palette import ACCENT, INK, LINE, QUIET, SEQUENCE, SERIES, TINT

_CELLS = 22
"""Squares along the longer side of a density panel."""


def turn_counts_figure(name: str, rows: tuple[TurnRow, ...]) -> Drawing:
    """People and conversations that got as far as each turn."""

    def draw(width: float) -> Figure:
        wide = width >= WIDE
        figure = new_figure(width, 2.5 if wide else 4.4)
        grid = figure.subplots(*((1, 2) if wide else (2, 1)), squeeze=False)
        panels = (
            ("people with a conversation of so many turns", [row.n_people for row in rows]),
            ("conversations of exactly so many turns", [row.n_ended for row in rows]),
        )
        turns = [row.turn for row in rows]
        for axes, (title, values) in zip(grid.flat, panels, strict=True):
            axes.bar(turns, values, color=ACCENT, width=0.7)
            axes.set_title(title, fontweight="normal", color=QUIET, fontsize=9)
            axes.set_xticks(turns)
            axes.grid(axis="y")
            axes.tick_params(axis="both", length=0)
            axes.locator_params(axis="y", nbins=5)
            axes.set_xlabel("turns" if axes is grid.flat[1] else "turns, or more")
        return figure

    said = [f"{number(r.n_people)} people reach turn {r.turn}" for r in rows[:4]]
    return Drawing(name, "", "", f"{listed(said)}. The table has all turns.", draw)


def turn_levels_figure(name: str, rows: tuple[TurnRow, ...], scale: tuple[int, int]) -> Drawing:
    """Mean score and range of scores by turn, with interval and spread."""

    def draw(width: float) -> Figure:
        wide = width >= WIDE
        figure = new_figure(width, 2.7 if wide else 4.9)
        grid = figure.subplots(*((1, 2) if wide else (2, 1)), squeeze=False)
        turns = np.array([row.turn for row in rows])
        _levels(grid.flat[0], turns, [row.mean for row in rows], "mean of the scores of a turn")
        _levels(grid.flat[1], turns, [row.range for row in rows], "range of the scores of a turn")
        grid.flat[0].set_ylim(*scale)
        grid.flat[1].set_ylim(0, scale[1] - scale[0])
        return figure

    first, second = rows[0], rows[min(1, len(rows) - 1)]
    return Drawing(
        name,
        "",
        "",
        f"Mean score {first.mean.mean:.0f} in the first turn and {second.mean.mean:.0f} in the "
        f"second; range {first.range.mean:.0f} and {second.range.mean:.0f}.",
        draw,
    )


def _levels(axes: Axes, turns: np.ndarray, levels: list[Level], title: str) -> None:
    mean = np.array([one.mean for one in levels])
    sd = np.array([one.sd for one in levels])
    axes.fill_between(turns, mean - sd, mean + sd, color=LINE, alpha=0.6, linewidth=0)
    axes.plot(turns, mean, color=ACCENT, linewidth=1.3)
    for turn, one in zip(turns, levels, strict=True):
        axes.plot([turn, turn], [one.low, one.high], color=ACCENT, linewidth=2)
        axes.plot(turn, one.mean, "o", color=ACCENT, markersize=4.5)
    axes.set_title(title, fontweight="normal", color=QUIET, fontsize=9)
    axes.set_xticks(turns)
    axes.grid(axis="y")
    axes.tick_params(axis="both", length=0)
    axes.set_xlabel("turn")


def histograms_figure(name: str, found: tuple[Histogram, ...]) -> Drawing:
    """Raw scores beside normalised ones."""

    def draw(width: float) -> Figure:
        wide = width >= WIDE
        figure = new_figure(width, 2.4 if wide else 5.6)
        grid = figure.subplots(*((1, 3) if wide else (3, 1)), squeeze=False)
        for axes, one in zip(grid.flat, found, strict=True):
            share = one.counts / max(one.counts.sum(), 1)
            axes.stairs(share, one.edges, fill=True, color=ACCENT)
            axes.axvline(one.mean, color=INK, linewidth=0.9, linestyle=(0, (1, 2)))
            title = wrapped(one.name[:1].upper() + one.name[1:], 27)
            axes.set_title(title, fontweight="normal", color=QUIET, fontsize=9)
            axes.set_yticks([])
            axes.grid(axis="x")
            axes.tick_params(axis="x", length=0)
        for axes in grid.flat[1:]:
            axes.set_xlabel("standard deviations")
        return figure

    said = [f"{one.name} has skew {one.skew:.1f}" for one in found]
    return Drawing(name, "", "", f"Distribution of scores: {listed(said)}.", draw)


def persons_figure(name: str, habits: tuple[Habit, ...], scale: tuple[int, int]) -> Drawing:
    """Each person's mean score against the range she uses; openers and continuers."""
    shown = tuple(one for one in habits if one.known.any())

    def draw(width: float) -> Figure:
        wide = width >= WIDE
        side = 3.3 if wide else 3.2
        figure = new_figure(width, side + 0.3 if wide else side * len(shown))
        figure.get_layout_engine().set(wspace=0.08)  # type: ignore[union-attr,call-arg]
        grid = figure.subplots(*((1, len(shown)) if wide else (len(shown), 1)), squeeze=False)
        for axes, habit in zip(grid.flat, shown, strict=True):
            _density(axes, habit, scale)
        return figure

    said = [
        f"in {one.part} the median person has mean {np.nanmedian(one.centrality):.0f} and range "
        f"{np.nanmedian(one.expressivity):.0f}"
        for one in shown
    ]
    return Drawing(name, "", "", f"Use of the scale: {listed(said)}.", draw)


def _density(axes: Axes, habit: Habit, scale: tuple[int, int]) -> None:
    low, high = scale
    x, y = habit.centrality[habit.known], habit.expressivity[habit.known]
    edges = np.linspace(low, high, _CELLS + 1), np.linspace(0, high - low, _CELLS + 1)
    counts, _, _ = np.histogram2d(x, y, bins=edges)
    # Steps that widen as squares do: a few people still show beside the crowd.
    step = np.digitize(counts, _steps(counts.max()))
    for i, j in zip(*np.nonzero(counts), strict=True):
        axes.fill_between(
            edges[0][i : i + 2],
            edges[1][j],
            edges[1][j + 1],
            color=SEQUENCE[min(step[i, j] - 1, len(SEQUENCE) - 1)],
            linewidth=0,
        )
    middle = float(np.median(x)), float(np.median(y))
    axes.plot(*middle, marker="o", markersize=8, markerfacecolor="none", markeredgecolor=SERIES[2])
    axes.plot(*middle, marker="o", markersize=3, color=SERIES[2])
    axes.axvline((low + high) / 2, color=QUIET, linewidth=0.9, linestyle=(0, (1, 2)))
    axes.set_xlim(low, high)
    axes.set_ylim(0, high - low)
    axes.set_title(f"{habit.part.capitalize()} ({number(len(x))} people)")
    axes.set_xlabel("centrality: mean score")
    axes.set_ylabel("expressivity: mean range")
    axes.grid()
    axes.tick_params(axis="both", length=0)


def _steps(most: float) -> np.ndarray:
    return np.asarray(np.linspace(1, np.sqrt(max(most, 2)), len(SEQUENCE) + 1)[:-1] ** 2)


def groups_figure(name: str, scores: ScoreHabits) -> Drawing:
    """Silhouettes of opening scores for every group that is large enough."""
    rows: list[tuple[str, GroupScores | None]] = []
    for field in scores.fields:
        rows.append((field.label, None))
        rows += [(group.label, group) for group in field.groups]

    def draw(width: float) -> Figure:
        wide = width >= WIDE
        figure = new_figure(width, 0.6 + 0.36 * len(rows))
        axes = figure.subplots()
        rows_axes(axes, [shortened(label, 34 if wide else 20) for label, _ in rows])
        for text, (_, group) in zip(axes.get_yticklabels(), rows, strict=True):
            if group is None:
                text.set_fontweight("bold")
        axes.set_ylim(len(rows) - 0.4, -0.6)
        for y, (_, group) in enumerate(rows):
            if group is not None:
                _silhouette(axes, group, y, scores.scale)
                mean_mark(axes, group, y + 0.16)
                right_label(axes, y, number(group.n_people))
        axes.text(1.02, 1.0, "people", transform=axes.transAxes, color=QUIET, fontsize=8.5)
        scale_axis(axes, scores.scale, scores.anchors)
        return figure

    groups = [group for field in scores.fields for group in field.groups]
    low, high = min(groups, key=lambda g: g.mean), max(groups, key=lambda g: g.mean)
    return Drawing(
        name,
        "",
        "",
        f"Opening scores of {len(groups)} groups; means from {low.mean:.0f} ({low.label}) to "
        f"{high.mean:.0f} ({high.label}).",
        draw,
    )


def _silhouette(axes: Axes, group: GroupScores, y: int, scale: tuple[int, int]) -> None:
    low, high = scale
    step = (high - low) / len(group.histogram)
    # Square roots: a pile at one end would flatten all that lies between.
    heights = np.sqrt(group.histogram)
    edges = [low + step * i for i in range(len(group.histogram) + 1)]
    tops = y - 0.62 * heights / max(heights.max(), 1)
    axes.stairs(tops, edges, baseline=y, fill=True, color=TINT, zorder=1)
