"""Figures of stances: two axes with ellipses, items with instability marked, distances.

Each takes plain results; nothing is computed but places on paper.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Ellipse, Rectangle

from manyvoices.report.canvas import WIDE, Drawing, new_figure, shortened
from manyvoices.report.palette import ACCENT, INK, LINE, PAPER, QUIET, SERIES
from manyvoices.report.topic_grid import (
    DEPTHS,
    Row,
    TopicGrid,
    draw_grid,
    grid_height,
    steps_between,
)

EDGES = (0.01, 0.25, 0.5, 0.75)


@dataclass(frozen=True, slots=True)
class Place:
    """A model, or a group of people, on two axes."""

    label: str
    x: float
    y: float
    covariance: Sequence[Sequence[float]] | None
    is_model: bool


def name_of(subject: Mapping[str, Any]) -> str:
    """A model and how it was asked."""
    return f"{subject['model']} ({subject['way']})"


def places_figure(results: Mapping[str, Any], places: Sequence[Place]) -> Drawing:
    """Two axes; numbers at the points, their names beside the plot, or below it on a phone."""
    first, second = list(results["instrument"]["axes"].items())[:2]
    level = results["config"]["level"]

    def draw(width: float) -> Figure:
        wide = width >= WIDE
        rows = 0.19 * len(places)
        figure = new_figure(width, 4.4 if wide else 3.9 + rows)
        if wide:
            axes, key = figure.subplots(1, 2, width_ratios=(2, 1))
        else:
            axes, key = figure.subplots(2, 1, height_ratios=(3.6, max(rows, 0.3)))
        _cross(axes, first, second, 44 if wide else 30)
        for one in places:
            _ellipse(axes, one, level)
        for one, numbers in _together(places):
            _point(axes, one, numbers)
        _key(key, places, 30 if wide else 40, 23 if wide else len(places) + 1)
        return figure

    said = "; ".join(f"{one.label} at {one.x:.2f} and {one.y:.2f}" for one in places[:8])
    return Drawing(
        name="positions",
        title="",
        caption=(
            f"Filled: models; hollow: people. Ellipse: {level:.0%} of the draws of items and "
            "answers. Both axes go from −1 to 1."
        ),
        alt=f"Places on the axes {first[0]} and {second[0]}: {said}.",
        draw=draw,
    )


def _cross(
    axes: Axes, first: tuple[str, Mapping[str, Any]], second: tuple[str, Any], room: int
) -> None:
    axes.set_xlim(-1.05, 1.05)
    axes.set_ylim(-1.05, 1.05)
    axes.set_aspect("equal")
    axes.axhline(0, color=LINE, linewidth=0.9)
    axes.axvline(0, color=LINE, linewidth=0.9)
    axes.add_patch(Rectangle((-1, -1), 2, 2, fill=False, edgecolor=LINE, linewidth=0.6))
    axes.set_xticks([-1, 0, 1], ["−1", "0", "1"])
    axes.set_yticks([-1, 0, 1], ["−1", "0", "1"])
    axes.tick_params(length=0)
    axes.set_xlabel(_ends(first[1], room), fontsize=8)
    axes.set_ylabel(_ends(second[1], room), fontsize=8)
    axes.set_title(f"{first[0]} →, {second[0]} ↑")


def _ends(axis: Mapping[str, Any], room: int) -> str:
    return f"← {shortened(axis['low'], room)}\n{shortened(axis['high'], room)} →"


def _ellipse(axes: Axes, one: Place, level: float) -> None:
    """Of a normal distribution with the draws' covariance: radius sqrt(-2 log(1 - level))."""
    if one.covariance is None:
        return
    values, vectors = np.linalg.eigh(np.array(one.covariance)[:2, :2])
    radius = sqrt(-2 * log(1 - level))
    wide, high = (2 * radius * sqrt(max(float(v), 0.0)) for v in values[::-1])
    angle = float(np.degrees(np.arctan2(vectors[1, -1], vectors[0, -1])))
    colour = ACCENT if one.is_model else INK
    shape = Ellipse(
        (one.x, one.y), wide, high, angle=angle, facecolor=colour, alpha=0.1, edgecolor="none"
    )
    line = Ellipse(
        (one.x, one.y), wide, high, angle=angle, fill=False, edgecolor=colour, linewidth=1.1,
        linestyle="-" if one.is_model else (0, (3, 2)),
    )  # fmt: skip
    axes.add_patch(shape)
    axes.add_patch(line)


def _together(places: Sequence[Place]) -> list[tuple[Place, str]]:
    """Every place with the numbers to write at it; near places share one text, at the first."""
    found: list[tuple[Place, list[int]]] = []
    for number, one in enumerate(places, start=1):
        near = [some for other, some in found if _is_near(one, other)]
        if near:
            near[0].append(number)
        found.append((one, [] if near else [number]))
    return [(one, ", ".join(map(str, numbers))) for one, numbers in found]


def _is_near(one: Place, other: Place) -> bool:
    return abs(one.x - other.x) < 0.12 and abs(one.y - other.y) < 0.1


def _point(axes: Axes, one: Place, number: str) -> None:
    colour = ACCENT if one.is_model else INK
    face = colour if one.is_model else PAPER
    axes.plot(one.x, one.y, "o", color=colour, markerfacecolor=face, markersize=5.5, zorder=3)
    left, below = one.x > 0.9, one.y > 0.9
    axes.annotate(
        number,
        (one.x, one.y),
        xytext=(-6 if left else 6, -5 if below else 5),
        textcoords="offset points",
        ha="right" if left else "left",
        va="top" if below else "baseline",
        fontsize=9,
        color=INK,
        zorder=4,
    )


def _key(axes: Axes, places: Sequence[Place], room: int, rows: int) -> None:
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(rows, 0)
    for y, one in enumerate(places, start=1):
        colour = ACCENT if one.is_model else INK
        face = colour if one.is_model else PAPER
        axes.plot(0.03, y - 0.5, "o", color=colour, markerfacecolor=face, markersize=5)
        text = f"{y}  {shortened(one.label, room)}"
        axes.text(0.09, y - 0.5, text, va="center", fontsize=8.5, color=INK)


def items_figure(results: Mapping[str, Any], subjects: Sequence[Mapping[str, Any]]) -> Drawing:
    """Items against models: shade = mean agreement; ring = unstable; dash = no stance at all."""
    found = [{item["item"]: item for item in one["items"]} for one in subjects]
    named = [item for item in results["instrument"]["items"] if any(item["id"] in f for f in found)]
    rows, order = _item_rows(named, list(results["instrument"]["axes"]))
    table = [[column.get(name) for column in found] for name in order]
    means = [[_mean(cell) for cell in row] for row in table]
    rings = np.array([[_status(cell) == "unstable" for cell in row] for row in table])
    grid = TopicGrid(
        rows=tuple(rows),
        columns=tuple(name_of(one) for one in subjects),
        steps=steps_between(np.array(means, dtype=float), EDGES),
        rings=rings,
        texts=tuple(tuple(_text(cell) for cell in row) for row in table),
    )

    def draw(width: float) -> Figure:
        figure = new_figure(width, grid_height(grid, width) + 0.55)
        axes = figure.subplots()
        draw_grid(axes, grid, width)
        _legend(figure, width)
        return figure

    n = int(rings.sum())
    return Drawing(
        name="items",
        title="",
        caption=(
            "↑ and ↓: agreeing speaks for the axis’ high or low end. The table has the items’ "
            "words and, by number, the columns."
        ),
        alt=(
            f"{len(order)} items against {len(subjects)} ways of asking models; {n} cells are "
            "marked as unstable and have no shade."
        ),
        draw=draw,
    )


def _item_rows(
    items: Sequence[Mapping[str, Any]], axes: Sequence[str]
) -> tuple[list[Row], list[str]]:
    """A heading for each axis and its items, those that speak for its high end first."""
    rows: list[Row] = []
    order: list[str] = []
    for axis in axes:
        own = [item for item in items if _main(item) == axis]
        for side, arrow in ((1, "↑"), (-1, "↓")):
            some = [item["id"] for item in own if side * item["weights"][axis] > 0]
            if some:
                rows.append(Row(f"{axis} {arrow}", None))
            for name in some:
                rows.append(Row(name.replace("_", " "), len(order)))
                order.append(name)
    return rows, order


def _main(item: Mapping[str, Any]) -> str:
    weights: Mapping[str, float] = item["weights"]
    return max(weights, key=lambda axis: abs(weights[axis]))


def _status(cell: Mapping[str, Any] | None) -> str:
    return "silent" if cell is None else str(cell["status"])


def _mean(cell: Mapping[str, Any] | None) -> float:
    """NaN where there is no view that a shade could stand for."""
    if cell is None or cell["mean"] is None or _status(cell) in ("unstable", "silent"):
        return float("nan")
    return float(cell["mean"])


def _text(cell: Mapping[str, Any] | None) -> str:
    if cell is None or cell["status"] == "silent":
        return "–"
    return "" if cell["status"] == "unstable" else f"{cell['mean']:+.1f}".replace("-", "−")


def _legend(figure: Figure, width: float) -> None:
    handles: list[Any] = [
        Rectangle((0, 0), 1, 1, facecolor=SERIES[2], alpha=DEPTHS[3], linewidth=0),
        Rectangle((0, 0), 1, 1, facecolor=ACCENT, alpha=DEPTHS[3], linewidth=0),
        Line2D([], [], linestyle="", marker="o", color=INK, markersize=4, markerfacecolor="none"),
        Line2D([], [], linestyle="", marker="_", color=QUIET, markersize=6),
    ]
    labels = ["rejects", "agrees", "unstable: no one side", "silent: too few options given"]
    figure.legend(
        handles, labels, loc="outside lower left", ncols=4 if width >= WIDE else 2,
        frameon=False, fontsize=8, handlelength=1.1, columnspacing=1.4, labelcolor=QUIET,
    )  # fmt: skip
