"""Figures of labels: their means, and which go together."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from manyvoices.analyse.trees.labels import Correlations, LabelRow
from manyvoices.report.canvas import WIDE, Drawing, new_figure, rows_axes
from manyvoices.report.formats import number
from manyvoices.report.marks import ROW, mean_mark, right_label
from manyvoices.report.palette import ACCENT, LINE, QUIET, SERIES


def labels_figure(rows: Sequence[LabelRow], alt: str) -> Drawing:
    """Mean of each label with its interval, the middle half, and how far raters agree."""
    with_alpha = any(row.agreement is not None for row in rows)

    def draw(width: float) -> Figure:
        figure = new_figure(width, 0.8 + ROW * len(rows))
        axes = figure.subplots()
        rows_axes(axes, [row.name.replace("_", " ") for row in rows])
        for y, row in enumerate(rows):
            mean_mark(axes, row, y)
            right_label(axes, y, _alpha(row) if with_alpha else number(row.mean, 2))
        axes.set_xlim(-0.02, 1.02)
        axes.set_xlabel("mean of the messages that have it")
        axes.text(
            1.02, 1.0, "α" if with_alpha else "mean", transform=axes.transAxes, va="bottom",
            color=QUIET, fontsize=8.5,
        )  # fmt: skip
        return figure

    return Drawing("trees-labels", "", "", alt, draw)


def _alpha(row: LabelRow) -> str:
    return number(row.agreement.value if row.agreement else float("nan"), 2)


def correlations_figure(found: Correlations, alt: str) -> Drawing:
    """Lower triangle of squares: size is strength, colour the sign, hollow where it may be none;
    an empty field where it is undefined."""
    names = [name.replace("_", " ") for name in found.names]
    k = len(names)

    def draw(width: float) -> Figure:
        wide = width >= WIDE
        cell = min(0.31 if wide else 0.2, (width - (2.2 if wide else 1.75)) / k)
        figure = new_figure(width, 0.75 + cell * k)
        axes = figure.subplots()
        axes.add_collection(_squares(found))
        axes.set_xlim(-0.6, k - 0.4)
        axes.set_ylim(k - 0.4, -0.6)
        axes.set_aspect("equal")
        size = 8.5 if wide and cell > 0.2 else 7
        axes.set_yticks(
            range(k), [f"{name}  {i + 1}" for i, name in enumerate(names)], fontsize=size
        )
        axes.set_xticks(range(k - 1), [str(i + 1) for i in range(k - 1)], fontsize=size)
        axes.tick_params(axis="x", rotation=0 if cell > 0.16 else 90)
        axes.tick_params(length=0)
        axes.spines["bottom"].set_visible(False)
        if 0 < found.n_labels < k:
            at = found.n_labels - 0.5
            axes.plot([-0.6, at], [at, at], color=QUIET, linewidth=0.8)
        figure.legend(handles=_signs(), loc="outside lower center", ncols=3, frameon=False,
                      handletextpad=0.3, columnspacing=1.2, fontsize=8)  # fmt: skip
        return figure

    return Drawing("trees-correlations", "", "", alt, draw)


def _squares(found: Correlations) -> PatchCollection:
    """All squares of the triangle in one collection: hundreds of single patches draw slowly."""
    patches = []
    for i in range(1, len(found.names)):
        for j in range(i):
            patches.append(_square(j, i, 0.92, "none", LINE))
            rho = float(found.rho[i, j])
            if math.isnan(rho):
                continue
            colour = ACCENT if rho > 0 else SERIES[2]
            clear = found.low[i, j] > 0 or found.high[i, j] < 0
            side = 0.92 * math.sqrt(max(abs(rho), 0.004))
            patches.append(_square(j, i, side, colour if clear else "none", colour))
    return PatchCollection(patches, match_original=True)


def _square(x: float, y: float, side: float, fill: str, edge: str) -> Rectangle:
    corner = (x - side / 2, y - side / 2)
    return Rectangle(corner, side, side, facecolor=fill, edgecolor=edge, linewidth=0.7)


def _signs() -> list[Line2D]:
    def mark(label: str, colour: str, fill: str) -> Line2D:
        return Line2D([], [], marker="s", linestyle="", markersize=7, markeredgecolor=colour,
                      markerfacecolor=fill, label=label)  # fmt: skip

    return [
        mark("rise together", ACCENT, ACCENT),
        mark("opposed", SERIES[2], SERIES[2]),
        mark("interval holds 0", QUIET, "none"),
    ]
