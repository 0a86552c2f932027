"""Figures of two releases side by side: filled dots are this release, hollow ones the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from manyvoices.analyse.comparison import ReleaseComparison
from manyvoices.analyse.comparison_ranks import PlaceApart
from manyvoices.report.canvas import WIDE, Drawing, new_figure, rows_axes, short, shortened
from manyvoices.report.formats import number
from manyvoices.report.marks import ROW, right_label
from manyvoices.report.palette import ACCENT, INK, LINE, PAPER, QUIET

MOST_LEVELS = 16
"""Levels that the figure of people shows; the table has all."""
_OFF = 0.16


def places_figure(found: ReleaseComparison) -> Drawing:
    """Ranks of the shared models in both, with their intervals."""
    result = found.ranks
    assert result is not None
    places, top = result.places, result.places[0]
    return Drawing(
        name="comparison-leaderboards",
        title="",
        caption=(
            "Filled: this release; hollow: the other. Dot: rank; line: interval of the rank. "
            + (
                "≠ or “beyond noise”: the two scores differ."
                if any(p.apart for p in places)
                else ""
            )
        ).strip(),
        alt=(
            f"Ranks of {len(places)} models in both releases with intervals. {top.model} is "
            f"{number(top.rank[0])} in {found.ours.name} and {number(top.rank[1])} in "
            f"{found.theirs.name}; Kendall’s tau is {number(result.tau, 2)}."
        ),
        draw=lambda width: _draw_places(found, places, width),
    )


def _draw_places(found: ReleaseComparison, places: Sequence[PlaceApart], width: float) -> Figure:
    figure = new_figure(width, 1.0 + 1.15 * ROW * len(places))
    axes = figure.subplots()
    rows_axes(axes, [short(place.model, width) for place in places])
    for y, place in enumerate(places):
        for side in (0, 1):
            ends = (place.rank_low[side], place.rank_high[side])
            _mark(axes, ends, place.rank[side], y, side)
        if place.apart:
            right_label(axes, y, "beyond noise" if width >= WIDE else "≠")
    axes.set_xlim(0.5, len(places) + 0.5)
    axes.locator_params(axis="x", integer=True)
    axes.set_xlabel("rank among the shared models, 1 = best")
    _legend(figure, found, width)
    return figure


def scores_figure(found: ReleaseComparison) -> Drawing:
    """Shares of scores in each tenth of the scale."""
    result = found.scores
    assert result is not None
    low, high = result.scale
    step = (high - low) / len(result.ours.shares)
    middles = low + step * (np.arange(len(result.ours.shares)) + 0.5)

    def draw(width: float) -> Figure:
        figure = new_figure(width, 2.9)
        axes = figure.subplots()
        for side, one in enumerate((result.ours, result.theirs)):
            x = middles + step * _OFF * (2 * side - 1)
            colour = (ACCENT, INK)[side]
            axes.plot(x, 100 * one.shares, color=colour, linewidth=1.0 - 0.3 * side, alpha=0.6)
            axes.vlines(x, 100 * one.shares_low, 100 * one.shares_high, color=colour, linewidth=1.6)
            fill = colour if side == 0 else PAPER
            axes.plot(x, 100 * one.shares, "o", color=colour, markerfacecolor=fill, markersize=5)
        axes.set_ylim(bottom=0)
        axes.set_xlim(low, high)
        axes.grid(axis="y")
        axes.tick_params(axis="x", length=0)
        axes.set_xlabel("score")
        axes.set_ylabel("% of scores")
        _legend(figure, found, width)
        return figure

    return Drawing(
        name="comparison-scores",
        title="",
        caption="Filled: this release; hollow: the other. Line through a dot: its interval.",
        alt=(
            f"Shares of scores in tenths of the scale. The mean is {number(result.ours.mean, 1)} "
            f"in {found.ours.name} and {number(result.theirs.mean, 1)} in {found.theirs.name}."
        ),
        draw=draw,
    )


def shares_figure(found: ReleaseComparison) -> Drawing:
    """Differences of shares, the largest on top."""
    rows = [(f"{one.column}: {level.label}", level) for one in found.people for level in one.levels]
    rows.sort(key=lambda row: -abs(row[1].difference))
    shown = rows[:MOST_LEVELS]

    def draw(width: float) -> Figure:
        figure = new_figure(width, 0.8 + ROW * len(shown))
        axes = figure.subplots()
        rows_axes(axes, [shortened(label, 42 if width >= WIDE else 21) for label, _ in shown])
        axes.axvline(0, color=QUIET, linewidth=0.9, linestyle=(0, (1, 2)), zorder=1)
        for y, (_, level) in enumerate(shown):
            ends = (100 * level.difference_low, 100 * level.difference_high)
            _mark(axes, ends, 100 * level.difference, y, 0, off=0.0)
        axes.set_xlabel(
            f"points more in {shortened(found.ours.name, 30 if width >= WIDE else 14)} →"
        )
        return figure

    label, level = shown[0]
    left_out = len(rows) - len(shown)
    return Drawing(
        name="comparison-people",
        title="",
        caption="Share here less share there, in points; line: interval."
        + (f" The {len(shown)} largest of {len(rows)}; the table has all." if left_out else ""),
        alt=(
            f"Differences of shares of people. The largest is {label}: "
            f"{number(100 * level.share)}% in {found.ours.name} and "
            f"{number(100 * level.reference)}% in {found.theirs.name}."
        ),
        draw=draw,
    )


def _mark(
    axes: Axes,
    ends: tuple[float, float],
    value: float,
    y: float,
    side: int,
    *,
    off: float = _OFF,
) -> None:
    colour, place = (ACCENT, INK)[side], y + off * (2 * side - 1)
    axes.plot(ends, [place, place], color=colour, linewidth=1.8, solid_capstyle="butt")
    fill = colour if side == 0 else PAPER
    axes.plot(value, place, "o", color=colour, markerfacecolor=fill, markersize=5.5, zorder=3)


def _legend(figure: Figure, found: ReleaseComparison, width: float) -> None:
    room = 40 if width >= WIDE else 17
    handles = [
        figure.axes[0].plot(
            [], [], "o", color=colour, markerfacecolor=fill, label=shortened(one.name, room)
        )[0]
        for one, colour, fill in ((found.ours, ACCENT, ACCENT), (found.theirs, INK, PAPER))
    ]
    figure.legend(
        handles=handles, loc="outside upper left", frameon=False, fontsize=8.5, ncols=2,
        labelcolor=INK, edgecolor=LINE,
    )  # fmt: skip
