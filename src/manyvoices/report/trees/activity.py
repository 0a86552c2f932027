"""The item on the course of the collection, day by day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from manyvoices.analyse.trees.activity import Activity
from manyvoices.report.canvas import WIDE, Drawing, new_figure
from manyvoices.report.data_table import DataTable
from manyvoices.report.formats import day, days, number
from manyvoices.report.palette import ACCENT, DASHES, LINE, QUIET, SERIES
from manyvoices.report.section import Item
from manyvoices.report.trees.wording import OASST, language_name
from manyvoices.schema.wording import plural


def activity_item(found: Activity) -> Item:
    """Messages over time."""
    title = f"Most messages in a day: {number(found.busiest[1])}, on {day(found.busiest[0])}"
    return Item(
        name="trees-activity",
        title=title,
        n=f"{plural(found.n, 'message')} with a date, {number(found.n_without)} without",
        method=(
            "Dates as the file has them; a release may have made them coarser or moved them."
            f" {days(found.first, found.last)};"
            f" {number(found.languages_per_day, 1)} languages on an average day with messages."
            + (" Drawn by week." if len(found.per_day) > 90 else "")
        ),
        source=f"{OASST}, course of the collection",
        drawing=_figure(
            found, f"{title}. {days(found.first, found.last)}; the table has every day."
        ),
        table=_table(found),
    )


def _figure(found: Activity, alt: str) -> Drawing:
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
        for one, colour, style in zip(found.series, SERIES, DASHES, strict=False):
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


def _table(found: Activity) -> DataTable:
    """Messages of each day."""
    header = ("Day", "All", *(language_name(one.language) for one in found.series))
    rows = tuple(
        (date.isoformat(), number(n), *(number(one.per_day[i]) for one in found.series))
        for i, (date, n) in enumerate(zip(found.days, found.per_day, strict=True))
    )
    note = f"Busiest: {day(found.busiest[0])} with {number(found.busiest[1])}."
    return DataTable("trees-activity", "Messages a day", header, rows, note=note)
