"""Specification curves: all analyses in order of what they find, and below what each had chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from manyvoices.analyse.multiverse import EFFECT_HEARS, GroupClaim, Multiverse
from manyvoices.analyse.table import BoolArray, FloatArray, IntArray
from manyvoices.report.canvas import WIDE, Drawing, new_figure, rows_axes, short, shortened
from manyvoices.report.formats import method_name, number, share
from manyvoices.report.marks import ROW, right_label
from manyvoices.report.palette import ACCENT, INK, LINE, PAPER, QUIET, TINT

Row = tuple[str, BoolArray, bool]
"""A level of a choice, the universes that take it, and whether a group of rows begins."""
N_BINS = 60
N_LEADERS = 3


def order_figure(name: str, found: Multiverse, alt: str) -> Drawing:
    """Tau to the default's order in every universe, who leads, and the choices."""
    known = np.flatnonzero(np.isfinite(found.tau))
    order = known[np.argsort(found.tau[known], kind="stable")]
    leaders = [found.models.index(model) for model, _ in found.leaders[:N_LEADERS]]
    marks = [(f"leads: {found.models[code]}", found.leader == code) for code in leaders]

    def draw(width: float) -> Figure:
        return _curve_and_choices(
            width, found, order, marks, lambda axes: _taus(axes, found, order)
        )

    return Drawing(name=name, title="", caption="", alt=alt, draw=draw)


def claim_figure(name: str, found: Multiverse, claim: GroupClaim, alt: str) -> Drawing:
    """One difference between groups in every universe, with its interval, and the choices."""
    known = np.flatnonzero(np.isfinite(claim.p))
    order = known[np.argsort(claim.estimate[known], kind="stable")]
    marks = [("p below 0.05", claim.p < 0.05)]

    def draw(width: float) -> Figure:
        return _curve_and_choices(
            width, found, order, marks, lambda axes: _estimates(axes, claim, order), EFFECT_HEARS
        )

    return Drawing(name=name, title="", caption="", alt=alt, draw=draw)


def influence_figure(name: str, found: Multiverse, alt: str) -> Drawing:
    """Which choice moves the order most."""

    def draw(width: float) -> Figure:
        figure = new_figure(width, 0.75 + ROW * len(found.influences))
        axes = figure.subplots()
        rows_axes(axes, [one.label for one in found.influences])
        for y, one in enumerate(found.influences):
            axes.plot([0, one.eta2], [y, y], color=TINT, linewidth=6, solid_capstyle="butt")
            axes.plot(one.eta2, y, "o", color=ACCENT, markersize=6, zorder=3, clip_on=False)
            right_label(axes, y, share(one.eta2))
        axes.set_xlim(0, 1.05 * max(0.05, *(one.eta2 for one in found.influences)))
        axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}%")
        axes.locator_params(axis="x", nbins=4)
        axes.set_xlabel("share of the variance of tau")
        return figure

    return Drawing(name=name, title="", caption="", alt=alt, draw=draw)


def _curve_and_choices(
    width: float,
    found: Multiverse,
    order: IntArray,
    marks: Sequence[tuple[str, BoolArray]],
    curve: Callable[[Axes], None],
    heard: Sequence[str] | None = None,
) -> Figure:
    rows = _rows(found, marks, heard)
    tall = 0.2 * len(rows) + 0.16 * sum(head for _, _, head in rows)
    figure = new_figure(width, 2.0 + tall + 0.4)
    figure.get_layout_engine().set(hspace=0.03)  # type: ignore[union-attr,call-arg]
    grid = figure.subplots(2, 1, height_ratios=[2.0, tall], sharex=True)
    curve(grid[0])
    _dashboard(grid[1], rows, order, width)
    return figure


def _taus(axes: Axes, found: Multiverse, order: IntArray) -> None:
    values = found.tau[order]
    axes.plot(np.arange(len(order)), values, color=ACCENT, linewidth=2, drawstyle="steps-mid")
    _default_mark(axes, order, values)
    axes.set_title("Likeness to the default (tau)", fontsize=9)
    _quiet(axes)
    spread = max(values.max() - values.min(), 0.02)
    axes.set_ylim(values.min() - 0.12 * spread, values.max() + 0.18 * spread)


def _estimates(axes: Axes, claim: GroupClaim, order: IntArray) -> None:
    place = np.arange(len(order))
    axes.fill_between(place, claim.low[order], claim.high[order], color=TINT, linewidth=0,
                      step="mid")  # fmt: skip
    axes.axhline(0, color=QUIET, linewidth=0.9, linestyle=(0, (1, 2)))
    axes.plot(place, claim.estimate[order], color=ACCENT, linewidth=2, drawstyle="steps-mid")
    _default_mark(axes, order, claim.estimate[order])
    axes.set_title("Difference in points", fontsize=9)
    _quiet(axes)


def _default_mark(axes: Axes, order: IntArray, values: FloatArray) -> None:
    here = np.flatnonzero(order == 0)
    if not len(here):
        return
    x, y = float(here[0]), float(values[here[0]])
    axes.plot(x, y, "D", color=PAPER, markeredgecolor=INK, markersize=6, zorder=5, clip_on=False)
    # The curve rises, so that there is room above and to the left.
    near = x < len(order) / 4
    axes.annotate(
        "default", (x, y), xytext=(-4 if near else -7, 8 if near else 4),
        textcoords="offset points", ha="left" if near else "right", va="bottom", color=INK,
        fontsize=8.5,
    )  # fmt: skip


def _quiet(axes: Axes) -> None:
    axes.grid(axis="y")
    axes.tick_params(axis="both", length=0, labelbottom=False)
    axes.spines["bottom"].set_visible(False)
    axes.locator_params(axis="y", nbins=5)


def _rows(
    found: Multiverse, marks: Sequence[tuple[str, BoolArray]], heard: Sequence[str] | None
) -> list[Row]:
    rows = [(label, mask, place == 0) for place, (label, mask) in enumerate(marks)]
    by_influence = [one.choice for one in found.influences]
    for column, choice in sorted(
        ((k, c) for k, c in enumerate(found.choices) if heard is None or c.name in heard),
        key=lambda each: by_influence.index(each[1].name),
    ):
        for level, text in enumerate(choice.levels):
            words = method_name(text) if choice.name == "method" else text
            label = f"{choice.label.lower()}: {words}"
            if choice.name == "method":
                label = words[:1].upper() + words[1:]
            rows.append((label, found.places[:, column] == level, level == 0))
    return rows


def _dashboard(axes: Axes, rows: Sequence[Row], order: IntArray, width: float) -> None:
    """For each level a silhouette: which share of the universes here has it."""
    edges = np.linspace(0, len(order), min(N_BINS, len(order)) + 1)
    bins = np.clip(np.searchsorted(edges, np.arange(len(order)), side="right") - 1, 0, None)
    size = np.maximum(np.bincount(bins, minlength=len(edges) - 1), 1)
    ticks: list[float] = []
    labels: list[str] = []
    y = 0.0
    for label, mask, head in rows:
        y += 1.8 if head and ticks else 1.0
        inside = np.bincount(bins, weights=mask[order], minlength=len(edges) - 1) / size
        axes.stairs(y + 0.4 - 0.8 * inside, edges, baseline=y + 0.4, fill=True, color=ACCENT)
        axes.plot([0, len(order)], [y + 0.4] * 2, color=LINE, linewidth=0.6, zorder=0)
        ticks.append(y + 0.05)
        labels.append(short(label, width) if width >= WIDE else shortened(label, 19))
    axes.set_yticks(ticks, labels, fontsize=8.5)
    axes.set_ylim(y + 0.7, 0.3)
    axes.set_xlim(0, len(order))
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.set_xlabel(f"{number(len(order))} analyses, lowest to highest")
