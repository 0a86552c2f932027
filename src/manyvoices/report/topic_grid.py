"""Groups of people against topics: a table of shades with marks, its groups under their fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from manyvoices.analyse.table import BoolArray, FloatArray
from manyvoices.report.canvas import WIDE, shortened
from manyvoices.report.palette import ACCENT, INK, LINE, PAPER, QUIET, SERIES

ROW = 0.2
"""Inches a row takes."""
_ROOMY = 14
"""Columns up to which the texts of cells are larger."""
DEPTHS = (0.12, 0.3, 0.5, 0.75)
"""Opacities of the steps, the palest first."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the heading of a field, or a group."""

    label: str
    index: int | None
    """Row of the arrays; None for a heading, or for the base level (see `base`)."""
    base: bool = False
    """The level that the others of its field are compared with."""


@dataclass(frozen=True, slots=True, eq=False)
class TopicGrid:
    """What is drawn; arrays are (groups, topics), columns already cut to what has room."""

    rows: tuple[Row, ...]
    columns: tuple[str, ...]
    """Names of topics, largest first; they are numbered from 1."""
    steps: FloatArray
    """-4 to 4: depth of the shade, negative in the second colour; 0 = none."""
    marks: BoolArray | None = None
    """Cells with a dot."""
    rings: BoolArray | None = None
    """Cells with an open ring."""
    texts: tuple[tuple[str, ...], ...] | None = None
    """What stands in the cells, where there is room."""


def steps_between(values: FloatArray, edges: Sequence[float]) -> FloatArray:
    """How many of `edges` (rising, positive) each value reaches; negative values likewise."""
    reached = np.searchsorted(np.asarray(edges), np.abs(values) + 1e-12, side="right")
    return np.asarray(np.where(np.isnan(values), 0, np.sign(values) * reached))


def grid_height(grid: TopicGrid, width: float) -> float:
    """Inches that `draw_grid` needs."""
    head = 0.068 * min(26, max(map(len, grid.columns))) if width >= WIDE else 0.2
    return 0.35 + head + ROW * len(grid.rows)


def draw_grid(axes: Axes, grid: TopicGrid, width: float) -> None:
    """Draw `grid` into `axes`: names of topics on top, upright; on a phone their numbers alone."""
    wide = width >= WIDE
    places = {row.index: y for y, row in enumerate(grid.rows) if row.index is not None}
    _shade(axes, grid, places)
    _marks(axes, grid, places)
    if wide and grid.texts is not None:
        size = 6 if len(grid.columns) > _ROOMY else 7.5
        for index, y in places.items():
            for x, text in enumerate(grid.texts[index]):
                axes.text(x, y, text, ha="center", va="center", fontsize=size, color=INK)
    _frame(axes, grid, wide)


def legend(
    figure: Figure, entries: Sequence[tuple[float, str]], width: float, notes: Sequence[str] = ()
) -> None:
    """Shades with their meanings at the foot of `figure`; `entries` = (step, words)."""
    handles: list[Any] = [
        Rectangle((0, 0), 1, 1, facecolor=_colour(step), alpha=_depth(step), linewidth=0)
        for step, _ in entries
    ]
    labels = [words for _, words in entries]
    point: dict[str, Any] = {"linestyle": "", "marker": "o", "color": INK, "markersize": 4}
    if "dot" in notes:
        handles.append(Line2D([], [], **point))
        labels.append("stands after correction")
    if "ring" in notes:
        handles.append(Line2D([], [], **point, markerfacecolor="none"))
        labels.append("p < 0.01 alone")
    figure.legend(
        handles, labels, loc="outside lower left", ncols=3 if width >= WIDE else 2,
        frameon=False, fontsize=8, handlelength=1.1, handletextpad=0.5, columnspacing=1.4,
        labelcolor=QUIET,
    )  # fmt: skip


def _shade(axes: Axes, grid: TopicGrid, places: dict[int, int]) -> None:
    """One path per step, so that the file stays small."""
    for step in np.unique(grid.steps[grid.steps != 0]):
        cells = [(places[r], c) for r, c in np.argwhere(grid.steps == step) if r in places]
        if not cells:
            continue
        path = Path.make_compound_path(*(_cell(y, x) for y, x in cells))
        axes.add_patch(PathPatch(path, facecolor=_colour(step), alpha=_depth(step), linewidth=0))
    base = [_cell(y, x) for y, row in enumerate(grid.rows) if row.base
            for x in range(len(grid.columns))]  # fmt: skip
    if base:
        path = Path.make_compound_path(*base)
        axes.add_patch(PathPatch(path, facecolor=LINE, alpha=0.6, linewidth=0))


def _marks(axes: Axes, grid: TopicGrid, places: dict[int, int]) -> None:
    for cells, face in ((grid.rings, "none"), (grid.marks, INK)):
        if cells is None:
            continue
        found = [(x, places[r]) for r, x in np.argwhere(cells) if r in places]
        if found:
            x, y = zip(*found, strict=True)
            edge = INK if face == "none" else PAPER
            axes.scatter(x, y, s=11, facecolor=face, edgecolor=edge, linewidth=0.7, zorder=3)


def _frame(axes: Axes, grid: TopicGrid, wide: bool) -> None:
    n = len(grid.columns)
    axes.set_xlim(-0.5, n - 0.5)
    axes.set_ylim(len(grid.rows) - 0.5, -0.5)
    for side in ("bottom", "left"):
        axes.spines[side].set_visible(False)
    axes.xaxis.tick_top()
    axes.tick_params(axis="both", length=0, pad=2)
    if wide:
        names = [f"{shortened(name, 22)}  {i}" for i, name in enumerate(grid.columns, start=1)]
        axes.set_xticks(range(n), names, rotation=90, fontsize=7.5, color=INK)
    else:
        shown = [i for i in range(n) if n <= 12 or i == 0 or (i + 1) % 5 == 0]
        axes.set_xticks(shown, [str(i + 1) for i in shown], fontsize=8, color=QUIET)
    labels = [_row_label(row, 26 if wide else 17) for row in grid.rows]
    axes.set_yticks(range(len(labels)), labels, fontsize=8)
    for tick, row in zip(axes.get_yticklabels(), grid.rows, strict=True):
        if row.index is None and not row.base:
            tick.set_fontweight("bold")
            tick.set_color(QUIET)
    for y, row in enumerate(grid.rows):
        if row.index is None and not row.base and y:
            axes.axhline(y - 0.5, color=LINE, linewidth=0.6)


def _row_label(row: Row, room: int) -> str:
    return f"{shortened(row.label, room - 2)} †" if row.base else shortened(row.label, room)


def _cell(row: float, column: float) -> Path:
    gap = 0.46
    left, right, top, bottom = column - gap, column + gap, row - gap, row + gap
    corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    return Path(corners, closed=True)


def _colour(step: float) -> str:
    return ACCENT if step > 0 else SERIES[2]


def _depth(step: float) -> float:
    return DEPTHS[min(int(abs(step)), len(DEPTHS)) - 1]
