"""Figures of message trees: languages, sizes, states, labels, contributors, activity, rankings."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from manyvoices.analyse.trees.activity import Activity
from manyvoices.analyse.trees.contributors import Contributors, Inequality
from manyvoices.analyse.trees.distributions import Distribution
from manyvoices.analyse.trees.estimates import Estimate
from manyvoices.analyse.trees.labels import Correlations, LabelRow
from manyvoices.analyse.trees.ranking import AgreementRow
from manyvoices.analyse.trees.shape import LanguageRow
from manyvoices.report.canvas import WIDE, Drawing, new_figure, rows_axes
from manyvoices.report.formats import number, plural, share
from manyvoices.report.marks import ROW, mean_mark, right_label
from manyvoices.report.palette import ACCENT, INK, LINE, QUIET, SERIES, TINT

MOST_LANGUAGES = 12
"""Languages with a row of their own; the table has all."""
_KINDS = (("prompter", SERIES[0]), ("assistant", SERIES[2]), ("by a model", QUIET))
ACTIVITY_NAMES = {
    "messages": "messages",
    "prompter": "messages as prompter",
    "assistant": "messages as assistant",
    "reviewer": "reviews",
    "ranker": "rankings",
}


def language_name(language: str) -> str:
    """A language as it stands in a figure."""
    return language or "not named"


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


def lorenz_figure(found: Contributors, alt: str) -> Drawing:
    """How contributions are shared out, one curve each for up to three kinds."""
    shown = _curves(found.activities)

    def draw(width: float) -> Figure:
        wide = width >= WIDE
        figure = new_figure(width, 3.9 if wide else 3.7)
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], color=QUIET, linewidth=0.9, linestyle=(0, (1, 2)))
        for one, colour, style in zip(shown, SERIES, _STYLES, strict=False):
            axes.plot(*zip(*one.lorenz, strict=True), color=colour, linewidth=2, linestyle=style,
                      label=f"{ACTIVITY_NAMES[one.what]}: Gini {number(one.gini, 2)}")  # fmt: skip
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        axes.set_aspect("equal")
        axes.grid(axis="both")
        axes.tick_params(length=0)
        ticks = [0, 0.25, 0.5, 0.75, 1]
        axes.set_xticks(ticks[1:], [share(tick) for tick in ticks[1:]])
        axes.set_yticks(ticks, [share(tick) for tick in ticks])
        axes.set_xlabel("share of people, the least busy first")
        axes.set_title("share of contributions", fontweight="normal", color=QUIET, fontsize=9)
        axes.legend(loc="upper left", frameon=False, fontsize=8.5 if wide else 8)
        return figure

    return Drawing("trees-contributors", "", "", alt, draw)


_STYLES = ("-", (0, (6, 2)), (0, (2, 1.5)))


def _curves(activities: Sequence[Inequality]) -> list[Inequality]:
    """Messages, reviews and rankings; roles of writers where there are no judgements."""
    wanted = ("messages", "reviewer", "ranker")
    if not {"reviewer", "ranker"} & {one.what for one in activities}:
        wanted = ("messages", "prompter", "assistant")
    return [one for one in activities if one.what in wanted]


def activity_figure(found: Activity, alt: str) -> Drawing:
    """Messages over time: all as an area, the largest languages as lines."""
    step = 7 if len(found.per_day) > 90 else 1
    days = found.days[::step]

    def draw(width: float) -> Figure:
        figure = new_figure(width, 2.9)
        axes = figure.subplots()
        total = _summed(found.per_day, step)
        x = [dt.datetime.combine(day, dt.time()) for day in days]
        axes.fill_between(x, total, color=LINE, linewidth=0, alpha=0.7, step="mid", label="all")  # type: ignore[arg-type]  # dates
        several = len(found.series) > 1
        for one, colour, style in zip(found.series, SERIES, _STYLES, strict=False):
            if several:
                axes.plot(x, _summed(one.per_day, step), color=colour, linewidth=1.7,  # type: ignore[arg-type]  # dates
                          linestyle=style, label=language_name(one.language))  # fmt: skip
        if len(x) == 1:
            axes.plot(x, total, "o", color=ACCENT)  # type: ignore[arg-type]  # dates
        locator = AutoDateLocator(minticks=2, maxticks=7 if width >= WIDE else 4)
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
        axes.set_ylim(0, max(total) * 1.06)
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
        axes.grid(axis="y")
        axes.tick_params(length=0)
        per = "week" if step > 1 else "day"
        axes.set_title(f"messages a {per}", fontweight="normal", color=QUIET, fontsize=9)
        if several:
            figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=8.5)
        return figure

    return Drawing("trees-activity", "", "", alt, draw)


def _summed(per_day: Sequence[int], step: int) -> list[int]:
    return [sum(per_day[i : i + step]) for i in range(0, len(per_day), step)]


def agreement_figure(rows: Sequence[AgreementRow], alt: str) -> Drawing:
    """Agreement by language: W, tau and the share of equal first places, with intervals."""
    labels = ["all", *(language_name(row.language) for row in rows[1:])]
    panels = (
        ("Kendall's W", [row.kendall_w for row in rows], None),
        ("Kendall's tau", [row.tau for row in rows], [0.0] * len(rows)),
        ("Same reply first", [row.top for row in rows], [row.chance.value for row in rows]),
    )

    def draw(width: float) -> Figure:
        wide = width >= WIDE
        height = 0.75 + ROW * len(rows)
        figure = new_figure(width, height if wide else 3 * height)
        grid = figure.subplots(1 if wide else 3, 3 if wide else 1, squeeze=False, sharey=wide)
        figure.get_layout_engine().set(wspace=0.07)  # type: ignore[union-attr,call-arg]
        for axes, (title, estimates, chance) in zip(grid.flat, panels, strict=True):
            rows_axes(axes, labels)
            _estimates(axes, estimates, chance)
            axes.set_title(title)
        return figure

    return Drawing("trees-ranking", "", "", alt, draw)


def _estimates(axes: Axes, estimates: Sequence[Estimate], chance: list[float] | None) -> None:
    for y, one in enumerate(estimates):
        if chance is not None:
            axes.plot(chance[y], y, marker="|", color=QUIET, markersize=9, markeredgewidth=1.2)
        if not math.isnan(one.low):
            axes.plot([one.low, one.high], [y, y], color=ACCENT, linewidth=1.8,
                      solid_capstyle="butt")  # fmt: skip
        axes.plot(one.value, y, "o", color=ACCENT if y else INK, markersize=5.5, zorder=3)
    low = min([0.0, *(one.low for one in estimates if not math.isnan(one.low)),
               *(one.value for one in estimates if not math.isnan(one.value))])  # fmt: skip
    axes.set_xlim(min(low, 0.0) - 0.05, 1.05)
    ticks = [0, 0.5, 1] if low > -0.3 else [-0.5, 0, 0.5, 1]
    axes.set_xticks(ticks, [number(tick, int(tick % 1 != 0)) for tick in ticks])


def described(one: Distribution) -> str:
    """``mean 11.7, median 12, 3 to 28``."""
    return (
        f"mean {number(one.mean, 1)}, median {number(one.median)}, "
        f"{number(one.least)} to {number(one.most)}"
    )


def people_of(one: Inequality) -> str:
    """``13,500 people``."""
    return plural(one.n_people, "person", "people")
