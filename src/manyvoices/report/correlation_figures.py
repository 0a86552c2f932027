"""Figures of attributes: which go together, and how they are distributed (PRISM, Figures 9, 10)."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from manyvoices.analyse.scale_use import AttributeStudy, Correlations
from manyvoices.analyse.scale_use.attribute_study import Attribute, block_names
from manyvoices.report.canvas import WIDE, Drawing, new_figure, rows_axes, shortened
from manyvoices.report.formats import number, share
from manyvoices.report.marks import right_label
from manyvoices.report.palette import (
    ACCENT,
    GROUND,
    INK,
    LINE,
    PAPER,
    QUIET,
    SEQUENCE,
    SERIES,
    TINT,
)

STEPS = (0.0, 0.1, 0.2, 0.35, 0.55)
"""Lower ends of the shades; below the first is the ground, with a minus sign."""
KINDS = ("between", "within", "pooled")


def correlation_figure(name: str, study: AttributeStudy) -> Drawing:
    """The correlations between people, in the order of their tree."""
    order = list(study.order)
    labels = [study.attributes[k].name for k in order]
    r = study.between.r[np.ix_(order, order)]

    def draw(width: float) -> Figure:
        wide = width >= WIDE
        figure = new_figure(width, width * (1.0 if wide else 1.12) + 0.3)
        axes = figure.subplots()
        size = 7.5 if wide else 6.4
        _matrix(axes, r, size if wide else 0)
        # On a phone a letter stands for the block; the method says which.
        names = labels if wide else [_coded(study.attributes[k]) for k in order]
        short = [shortened(name, 28 if wide else 15) for name in names]
        axes.set_xticks(range(len(r)), short, rotation=90, fontsize=size)
        axes.set_yticks(range(len(r)), short, fontsize=size)
        figure.legend(
            handles=_shades(),
            loc="outside lower center",
            ncols=6 if wide else 3,
            frameon=False,
            fontsize=8,
            handletextpad=0.4,
            columnspacing=1.0,
        )
        return figure

    i, j = strongest(study)
    return Drawing(
        name,
        "",
        "",
        f"Correlations over people of {len(labels)} attributes; the strongest is "
        f"{study.between.r[i, j]:.2f}, of {study.attributes[i].name} with "
        f"{study.attributes[j].name}. The table has all of them.",
        draw,
    )


def _coded(one: Attribute) -> str:
    return f"{one.block[:1].upper()} {one.id}"


def strongest(study: AttributeStudy) -> tuple[int, int]:
    """The two different attributes that are furthest correlated between people."""
    r = np.abs(np.nan_to_num(study.between.r))
    np.fill_diagonal(r, -1)
    i, j = np.unravel_index(int(np.argmax(r)), r.shape)
    return int(min(i, j)), int(max(i, j))


def _matrix(axes: Axes, r: np.ndarray, size: float) -> None:
    n = len(r)
    for y in range(n):
        for x in range(n):
            colour, ink = _shade(r[y, x], same=x == y)
            axes.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=colour, edgecolor=PAPER))
            if size and x != y and not math.isnan(r[y, x]):
                text = number(r[y, x], 2).replace("0.", ".")
                axes.text(x, y, text, ha="center", va="center", fontsize=size - 2, color=ink)
            elif r[y, x] < 0 and x != y:
                axes.text(x, y, "−", ha="center", va="center", fontsize=6, color=ink)
    axes.set_xlim(-0.5, n - 0.5)
    axes.set_ylim(n - 0.5, -0.5)
    axes.set_aspect("equal")
    axes.tick_params(length=0)
    axes.spines["bottom"].set_visible(False)


def _shade(r: float, *, same: bool) -> tuple[str, str]:
    if same or math.isnan(r):
        return LINE, INK
    if r < STEPS[0]:
        return GROUND, INK
    step = max(k for k, low in enumerate(STEPS) if r >= low)
    return SEQUENCE[step], PAPER if step >= 3 else INK


def _shades() -> list[Rectangle]:
    ends = [*STEPS[1:], None]
    labels = [
        f"{low:g} to {high:g}" if high is not None else f"{low:g} and more"
        for low, high in zip(STEPS, ends, strict=True)
    ]
    swatches = [Rectangle((0, 0), 1, 1, facecolor=GROUND, edgecolor=LINE, label="below 0 (−)")]
    return swatches + [
        Rectangle((0, 0), 1, 1, facecolor=colour, label=label)
        for colour, label in zip(SEQUENCE, labels, strict=True)
    ]


def same_attribute(study: AttributeStudy) -> list[tuple[str, int, int]]:
    """(attribute, place in performance, place in choice) of what both blocks ask."""
    place = {(one.block, one.id): k for k, one in enumerate(study.attributes)}
    return [
        (one.id, k, place["choice", one.id])
        for k, one in enumerate(study.attributes)
        if one.block == "performance" and ("choice", one.id) in place
    ]


def three_kinds_figure(name: str, study: AttributeStudy) -> Drawing:
    """How far performance and choice of one attribute go together, asked in three ways."""
    rows = same_attribute(study)

    def draw(width: float) -> Figure:
        figure = new_figure(width, 1.0 + 0.42 * len(rows))
        axes = figure.subplots()
        rows_axes(axes, [shortened(label, 26) for label, _, _ in rows])
        for shift, (kind, mark, colour) in enumerate(_marks()):
            found: Correlations = getattr(study, kind)
            for y, (_, i, j) in enumerate(rows):
                at = y + 0.22 * (shift - 1)
                ends = [found.low[i, j], found.high[i, j]]
                axes.plot(ends, [at, at], color=colour, linewidth=1.6, solid_capstyle="butt")
                axes.plot(found.r[i, j], at, mark, color=colour, markersize=5.5)
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.set_xlabel("correlation of performance with choice")
        names = {"between": "between people", "within": "within people", "pooled": "pooled"}
        figure.legend(
            handles=[
                Line2D([], [], marker=mark, color=colour, markersize=5.5, label=names[kind])
                for kind, mark, colour in _marks()
            ],
            loc="outside lower center",
            ncols=3 if width >= WIDE else 2,
            frameon=False,
            fontsize=8,
        )
        return figure

    said = "; ".join(
        f"{label} {study.between.r[i, j]:.2f} between people, {study.within.r[i, j]:.2f} within"
        for label, i, j in rows
    )
    return Drawing(name, "", "", f"Correlation of performance with choice: {said}.", draw)


def _marks() -> tuple[tuple[str, str, str], ...]:
    return (("between", "o", ACCENT), ("within", "D", SERIES[2]), ("pooled", "s", QUIET))


def attributes_figure(name: str, study: AttributeStudy) -> Drawing:
    """Silhouettes of every attribute, a panel per block, with the share without a value."""
    blocks = block_names(study.attributes)

    def draw(width: float) -> Figure:
        wide = width >= WIDE
        by_block = [[one for one in study.attributes if one.block == block] for block in blocks]
        tall = [0.85 + 0.4 * len(rows) for rows in by_block]
        figure = new_figure(width, max(tall) if wide else sum(tall))
        shape = (1, len(blocks)) if wide else (len(blocks), 1)
        ratios = None if wide else tall
        grid = figure.subplots(*shape, squeeze=False, height_ratios=ratios)
        for axes, block, rows in zip(grid.flat, blocks, by_block, strict=True):
            _block(axes, rows, most=max(map(len, by_block)) if wide else len(rows))
            axes.set_title(block.capitalize())
        return figure

    said = "; ".join(f"{one.name} median {one.median:.0f}" for one in study.attributes)
    return Drawing(name, "", "", f"Distributions of attributes: {said}.", draw)


def _block(axes: Axes, rows: list[Attribute], *, most: int) -> None:
    rows = sorted(rows, key=lambda one: (-one.median, one.id))
    rows_axes(axes, [shortened(one.id, 18) for one in rows])
    axes.set_ylim(most - 0.4, -0.9)
    for y, one in enumerate(rows):
        tallest = max(one.histogram) or 1
        edges = np.linspace(*one.scale, len(one.histogram) + 1)
        tops = [y - 0.62 * n / tallest for n in one.histogram]
        axes.stairs(tops, edges, baseline=y, fill=True, color=TINT, zorder=1)
        axes.plot([one.q25, one.q75], [y + 0.14] * 2, color=LINE, linewidth=4.5)
        axes.plot(one.median, y + 0.14, "o", color=ACCENT, markersize=5)
        right_label(axes, y, share(one.missing))
    axes.set_xlim(min(one.scale[0] for one in rows), max(one.scale[1] for one in rows))
    axes.text(1.02, 1.0, "none", transform=axes.transAxes, color=QUIET, fontsize=8.5)
    axes.locator_params(axis="x", nbins=3)
