"""Marks that several figures share: a mean with its interval, numbers at the right, a scale."""

from __future__ import annotations

from typing import Protocol

from matplotlib.axes import Axes

from manyvoices.analyse.resampling import Resampling
from manyvoices.report.formats import number
from manyvoices.report.palette import ACCENT, LINE, QUIET

ROW = 0.3
"""Inches a row takes."""


class Measured(Protocol):
    """Anything with a mean, its interval, and quartiles."""

    @property
    def mean(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...
    @property
    def q25(self) -> float: ...
    @property
    def median(self) -> float: ...
    @property
    def q75(self) -> float: ...


def intervals_made(drawn: Resampling) -> str:
    """How intervals were made, for a caption."""
    return (
        f"{drawn.level:.0%} intervals from {number(drawn.n_resamples)} resamples of whole "
        "participants"
    )


def mean_mark(axes: Axes, row: Measured, y: float) -> None:
    """Dot and line: mean and interval; pale bar: the middle half of the values."""
    axes.plot(
        [row.q25, row.q75], [y, y], color=LINE, linewidth=5, solid_capstyle="butt", zorder=1.5
    )
    axes.plot([row.low, row.high], [y, y], color=ACCENT, linewidth=1.8, solid_capstyle="butt")
    axes.plot(row.mean, y, "o", color=ACCENT, markersize=5.5, zorder=3)


def right_label(axes: Axes, y: float, text: str) -> None:
    """A quiet text beside the row at `y`."""
    axes.text(
        1.02,
        y,
        text,
        transform=axes.get_yaxis_transform(),
        va="center",
        color=QUIET,
        fontsize=8.5,
    )


def scale_axis(axes: Axes, scale: tuple[int, int], anchors: tuple[str, str]) -> None:
    """The whole scale along the bottom, its end words under its ends."""
    low, high = scale
    step = 5 if high - low >= 50 else 1
    between = [step * round((low + (high - low) * i / 4) / step) for i in (1, 2, 3)]
    labels = [
        f"{number(low)}\n{anchors[0]}",
        *map(number, between),
        f"{number(high)}\n{anchors[1]}",
    ]
    axes.set_xlim(low, high)
    axes.set_xticks([low, *between, high], [label.rstrip() for label in labels])
    axes.get_xticklabels()[0].set_horizontalalignment("left")
    axes.get_xticklabels()[-1].set_horizontalalignment("right")
