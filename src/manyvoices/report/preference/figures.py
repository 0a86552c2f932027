"""Figures of a preference study: rates with intervals, outcomes in columns of their own, growth.

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
from manyvoices.report.palette import ACCENT, INK, LINE, QUIET, SEQUENCE, SERIES

COUNTED = ("won", "tied", "lost")
BESIDES = ("all_bad", "cannot_judge", "failed", "set_aside", "open")
NAMES = {
    "won": "won", "tied": "tied", "lost": "lost", "all_bad": "both bad",
    "cannot_judge": "cannot judge", "failed": "failed", "set_aside": "set aside", "open": "open",
}  # fmt: skip
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
        figure = new_figure(width, 0.85 + ROW * len(shown))
        axes = figure.subplots()
        room = 40 if width >= WIDE else 20
        rows_axes(axes, [shortened(mark.label, room) for mark in shown])
        if middle is not None:
            axes.axvline(scale * middle, color=QUIET, linewidth=0.9, linestyle=(0, (1, 2)))
        if reference is not None:
            axes.axvline(scale * reference[0], color=SERIES[1], linewidth=1.1, linestyle="--")
        for y, mark in enumerate(shown):
            _mark(axes, mark, y, scale, width)
        for tick, mark in zip(axes.get_yticklabels(), shown, strict=True):
            if mark.measure is None:
                tick.set_fontweight("bold")
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


def outcomes_figure(name: str, rows: Sequence[Mapping[str, Any]]) -> Drawing:
    """Wins to the right and losses to the left of the ties; beside them what counts for nobody."""

    besides = [(NAMES[key], SEQUENCE[i]) for i, key in enumerate(BESIDES)
               if any(row["outcomes"][key] for row in rows)]  # fmt: skip

    def draw(width: float) -> Figure:
        wide = width >= WIDE
        height = 1.25 + 0.36 * len(rows)
        stacked = bool(besides) and not wide
        figure = new_figure(width, 2 * height if stacked else height)
        labels = [shortened(row["label"], 34 if wide else 18) for row in rows]
        left, right = _panels(figure, wide=wide, both=bool(besides))
        rows_axes(left, labels)
        for y, row in enumerate(rows):
            _diverging(left, row["outcomes"], y)
        left.axvline(0, color=INK, linewidth=0.8)
        left.set_xlabel("← lost · % of votes · won →")
        _extend(left, 1.0)
        _legend(left, [(NAMES[key], colour) for key, colour in _DIVERGING.items()])
        if right is not None:
            rows_axes(right, [""] * len(rows) if wide else labels)
            for y, row in enumerate(rows):
                _besides(right, row["outcomes"], y)
            right.set_xlabel("% of all comparisons")
            _legend(right, besides, 3 if wide else 2)
        return figure

    first = rows[0]
    n = first["outcomes"]
    return Drawing(
        name=name,
        title="",
        caption="Ties stand around the middle, half on each side. "
        + (
            "Beside or below: what is in no rate, or counts as a tie by rule (both bad), of "
            "all comparisons handed out."
            if besides
            else "Nothing failed or was set aside."
        ),
        alt=(
            f"Outcomes of {len(rows)} pairs of models. {first['label']}: {n['won']} won, "
            f"{n['tied']} tied, {n['lost']} lost, {n['failed']} failed, {n['set_aside']} set aside."
        ),
        draw=draw,
    )


def _panels(figure: Figure, *, wide: bool, both: bool) -> tuple[Axes, Axes | None]:
    if not both:
        return figure.subplots(), None
    shape: dict[str, Any] = {"ncols": 2, "width_ratios": (3, 2)} if wide else {"nrows": 2}
    panels: Any = figure.subplots(**shape)
    return panels[0], panels[1]


_DIVERGING = {"lost": SERIES[0], "tied": LINE, "won": ACCENT}


def _diverging(axes: Axes, n: Mapping[str, int], y: int) -> None:
    total = sum(n[key] for key in COUNTED)
    if not total:
        return
    lost, tied, won = (100 * n[key] / total for key in ("lost", "tied", "won"))
    bar: dict[str, Any] = {"height": 0.62}
    axes.barh(y, tied, left=-tied / 2, color=LINE, **bar)
    axes.barh(y, won, left=tied / 2, color=ACCENT, **bar)
    axes.barh(y, lost, left=-tied / 2 - lost, color=SERIES[0], **bar)


def _besides(axes: Axes, n: Mapping[str, int], y: int) -> None:
    total, at = sum(n.values()), 0.0
    for i, key in enumerate(BESIDES):
        part = 100 * n[key] / total if total else 0.0
        axes.barh(y, part, left=at, height=0.62, color=SEQUENCE[i])
        at += part


def _extend(axes: Axes, least: float) -> None:
    low, high = axes.get_xlim()
    reach = max(abs(low), abs(high), least)
    axes.set_xlim(-reach, reach)
    ticks = axes.get_xticks()
    axes.set_xticks(ticks, [f"{abs(tick):.0f}" for tick in ticks])
    axes.set_xlim(-reach, reach)


def _legend(axes: Axes, parts: Sequence[tuple[str, str]], columns: int = 3) -> None:
    for label, colour in parts:
        axes.barh(0, 0, color=colour, label=label)
    if parts:
        axes.legend(
            loc="lower left", bbox_to_anchor=(0, 1.0), ncols=min(len(parts), columns),
            frameon=False, fontsize=8.5, handlelength=1.0, handleheight=1.0, columnspacing=1.0,
            borderpad=0.1,
            labelcolor=INK,
        )  # fmt: skip


def growth_figure(name: str, rows: Sequence[Mapping[str, Any]], level: float) -> Drawing:
    """The share won as people finished, with the interval that holds at any time."""
    shown = [row for row in rows if row["path"]][:3]

    def draw(width: float) -> Figure:
        figure = new_figure(width, 3.0)
        axes = figure.subplots()
        axes.axhline(50, color=QUIET, linewidth=0.9, linestyle=(0, (1, 2)))
        for row, colour in zip(shown, SERIES, strict=False):
            people = [one["people"] for one in row["path"]]
            low, high, mean = ([100 * one[key] for one in row["path"]]
                               for key in ("low", "high", "mean"))  # fmt: skip
            axes.plot(people, low, color=colour, linewidth=0.9)
            axes.plot(people, high, color=colour, linewidth=0.9)
            axes.plot(people, mean, color=colour, linewidth=2.0,
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
