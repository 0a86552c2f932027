"""Figures of local neighbourhoods: who meets there, and how the same answer is scored twice."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from manyvoices.analyse.neighbourhoods.diversity import Diversity
from manyvoices.analyse.neighbourhoods.exact_pairs import ExactPairs, Repeats
from manyvoices.analyse.neighbourhoods.portraits import Curve
from manyvoices.analyse.neighbourhoods.study import NeighbourhoodStudy
from manyvoices.report.canvas import WIDE, Drawing, new_figure, rows_axes, wrapped
from manyvoices.report.formats import number, share
from manyvoices.report.marks import right_label
from manyvoices.report.neighbourhood_tables import KINDS
from manyvoices.report.palette import ACCENT, INK, LINE, QUIET, SERIES, TINT
from manyvoices.schema.wording import plural

SUM = "Sum of all"


def diversity_figure(study: NeighbourhoodStudy, mixed: Diversity, title: str) -> Drawing:
    """Densities of adjusted entropy, and entropy by size beside the interval of random people."""

    def draw(width: float) -> Figure:
        wide = width >= WIDE
        figure = new_figure(width, 4.1 if wide else 7.4)
        figure.get_layout_engine().set(wspace=0.08, hspace=0.06)  # type: ignore[union-attr,call-arg]
        panels = figure.subplots(1, 2) if wide else figure.subplots(2, 1)
        _densities(panels[0], study.curves)
        _by_size(panels[1], mixed)
        return figure

    more = int((mixed.total < mixed.low).sum())
    return Drawing(
        name="neighbourhoods-diversity",
        title="",
        caption="",
        alt=(
            f"{title}. Left: for each attribute, how the entropy of neighbourhoods is spread "
            "around that of random people. Right: "
            f"{plural(len(mixed.k), 'neighbourhood')} by size; "
            f"{number(more)} lie below the interval of as many random people."
        ),
        draw=draw,
    )


def _densities(axes: Axes, curves: tuple[Curve, ...]) -> None:
    rows = [one for one in curves if one.n]
    rows_axes(axes, [one.name or SUM for one in rows])
    axes.set_ylim(len(rows) - 0.55, -1.0)
    axes.axvline(0, color=QUIET, linewidth=0.9, linestyle=(0, (1, 2)), zorder=1)
    for y, one in enumerate(rows):
        _ridge(axes, one, y)
        right_label(axes, y - 0.12, number(one.mean, 2))
    axes.text(1.02, 1.0, "mean", transform=axes.transAxes, va="bottom", color=QUIET, fontsize=8.5)
    axes.set_xlabel("entropy beside random people\n−1 = all alike, 0 = as mixed")
    axes.set_title("Attributes")


def _ridge(axes: Axes, one: Curve, y: int) -> None:
    tops = y - 0.78 * one.height / one.height.max()
    axes.fill_between(one.grid, tops, y, color=TINT, linewidth=0, zorder=2)
    axes.plot(one.grid, tops, color=ACCENT, linewidth=1.1, zorder=3)
    axes.plot([one.mean] * 2, [y, y - 0.32], color=INK, linewidth=1.4, zorder=4)


def _by_size(axes: Axes, mixed: Diversity) -> None:
    below = mixed.total < mixed.low
    # Dots of one size stand a little apart, so the band begins a little before the smallest.
    sizes = np.r_[1.8, mixed.band_k]
    low, high = (np.r_[one[0], one] for one in (mixed.band_low, mixed.band_high))
    axes.fill_between(sizes, low, high, color=LINE, linewidth=0, alpha=0.7, zorder=1)
    axes.axhline(0, color=QUIET, linewidth=0.9, linestyle=(0, (1, 2)), zorder=1)
    places = _spread_sideways(mixed)
    axes.plot(places[~below], mixed.total[~below], "o", color=ACCENT, markersize=3.6, alpha=0.6,
              markeredgewidth=0)  # fmt: skip
    axes.plot(places[below], mixed.total[below], "D", color=SERIES[2], markersize=5)
    top = int(mixed.band_k.max())
    axes.set_xscale("log")
    axes.set_xlim(1.7, max(top * 1.2, 6))
    ticks = [k for k in (2, 3, 5, 10, 20, 50, 100, 200, 500, 1000) if k <= max(top, 5)]
    axes.set_xticks(ticks, [number(k) for k in ticks])
    axes.set_xticks([], minor=True)
    axes.grid(axis="y")
    axes.tick_params(axis="both", length=0, which="both")
    axes.set_xlabel("people in the neighbourhood" if mixed.draw == "people" else "texts (k)")
    axes.set_title("Sum of all, by size")
    axes.text(0.98, 0.03, f"band: {mixed.level:.0%} of random groups", transform=axes.transAxes,
              ha="right", va="bottom", color=QUIET, fontsize=8.5)  # fmt: skip


def _spread_sideways(mixed: Diversity) -> np.typing.NDArray[np.float64]:
    """Places of equal sizes a little apart, so that dots do not hide each other; always alike."""
    shift = (np.arange(len(mixed.k)) * 0.618) % 1 - 0.5
    places: np.typing.NDArray[np.float64] = mixed.k * np.exp(0.14 * shift)
    return places


def repeats_figure(pairs: ExactPairs, title: str) -> Drawing:
    """Box and points of score differences, different people beside the same person."""
    rows = [one for one in (pairs.different, pairs.same) if len(one.ranges)]

    def draw(width: float) -> Figure:
        figure = new_figure(width, 1.0 + 0.95 * len(rows))
        axes = figure.subplots()
        rows_axes(axes, [wrapped(KINDS[one.kind], 20 if width >= WIDE else 10) for one in rows])
        axes.set_ylim(len(rows) - 0.45, -0.6)
        for y, one in enumerate(rows):
            _box(axes, one, y)
            right_label(axes, y, f"{number(one.gap.mean, 1)}\n(n = {number(len(one.ranges))})")
        axes.text(1.02, 1.0, "mean", transform=axes.transAxes, va="bottom", color=QUIET,
                  fontsize=8.5)  # fmt: skip
        axes.set_xlim(-2, max(100.0, *(float(one.ranges.max()) for one in rows)) + 2)
        axes.set_xlabel("difference of two scores of one answer")
        return figure

    return Drawing(
        name="neighbourhoods-repeats",
        title="",
        caption="",
        alt=f"{title}. Medians: "
        + "; ".join(f"{KINDS[one.kind].lower()} {number(one.middle[1], 1)}" for one in rows)
        + ".",
        draw=draw,
    )


def _box(axes: Axes, one: Repeats, y: int) -> None:
    low, middle, high = one.middle
    axes.barh(y, high - low, left=low, height=0.42, color=TINT, linewidth=0, zorder=2)
    axes.plot([middle] * 2, [y - 0.21, y + 0.21], color=INK, linewidth=2, zorder=4)
    shift = ((np.arange(len(one.ranges)) * 0.618) % 1 - 0.5) * 0.5
    axes.plot(one.differences, y + shift, "o", color=ACCENT, markersize=4, alpha=0.55,
              markeredgewidth=0, zorder=3)  # fmt: skip


def within(mixed: Diversity) -> str:
    """ "84% of neighbourhoods"."""
    return f"{share(mixed.share_within)} of {plural(len(mixed.k), 'neighbourhood')}"
