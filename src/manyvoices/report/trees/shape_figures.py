"""Figures of languages, states and sizes of trees."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from manyvoices.analyse.trees.distributions import Distribution
from manyvoices.analyse.trees.shape import LanguageRow
from manyvoices.report.canvas import WIDE, Drawing, new_figure, rows_axes
from manyvoices.report.formats import number, share
from manyvoices.report.marks import ROW, right_label
from manyvoices.report.palette import ACCENT, QUIET, SERIES, TINT
from manyvoices.report.trees.wording import MOST_LANGUAGES, language_name

_KINDS = (("prompter", SERIES[0]), ("assistant", SERIES[2]), ("by a model", QUIET))


def languages_figure(rows: Sequence[LanguageRow], alt: str) -> Drawing:
    """Messages by language and role, as bars that add up."""
    shown = list(rows[:MOST_LANGUAGES])
    labels = [language_name(row.language) for row in shown]
    bars = [(row.n_prompter, row.n_assistant, row.n_synthetic) for row in shown]
    if rest := rows[MOST_LANGUAGES:]:
        labels.append(f"{len(rest)} others")
        bars.append(tuple(map(sum, zip(*(_bars(row) for row in rest), strict=True))))  # type: ignore[arg-type]
    kinds = [k for k, sums in enumerate(zip(*bars, strict=True)) if any(sums)]

    def draw(width: float) -> Figure:
        figure = new_figure(width, 0.75 + ROW * len(bars))
        axes = figure.subplots()
        rows_axes(axes, labels)
        for y, row in enumerate(bars):
            left = 0
            for kind in kinds:
                axes.barh(y, row[kind], left=left, height=0.68, color=_KINDS[kind][1])
                left += row[kind]
            right_label(axes, y, number(left))
        axes.set_xlim(0, max(map(sum, bars)) * 1.02)
        axes.xaxis.set_major_locator(MaxNLocator(5 if width >= WIDE else 3, integer=True))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
        handles = [Rectangle((0, 0), 1, 1, color=_KINDS[k][1], label=_KINDS[k][0]) for k in kinds]
        figure.legend(
            handles=handles, loc="outside lower center", ncols=len(handles), frameon=False
        )
        return figure

    return Drawing("trees-languages", "", "", alt, draw)


def _bars(row: LanguageRow) -> tuple[int, int, int]:
    return row.n_prompter, row.n_assistant, row.n_synthetic


def states_figure(states: Sequence[tuple[str, int]], alt: str) -> Drawing:
    """Trees by state."""
    total = sum(n for _, n in states)

    def draw(width: float) -> Figure:
        figure = new_figure(width, 0.45 + ROW * len(states))
        axes = figure.subplots()
        rows_axes(axes, [(state or "not named").replace("_", " ") for state, _ in states])
        for y, (_, n) in enumerate(states):
            axes.barh(y, n, height=0.62, color=ACCENT)
            right_label(axes, y, f"{number(n)} ({share(n / total)})")
        axes.xaxis.set_major_locator(MaxNLocator(5 if width >= WIDE else 3, integer=True))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
        return figure

    return Drawing("trees-states", "", "", alt, draw)


def sizes_figure(parts: Sequence[tuple[str, str, Distribution]], alt: str) -> Drawing:
    """Histograms of whole numbers: (title, label of its axis, distribution) each."""

    def draw(width: float) -> Figure:
        n = len(parts)
        wide = width >= WIDE
        figure = new_figure(width, 2.3 if wide else 1.9 * n)
        grid = figure.subplots(1 if wide else n, n if wide else 1, squeeze=False)
        for axes, (title, label, found) in zip(grid.flat, parts, strict=True):
            _histogram(axes, title, label, found)
        return figure

    return Drawing("trees-sizes", "", "", alt, draw)


def _histogram(axes: Axes, title: str, label: str, found: Distribution) -> None:
    """Bars, one for each number, or for as many as keep them apart; a mark at the mean."""
    low, high = int(found.least), int(found.most)
    step = max(1, math.ceil((high - low + 1) / 30))
    bins: dict[int, int] = {}
    for value, n in found.counts:
        place = low + (value - low) // step * step
        bins[place] = bins.get(place, 0) + n
    axes.bar(
        [place + (step - 1) / 2 for place in bins],
        list(bins.values()),
        width=step * 0.86,
        color=TINT,
    )
    axes.axvline(found.mean, color=ACCENT, linewidth=1.4)
    axes.grid(axis="y")
    axes.tick_params(axis="both", length=0)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, min_n_ticks=1))
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    axes.set_xlabel(label)
    axes.set_title(title)


def described(one: Distribution) -> str:
    """``mean 11.7, median 12, 3 to 28``."""
    return (
        f"mean {number(one.mean, 1)}, median {number(one.median)}, "
        f"{number(one.least)} to {number(one.most)}"
    )
