"""Figures of welfare: what each way of asking people brings to each population."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from manyvoices.analyse.welfare.result import (
    DOMINATES,
    Comparison,
    MinorityHarm,
    Outcome,
    Panel,
)
from manyvoices.report.canvas import WIDE, Drawing, new_figure, rows_axes, shortened, wrapped
from manyvoices.report.formats import listed
from manyvoices.report.palette import ACCENT, INK, LINE, QUIET, SERIES

_AREA = 130.0
"""Points squared of a bubble that holds all samples."""
_ROW = 0.21
OURS, THEIRS = "reference", "dominated"
MEASURES = {"rating": "Rating", "choice": "Choice"}


def measure_name(measure: str) -> str:
    """A measure as a heading."""
    return MEASURES.get(measure, measure.replace("_", " ").capitalize())


def welfare_figure(
    name: str, rows: tuple[tuple[Panel, ...], ...], reference: str, *, tested: bool
) -> Drawing:
    """Populations by measures; one line of bubbles per scheme.

    Args:
        rows: One tuple of panels per measure, all with the same populations and schemes.
        reference: Id of the scheme that the others are compared with.
        tested: Whether dominance was tested over people; else PRISM's relation is marked.
    """

    def draw(width: float) -> Figure:
        wide = width >= WIDE
        n_measures, n_panels = len(rows), len(rows[0])
        shape = (n_measures, n_panels) if wide else (n_panels, n_measures)
        labels = [wrapped(one.label, 22 if wide else 14) for one in rows[0][0].outcomes]
        row = _ROW + 0.12 * max(label.count("\n") for label in labels)
        figure = new_figure(width, shape[0] * (0.78 + row * len(labels)) + 0.55)
        figure.get_layout_engine().set(wspace=0.06)  # type: ignore[union-attr,call-arg]
        grid = figure.subplots(*shape, squeeze=False, sharey=True)
        for measure, panels in enumerate(rows):
            ends = _ends(panels)
            for place, panel in enumerate(panels):
                axes = grid[measure, place] if wide else grid[place, measure]
                _panel(axes, panel, labels, reference, tested=tested)
                axes.set_xlim(*ends)
                axes.set_title(_title(panel), fontsize=8.5)
        for axes in grid[:, 0]:
            axes.tick_params(axis="y", labelsize=8)
        figure.legend(handles=_legend(rows[0][0], reference, tested), **_below(wide))
        return figure

    return Drawing(name=name, title="", caption="", alt=_alt(rows, reference), draw=draw)


def _below(wide: bool) -> dict[str, Any]:
    return {
        "loc": "outside lower center",
        "ncols": 4 if wide else 1,
        "frameon": False,
        "fontsize": 8,
        "handletextpad": 0.7,
        "columnspacing": 1.2,
    }


def _title(panel: Panel) -> str:
    label = shortened(panel.label, 18)
    return f"{measure_name(panel.measure)}\n{label}\nn = {panel.n_people}"


def _ends(panels: tuple[Panel, ...]) -> tuple[float, float]:
    """One axis for all populations of a measure, so that they can be compared."""
    drawn = np.concatenate([one.welfare for panel in panels for one in panel.outcomes])
    known = drawn[~np.isnan(drawn)]
    low = float(np.quantile(known, 0.005))
    high = max([float(known.max()), *(panel.best for panel in panels)])
    room = 0.06 * (high - low or 1.0)
    return low - room, high + room


def _panel(axes: Axes, panel: Panel, labels: list[str], reference: str, *, tested: bool) -> None:
    rows_axes(axes, labels)
    compared = {row.scheme: row for row in panel.comparisons}
    axes.axvline(panel.best, color=QUIET, linewidth=0.9, linestyle=(0, (1, 2)), zorder=0.5)
    for y, one in enumerate(panel.outcomes):
        _line(axes, one, y, _kind(one, compared.get(one.scheme), reference, tested))
    axes.locator_params(axis="x", nbins=3)
    axes.tick_params(axis="x", labelsize=8)


def _kind(one: Outcome, row: Comparison | None, reference: str, tested: bool) -> str:
    if one.scheme == reference:
        return OURS
    said = row is not None and (row.verdict == DOMINATES if tested else row.sorted_dominates)
    return THEIRS if said else ""


def _line(axes: Axes, one: Outcome, y: int, kind: str) -> None:
    colour = {OURS: ACCENT, THEIRS: SERIES[2]}.get(kind, QUIET)
    level, share = one.levels
    axes.scatter(
        level, np.full(len(level), y), s=_AREA * share, color=colour, alpha=0.45, linewidth=0
    )
    axes.plot(
        one.mean,
        y,
        marker="D" if kind == OURS else "o",
        markersize=4.5,
        markeredgecolor=colour,
        markeredgewidth=1.3,
        markerfacecolor="none" if kind == THEIRS else colour,
        zorder=3,
    )


def _legend(panel: Panel, reference: str, tested: bool) -> list[Line2D]:
    name = next(one.label for one in panel.outcomes if one.scheme == reference)
    said = f"dominated by {name}" + ("" if tested else " in the draws")
    mark: dict[str, Any] = {"linestyle": "none", "markersize": 5}
    return [
        Line2D([], [], marker="D", color=ACCENT, label=f"{name}, mean", **mark),
        Line2D(
            [],
            [],
            marker="o",
            color=SERIES[2],
            markerfacecolor="none",
            label=said,
            **mark,
        ),
        Line2D([], [], marker="o", color=QUIET, label="other schemes, mean", **mark),
        Line2D([], [], color=QUIET, linestyle=(0, (1, 2)), label="best for them"),
    ]


def _alt(rows: tuple[tuple[Panel, ...], ...], reference: str) -> str:
    panels = [panel for row in rows for panel in row]
    parts = []
    for panel in panels:
        mean = {one.scheme: one.mean for one in panel.outcomes}
        labels = {one.scheme: one.label for one in panel.outcomes}
        digits = 1 if panel.best > 2 else 3
        worst = min(mean, key=lambda key: np.nan_to_num(mean[key], nan=np.inf))
        parts.append(
            f"{measure_name(panel.measure)} of {panel.label.lower()}: "
            f"{labels[reference]} {mean[reference]:.{digits}f}, lowest {labels[worst]} "
            f"{mean[worst]:.{digits}f}"
        )
    return f"Mean welfare under each scheme. {'; '.join(parts)}. The table has all numbers."


def harm_figure(name: str, groups: tuple[tuple[str, tuple[MinorityHarm, ...]], ...]) -> Drawing:
    """What each minority loses, against what chance alone gives; one panel per measure.

    Args:
        groups: (measure, its rows).
    """

    def draw(width: float) -> Figure:
        wide = width >= WIDE
        tall = 0.95 + 0.42 * len(groups[0][1])
        shape = (1, len(groups)) if wide else (len(groups), 1)
        figure = new_figure(width, (tall if wide else tall * len(groups)) + 0.3)
        grid = figure.subplots(*shape, squeeze=False, sharey=wide)
        for axes, (measure, rows) in zip(grid.flat, groups, strict=True):
            rows_axes(axes, [f"{shortened(r.minority, 22)}\nn = {r.n_minority}" for r in rows])
            for y, row in enumerate(rows):
                _harm(axes, row, y)
            axes.axvline(0, color=INK, linewidth=0.8)
            axes.set_title(measure_name(measure))
            axes.set_xlabel("mean welfare lost")
            axes.locator_params(axis="x", nbins=5)
        mark: dict[str, Any] = {"linestyle": "none", "markersize": 5.5}
        handles = [
            Line2D([], [], color=ACCENT, marker="o", markersize=5.5, label="lost, with interval"),
            Line2D([], [], color=LINE, linewidth=7, label="by lot"),
            Line2D([], [], color=QUIET, marker="|", label="by lot, mean", **mark),
        ]
        figure.legend(handles=handles, **{**_below(wide), "ncols": 3 if wide else 2})
        return figure

    lost = [
        f"{row.minority} {row.loss:+.2g}, by lot {row.lot_low:.2g} to {row.lot_high:.2g}"
        for _, rows in groups
        for row in rows
    ]
    return Drawing(name=name, title="", caption="", alt=f"Welfare lost: {listed(lost)}.", draw=draw)


def _harm(axes: Axes, row: MinorityHarm, y: int) -> None:
    axes.plot(
        [row.lot_low, row.lot_high],
        [y, y],
        color=LINE,
        linewidth=9,
        solid_capstyle="butt",
        zorder=1,
    )
    axes.plot(row.lot_mean, y, marker="|", markersize=9, color=QUIET, zorder=1.5)
    axes.plot([row.low, row.high], [y, y], color=ACCENT, linewidth=1.8, solid_capstyle="butt")
    axes.plot(row.loss, y, "o", color=ACCENT, markersize=6, zorder=3)
