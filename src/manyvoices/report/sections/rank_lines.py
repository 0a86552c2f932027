"""Ranks as lines from setting to setting, the names of the models at both ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from manyvoices.analyse.ranks import RankGrid
from manyvoices.analyse.table import IntArray
from manyvoices.report.canvas import WIDE, new_figure, short, shortened, wrapped
from manyvoices.report.formats import listed
from manyvoices.report.palette import INK, LINE, QUIET, SERIES

ROW = 0.25
"""Inches a rank takes."""


def movers(grid: RankGrid, most: int = len(SERIES)) -> tuple[int, ...]:
    """The models that move most, as indices into `grid.models`, the furthest first."""
    spread = grid.spread()
    order = np.argsort(-spread, kind="stable")
    return tuple(int(i) for i in order[:most] if spread[i] > 0)


def in_colour(grid: RankGrid) -> str:
    """Which models stand out, for a note below the figure."""
    moving = movers(grid)
    if not moving:
        return "No model changes its rank."
    spots = [f"{grid.models[i]} ({_places(int(grid.spread()[i]))})" for i in moving]
    return f"In colour: what moves most, {listed(spots)}."


def _places(n: int) -> str:
    return "1 place" if n == 1 else f"{n} places"


def draw_lines(
    grid: RankGrid,
    labels: Sequence[str],
    *,
    positions: Sequence[float] | None = None,
    xlabel: str = "",
    ticks: Sequence[int] | None = None,
) -> Callable[[float], Figure]:
    """A function that draws `grid` at a width: one line per model over the settings `labels`.

    `positions`: where each setting stands, evenly without; `ticks`: indices of the settings named.
    """
    x = [float(at) for at in (range(len(labels)) if positions is None else positions)]
    named = list(ticks) if ticks is not None else list(range(len(labels)))
    colours = {code: SERIES[i] for i, code in enumerate(movers(grid))}

    def draw(width: float) -> Figure:
        n = len(grid.models)
        figure = new_figure(width, 0.9 + ROW * n + _head([labels[i] for i in named], width))
        axes = figure.subplots()
        for code in sorted(range(n), key=lambda code: code in colours):
            _line(axes, x, grid.ranks[:, code], colours.get(code), len(labels))
        _ends(axes, grid, colours, width)
        axes.set_xlim(x[0], x[-1])
        axes.set_ylim(n + 0.5, 0.5)
        _settings(axes, [x[i] for i in named], [labels[i] for i in named], width)
        axes.axvline(x[grid.reference], color=QUIET, linewidth=1.0, linestyle=(0, (2, 2)), zorder=0)
        if xlabel:
            axes.set_xlabel(xlabel)
            axes.xaxis.set_label_position("top")
        return figure

    return draw


def _line(axes: Axes, x: list[float], ranks: IntArray, colour: str | None, n: int) -> None:
    there = ranks > 0
    at, place = np.array(x)[there], ranks[there]
    axes.plot(
        at,
        place,
        color=colour or QUIET,
        alpha=1.0 if colour else 0.5,
        linewidth=2.2 if colour else 1.0,
        marker="o" if n <= 12 else "",
        markersize=5 if colour else 3.5,
        clip_on=False,
    )


def _ends(axes: Axes, grid: RankGrid, colours: dict[int, str], width: float) -> None:
    left, left_codes = _side(grid.ranks[0], grid.models, width, right=False)
    axes.set_yticks(range(1, len(left) + 1), left, fontsize=8.5 if width >= WIDE else 8)
    right, right_codes = _side(grid.ranks[-1], grid.models, width, right=True)
    other = axes.secondary_yaxis("right")
    other.set_yticks(range(1, len(right) + 1), right, fontsize=8.5 if width >= WIDE else 8)
    other.tick_params(length=0)
    other.spines["right"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    for ticks, codes in ((axes.get_yticklabels(), left_codes),
                         (other.get_yticklabels(), right_codes)):  # fmt: skip
        for tick, code in zip(ticks, codes, strict=True):
            if code in colours:
                tick.set_color(colours[code])
                tick.set_fontweight("bold")


def _side(
    ranks: IntArray, models: tuple[str, ...], width: float, *, right: bool
) -> tuple[list[str], list[int]]:
    """Labels of one end, the first rank on top; on a phone the left end has numbers alone."""
    codes = [int(code) for code in np.argsort(ranks, kind="stable") if ranks[code] > 0]
    names = [short(models[code], width) if right else shortened(models[code], 22) for code in codes]
    if right:
        return [f"{ranks[c]}  {name}" for c, name in zip(codes, names, strict=True)], codes
    if width < WIDE:
        return [str(ranks[code]) for code in codes], codes
    return [f"{name}  {ranks[c]}" for c, name in zip(codes, names, strict=True)], codes


def _settings(axes: Axes, x: list[float], labels: list[str], width: float) -> None:
    axes.xaxis.tick_top()
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="x", length=0)
    if _upright(labels, width):
        axes.set_xticks(x, [shortened(one, 42) for one in labels], color=INK, rotation=90)
    else:
        axes.set_xticks(x, [wrapped(one, _room(labels, width)) for one in labels], color=INK)
    for place in x:
        axes.axvline(place, color=LINE, linewidth=0.7, zorder=0)


def _room(labels: list[str], width: float) -> int:
    return int(13 * (3.6 if width >= WIDE else 1.9) / max(len(labels), 1))


def _upright(labels: list[str], width: float) -> bool:
    longest = max((len(word) for one in labels for word in one.split()), default=0)
    return longest > 3 and _room(labels, width) < min(longest, 12)


def _head(labels: list[str], width: float) -> float:
    if not _upright(labels, width):
        return 0.3
    return 0.078 * min(42, max(len(one) for one in labels))
