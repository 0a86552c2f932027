"""A table of shades: numbers in cells whose depth of colour says how large they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from manyvoices.analyse.table import FloatArray
from manyvoices.report.canvas import WIDE, new_figure, short, shortened, wrapped
from manyvoices.report.palette import ACCENT, INK, LINE, QUIET, SERIES

DEPTHS = (0.08, 0.2, 0.34, 0.48, 0.62)
"""Opacities of the five steps: ink stays readable on the deepest, by day and by night."""
_MOST_WRITTEN = 12
"""Columns in which a phone has room for numbers."""


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """What a table of shades shows."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: FloatArray
    """(rows, columns) what the shade says; NaN = no shade."""
    texts: tuple[tuple[str, ...], ...]
    """(rows, columns) what stands in the cells."""
    low: float
    """Value of the palest step, or of the deepest step below `centre`."""
    high: float
    centre: float | None = None
    """Where the shades turn from one colour to the other; None = one colour."""
    numbered: bool = False
    """Columns are the rows again: they are named by their numbers alone."""


def draw_grid(grid: Grid) -> Callable[[float], Figure]:
    """A function that draws `grid` at a width in inches."""

    def draw(width: float) -> Figure:
        wide = width >= WIDE
        row = 0.27 if wide else 0.235
        figure = new_figure(width, 0.5 + row * len(grid.rows) + _head(grid, width))
        axes = figure.subplots()
        shade(axes, grid)
        if wide or len(grid.columns) <= _MOST_WRITTEN:
            crowded = len(grid.columns) > (14 if wide else 8)
            write(axes, grid, 7.0 if crowded else 8.5)
        name_rows(axes, grid, width)
        name_columns(axes, grid, width)
        return figure

    return draw


def shade(axes: Axes, grid: Grid) -> None:
    """One path per step, so that a table of 21 by 21 stays a small file."""
    step = steps_of(grid)
    for level in np.unique(step[step != 0]):
        cells = np.argwhere(step == level)
        path = Path.make_compound_path(*(_cell(int(r), int(c)) for r, c in cells))
        colour = ACCENT if level > 0 else SERIES[2]
        depth = DEPTHS[abs(int(level)) - 1]
        axes.add_patch(PathPatch(path, facecolor=colour, alpha=depth, linewidth=0))
    axes.set_xlim(-0.5, len(grid.columns) - 0.5)
    axes.set_ylim(len(grid.rows) - 0.5, -0.5)
    for side in ("bottom", "left"):
        axes.spines[side].set_visible(False)
    axes.grid(visible=False)


def steps_of(grid: Grid) -> FloatArray:
    """(rows, columns) 1 to 5, negative below the centre; 0 = no shade."""
    values = grid.values
    known = ~np.isnan(values)
    base = grid.low if grid.centre is None else grid.centre
    reach = max(grid.high - base, 1e-12)
    if grid.centre is not None:
        reach = max(grid.high - grid.centre, grid.centre - grid.low, 1e-12)
    share = np.where(known, (values - base) / reach, 0.0)
    if grid.centre is None:
        return np.where(known, np.clip(np.floor(share * 5) + 1, 1, 5), 0)
    step = np.sign(share) * np.clip(np.ceil(np.abs(share) * 5), 0, 5)
    return np.where(known, step, 0)


def _cell(row: int, column: int) -> Path:
    gap = 0.46
    left, right, top, bottom = column - gap, column + gap, row - gap, row + gap
    return Path(
        [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)], closed=True
    )


def write(axes: Axes, grid: Grid, size: float) -> None:
    """The numbers."""
    for r, cells in enumerate(grid.texts):
        for c, text in enumerate(cells):
            if text:
                axes.text(c, r, text, ha="center", va="center", fontsize=size, color=INK)


def name_rows(axes: Axes, grid: Grid, width: float) -> None:
    """Names at the left; with their numbers where columns go by number."""
    names = [short(row, width) for row in grid.rows]
    if grid.numbered:
        names = [f"{name}  {i}" for i, name in enumerate(names, start=1)]
    axes.set_yticks(range(len(names)), names, fontsize=8.5 if width >= WIDE else 8)


def name_columns(axes: Axes, grid: Grid, width: float) -> None:
    """Names on top: side by side where there is room, else upright."""
    axes.xaxis.tick_top()
    axes.tick_params(axis="both", length=0)
    places = range(len(grid.columns))
    if grid.numbered:
        every = 1 if width >= WIDE or len(grid.columns) <= _MOST_WRITTEN else 5
        shown = [i for i in places if every == 1 or i == 0 or (i + 1) % every == 0]
        axes.set_xticks(shown, [str(i + 1) for i in shown], color=QUIET, fontsize=8)
        return
    if _upright(grid, width):
        names = [shortened(name, 26) for name in grid.columns]
        axes.set_xticks(places, names, color=INK, fontsize=8, rotation=90)
    else:
        names = [wrapped(name, _room(grid, width)) for name in grid.columns]
        axes.set_xticks(places, names, color=INK, fontsize=8.5)


def _room(grid: Grid, width: float) -> int:
    return int(14 * (5.0 if width >= WIDE else 2.4) / max(len(grid.columns), 1))


def _upright(grid: Grid, width: float) -> bool:
    longest = max((len(w) for name in grid.columns for w in name.split()), default=0)
    return _room(grid, width) < max(8, min(longest, 14))


def _head(grid: Grid, width: float) -> float:
    """Inches above the table for the names of the columns."""
    if grid.numbered:
        return 0.1
    if not _upright(grid, width):
        return 0.35
    return 0.1 + 0.075 * min(26, max((len(name) for name in grid.columns), default=0))


def line_under(axes: Axes, row: int) -> None:
    """A quiet line below a row."""
    axes.axhline(row + 0.5, color=LINE, linewidth=0.8)


def texts_of(
    values: FloatArray, written: Callable[[float], str], unknown: str = "·"
) -> tuple[tuple[str, ...], ...]:
    """Cells as texts; `unknown` where there is no number."""
    return tuple(
        tuple(unknown if value != value else written(float(value)) for value in row)
        for row in values
    )


def square(
    models: Sequence[str], values: FloatArray, written: Callable[[float], str], **limits: float
) -> Grid:
    """Models against models; the diagonal is empty."""
    shown = values.astype(np.float64).copy()
    np.fill_diagonal(shown, np.nan)
    texts = [list(row) for row in texts_of(shown, written)]
    for i in range(len(texts)):
        texts[i][i] = ""
    return Grid(
        rows=tuple(models), columns=tuple(models), values=shown,
        texts=tuple(tuple(row) for row in texts), numbered=True,
        low=limits.get("low", float(np.nanmin(shown))),
        high=limits.get("high", float(np.nanmax(shown))), centre=limits.get("centre"),
    )  # fmt: skip
