"""Figures of a preference study: rates with intervals, growth.

Each takes rows of plain results and returns a `Drawing`; nothing is computed but places on paper.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from manyvoices.report.canvas import WIDE, Drawing, new_figure, rows_axes, shortened
from manyvoices.report.marks import ROW, right_label
from manyvoices.report.palette import ACCENT, DASHES, INK, QUIET, SERIES

MOST_ROWS = 60


@dataclass(frozen=True, slots=True)
class Mark:
    """One row of a forest: an estimate with its interval, or a heading without one."""

    label: str
    measure: Mapping[str, Any] | None = None
    note: str = ""

    @property
    def value(self) -> float | None:
        """The estimate, where there is one."""
        found = None if self.measure is None else self.measure["value"]
        return None if found is None or not isfinite(found) else float(found)


def forest(
    name: str,
    marks: Sequence[Mark],
    *,
    alt: str,
    xlabel: str,
    middle: float | None = 0.5,
    scale: float = 100.0,
    limits: tuple[float, float] | None = (0.0, 100.0),
    reference: tuple[float, str] | None = None,
    caption: str = "",
) -> Drawing:
    """Dots with intervals, row by row; `middle` is where nothing is preferred.

    `reference`: a value of somebody else, with its name, as a dashed line.
    """
    shown = marks[:MOST_ROWS]

    def draw(width: float) -> Figure:
        figure, axes = _rows(shown, width)
        if middle is not None:
            axes.axvline(scale * middle, color=QUIET, linewidth=0.9, linestyle=(0, (1, 2)))
        if reference is not None:
            axes.axvline(scale * reference[0], color=SERIES[1], linewidth=1.1, linestyle="--")
        for y, mark in enumerate(shown):
            _mark(axes, mark, y, scale, width)
        if limits is not None:
            axes.set_xlim(*_inside(shown, scale, limits))
        axes.set_xlabel(xlabel)
        return figure

    left_out = len(marks) - len(shown)
    more = f" The first {len(shown)} rows; the table has all." if left_out else ""
    line = f" Dashed: {reference[1]}." if reference else ""
    return Drawing(
        name=name, title="", caption=f"{caption}{line}{more}".strip(), alt=alt, draw=draw
    )


def _rows(marks: Sequence[Mark], width: float) -> tuple[Figure, Axes]:
    """An empty forest: a labelled row for each mark, headings in bold."""
    figure = new_figure(width, 0.85 + ROW * len(marks))
    axes = figure.subplots()
    room = 40 if width >= WIDE else 20
    rows_axes(axes, [shortened(mark.label, room) for mark in marks])
    for tick, mark in zip(axes.get_yticklabels(), marks, strict=True):
        if mark.measure is None:
            tick.set_fontweight("bold")
    return figure, axes


def _inside(
    marks: Sequence[Mark], scale: float, limits: tuple[float, float]
) -> tuple[float, float]:
    """The whole scale where it is used, else what the marks span, with the middle in sight."""
    ends = [scale * mark.measure[end] for mark in marks if mark.measure
            for end in ("low", "high") if mark.measure[end] is not None]  # fmt: skip
    if not ends:
        return limits
    low, high = min([*ends, 45.0]), max([*ends, 55.0])
    pad = 0.04 * (high - low)
    return max(limits[0], low - pad), min(limits[1], high + pad)


def _mark(axes: Axes, mark: Mark, y: int, scale: float, width: float) -> None:
    if mark.measure is None:
        return
    low, high = mark.measure["low"], mark.measure["high"]
    known = low is not None and high is not None and isfinite(low)
    if known:
        ends = [scale * low, scale * high]
        axes.plot(ends, [y, y], color=ACCENT, linewidth=1.8, solid_capstyle="butt")
    if mark.value is not None:
        fill = ACCENT if known else "none"
        axes.plot(scale * mark.value, y, "o", color=ACCENT, markerfacecolor=fill, markersize=5.5)
    if mark.note and width >= WIDE:
        right_label(axes, y, mark.note)


def growth_figure(name: str, rows: Sequence[Mapping[str, Any]], level: float) -> Drawing:
    """The share won as people finished, with the interval that holds at any time."""
    shown = [row for row in rows if row["path"]][:3]

    def draw(width: float) -> Figure:
        figure = new_figure(width, 3.0)
        axes = figure.subplots()
        axes.axhline(50, color=QUIET, linewidth=0.9, linestyle=(0, (1, 2)))
        for row, colour, dashes in zip(shown, SERIES, DASHES, strict=False):
            people = [one["people"] for one in row["path"]]
            low, high, mean = ([100 * one[key] for one in row["path"]]
                               for key in ("low", "high", "mean"))  # fmt: skip
            axes.plot(people, low, color=colour, linewidth=0.9)
            axes.plot(people, high, color=colour, linewidth=0.9)
            axes.plot(people, mean, color=colour, linewidth=2.0, linestyle=dashes,
                      label=shortened(row["model"], 34 if width >= WIDE else 18))  # fmt: skip
        axes.set_ylim(0, 100)
        axes.grid(axis="y")
        axes.set_xlabel("people who have finished")
        axes.set_ylabel("% won")
        axes.legend(frameon=False, fontsize=8.5, labelcolor=INK)
        return figure

    first = shown[0]
    return Drawing(
        name=name,
        title="",
        caption=f"Thick: mean over people; thin: ends of the {level:.0%} interval that holds "
        "however often one looks." + (f" The first {len(shown)} of {len(rows)} pairs."
                                      if len(shown) < len(rows) else ""),
        alt=(
            f"{first['model']} against {first['against']} after {first['n_people']} people: "
            f"{100 * first['mean']:.1f}% won, {100 * first['low']:.1f} to "
            f"{100 * first['high']:.1f}."
        ),
        draw=draw,
    )  # fmt: skip
