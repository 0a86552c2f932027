"""Figures of what the papers left open: variance, group differences, numbers of people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from manyvoices.analyse.multilevel import GroupEffect
from manyvoices.analyse.power import PowerCurve, SizePower, StudyPower
from manyvoices.analyse.variance import RESIDUAL, Component
from manyvoices.report.canvas import WIDE, Drawing, new_figure, rows_axes, shortened, wrapped
from manyvoices.report.formats import number, share
from manyvoices.report.marks import ROW, right_label
from manyvoices.report.palette import ACCENT, INK, LINE, PAPER, QUIET, SERIES, TINT

_FILLS = (ACCENT, TINT, SERIES[0], SERIES[2], SERIES[1], QUIET)
"""In turn, so that neighbours differ in lightness."""
_ON_DARK = (ACCENT, SERIES[0], SERIES[1], QUIET)
_ROOM = 0.075
"""A piece of the bar wider than this has its number in it."""


def shares_figure(
    name: str, components: Sequence[Component], labels: Mapping[str, str], alt: str
) -> Drawing:
    """One bar of all shares, and below it each share with its interval."""

    def draw(width: float) -> Figure:
        room = 44 if width >= WIDE else 18
        texts = [wrapped(labels.get(one.name, one.name), room) for one in components]
        rows = sum(ROW + 0.13 * text.count("\n") for text in texts)
        figure = new_figure(width, 1.35 + rows)
        grid = figure.subplots(2, 1, height_ratios=[0.6, rows + 0.35])
        _stack(grid[0], components, width)
        _share_rows(grid[1], components, texts)
        return figure

    return Drawing(name=name, title="", caption="", alt=alt, draw=draw)


def _stack(axes: Axes, components: Sequence[Component], width: float) -> None:
    start = 0.0
    for place, one in enumerate(components):
        fill = _fill(place, one)
        axes.barh(0, one.share, left=start, color=fill, edgecolor=PAPER, linewidth=1, height=0.8)
        if one.share > _ROOM * (1 if width >= WIDE else 1.9):
            ink = PAPER if fill in _ON_DARK else INK
            axes.text(start + one.share / 2, 0, share(one.share), ha="center", va="center",
                      color=ink, fontsize=8.5)  # fmt: skip
        start += one.share
    axes.set_yticks([])
    axes.set_xlim(0, 1)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.set_ylim(-0.5, 0.5)


def _share_rows(axes: Axes, components: Sequence[Component], texts: list[str]) -> None:
    rows_axes(axes, texts)
    for y, one in enumerate(components):
        bar, line = y + 0.17, y - 0.12
        axes.plot([0, one.share], [bar, bar], color=_fill(y, one), linewidth=6,
                  solid_capstyle="butt")  # fmt: skip
        axes.errorbar(one.share, line, xerr=_arms(one), color=INK, linewidth=1.4, capsize=3,
                      capthick=1.4, zorder=4, clip_on=False)  # fmt: skip
        axes.plot(one.share, line, "o", color=INK, markersize=4, zorder=5, clip_on=False)
        right_label(axes, y, small_share(one.share))
    known = [one.share_high for one in components if one.share_high == one.share_high]
    axes.set_xlim(0, 1.03 * max(max(known, default=0.0), *(one.share for one in components)))
    axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}%")
    axes.locator_params(axis="x", nbins=4)
    axes.set_xlabel("share of the variance")


def _fill(place: int, one: Component) -> str:
    return LINE if one.name == RESIDUAL else _FILLS[place % len(_FILLS)]


def _arms(one: Component) -> list[list[float]] | None:
    """Lengths of the interval's arms; none where it could not be had."""
    if one.share_low != one.share_low:
        return None
    return [[max(one.share - one.share_low, 0.0)], [max(one.share_high - one.share, 0.0)]]


def small_share(value: float) -> str:
    """A share, and "<0.1%" where rounding would make it look like none."""
    return "<0.1%" if 0 < value < 0.0005 else share(value)


def forest_figure(name: str, effects: Sequence[GroupEffect], alt: str) -> Drawing:
    """Differences by themselves (hollow) and shrunk (filled), a row each."""

    def draw(width: float) -> Figure:
        wide = width >= WIDE
        figure = new_figure(width, 0.85 + (ROW if wide else 0.44) * len(effects))
        axes = figure.subplots()
        rows_axes(axes, [_effect_label(one, wide=wide) for one in effects])
        axes.axvline(0, color=QUIET, linewidth=0.9, linestyle=(0, (1, 2)), zorder=1)
        for y, one in enumerate(effects):
            forest_row(axes, y, (one.low, one.estimate, one.high),
                       (one.shrunk_low, one.shrunk, one.shrunk_high))  # fmt: skip
            right_label(axes, y, number(one.shrunk, 1))
        forest_key(axes, "points above other people")
        axes.text(1.02, 1.0, "shrunk", transform=axes.transAxes, va="bottom", color=QUIET,
                  fontsize=8.5)  # fmt: skip
        return figure

    return Drawing(name=name, title="", caption="", alt=alt, draw=draw)


def forest_row(
    axes: Axes,
    y: float,
    alone: tuple[float, float, float],
    shrunk: tuple[float, float, float],
) -> None:
    """Low, middle and high of an estimate by itself, above those after shrinkage."""
    up, down = y - 0.17, y + 0.17
    axes.plot([alone[0], alone[2]], [up, up], color=QUIET, linewidth=1.1)
    axes.plot(alone[1], up, "o", color=PAPER, markeredgecolor=QUIET, markersize=4.5, zorder=3)
    axes.plot([shrunk[0], shrunk[2]], [down, down], color=ACCENT, linewidth=2.2,
              solid_capstyle="butt")  # fmt: skip
    axes.plot(shrunk[1], down, "o", color=ACCENT, markersize=5.5, zorder=3)


def forest_key(axes: Axes, unit: str) -> None:
    """What the two kinds of marks are, under the axis."""
    axes.set_xlabel(f"{unit}\n○ by itself   ● shrunk")


def _effect_label(one: GroupEffect, *, wide: bool) -> str:
    if wide:
        return f"{shortened(one.group, 24)} · {shortened(one.model, 24)}"
    return f"{shortened(one.group, 19)}\n{shortened(one.model, 19)}"


def power_figure(name: str, study: StudyPower, alt: str) -> Drawing:
    """Separation and order against the number of people; dashed beyond the release."""
    curve = study.curve

    def draw(width: float) -> Figure:
        wide = width >= WIDE
        figure = new_figure(width, 3.0 if wide else 5.6)
        figure.get_layout_engine().set(wspace=0.08, hspace=0.07)  # type: ignore[union-attr,call-arg]
        panels = figure.subplots(1, 2) if wide else figure.subplots(2, 1)
        _curve(panels[0], curve, [one.separated for one in curve.sizes])
        _level(panels[0], study.power, curve, f"{study.power:.0%}")
        panels[0].set_title("Chance to tell the first two apart", fontsize=9)
        _curve(panels[1], curve, [one.tau for one in curve.sizes])
        played = [one for one in curve.sizes if not one.extrapolated]
        n, low, middle = zip(*((s.n_people, s.tau_low, s.tau) for s in played), strict=True)
        panels[1].fill_between(n, low, middle, color=TINT, linewidth=0, zorder=1)
        panels[1].set_title("Likeness to the full order (tau)", fontsize=9)
        for axes in panels:
            _people_axis(axes, curve)
        return figure

    return Drawing(name=name, title="", caption="", alt=alt, draw=draw)


def _curve(axes: Axes, curve: PowerCurve, values: Sequence[float]) -> None:
    inside = [i for i, one in enumerate(curve.sizes) if not one.extrapolated]
    beyond = [inside[-1], *(i for i, one in enumerate(curve.sizes) if one.extrapolated)]
    n = [one.n_people for one in curve.sizes]
    axes.plot([n[i] for i in inside], [values[i] for i in inside], "o-", color=ACCENT,
              linewidth=1.8, markersize=5)  # fmt: skip
    axes.plot([n[i] for i in beyond], [values[i] for i in beyond], color=ACCENT, linewidth=1.4,
              linestyle=(0, (4, 3)))  # fmt: skip
    axes.plot([n[i] for i in beyond[1:]], [values[i] for i in beyond[1:]], "o", color=PAPER,
              markeredgecolor=ACCENT, markersize=5)  # fmt: skip
    axes.axvline(curve.n_people, color=QUIET, linewidth=0.9, linestyle=(0, (1, 2)), zorder=0)
    axes.set_ylim(min(0.0, *values), 1.02)


def _level(axes: Axes, level: float, curve: PowerCurve, text: str) -> None:
    axes.axhline(level, color=LINE, linewidth=1.2, zorder=0)
    axes.text(curve.sizes[0].n_people, level + 0.015, text, color=QUIET, fontsize=8.5, va="bottom")


def _people_axis(axes: Axes, curve: PowerCurve) -> None:
    axes.set_xscale("log")
    axes.grid(axis="y")
    axes.tick_params(axis="both", length=0, which="both")
    axes.set_xticks(_ticks(curve.sizes), [number(n) for n in _ticks(curve.sizes)])
    axes.set_xticks([], minor=True)
    axes.set_xlabel("people (dotted: this release; dashed: extrapolated)")


def _ticks(sizes: Sequence[SizePower]) -> list[int]:
    low, high = sizes[0].n_people, sizes[-1].n_people
    steps = [10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000, 300_000]
    return [n for n in steps if 0.8 * low <= n <= 1.25 * high]
