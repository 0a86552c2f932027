"""How far a sample is from the census, before and after: PRISM's figure 8.

One panel for each level of the last dimension (ethnicity) and one for all, one bar for each level
of the second (gender) in each row of the first (age). Bars to the right are over-represented.
"""

from __future__ import annotations

from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from manyvoices.curate.census import CensusSample
from manyvoices.report.canvas import WIDE, Drawing, new_figure, rows_axes
from manyvoices.report.census_differences import ALL, with_sums
from manyvoices.report.formats import number
from manyvoices.report.palette import LINE, QUIET, SERIES
from manyvoices.schema.wording import plural

When = Literal["before", "after"]


def census_figure(sample: CensusSample, when: When) -> Drawing:
    """Differences in percentage points, for a table of three dimensions.

    Raises:
        ValueError: The census table has not three dimensions.
    """
    with_sums(sample, when)  # says so where it cannot be drawn
    n = sample.n_eligible if when == "before" else len(sample.included)
    name = sample.table.name
    cells = {row.cell: (row.before if when == "before" else row.after) for row in sample.cells}
    furthest = max(cells, key=lambda cell: abs(cells[cell]))

    def draw(width: float) -> Figure:
        return _draw(sample, when, width)

    return Drawing(
        name=f"census-{name}-{when}",
        title=(
            f"{name.upper()}, {when} rebalancing: the furthest cell is"
            f" {number(cells[furthest], 1)} points off the census"
        ),
        caption=(
            f"{plural(n, 'person', 'people')}. Share of the sample less share of the census, in"
            f" percentage points; dashed lines at 5 points. Notes: {'; '.join(sample.notes)}."
        ),
        alt=(
            f"Differences from the census in {len(cells)} cells, from"
            f" {number(min(cells.values()), 1)} to {number(max(cells.values()), 1)} points."
        ),
        draw=draw,
    )


def _draw(sample: CensusSample, when: When, width: float) -> Figure:
    first, second, third = sample.table.dimensions
    levels = sample.table.levels
    panels, rows = [*levels[third], ALL], [*levels[first], ALL]
    per_row = len(panels) if width >= WIDE else 2
    n_rows = -(-len(panels) // per_row)
    figure = new_figure(width, 0.5 + n_rows * (0.6 + 0.3 * len(rows)))
    shown = with_sums(sample, when)
    reach = max(10.0, *(abs(value) * 1.05 for value in shown.values()))
    grid = figure.subplots(n_rows, per_row, sharey=True, squeeze=False)
    for place, axes in enumerate(grid.flat):
        if place >= len(panels):
            axes.set_axis_off()
            continue
        values = [[shown.get((a, g, panels[place]), 0.0) for a in rows] for g in levels[second]]
        _panel(axes, panels[place], values, reach, [_short(row) for row in rows])
    # Bars of no length only give the legend its colours.
    handles = [
        grid.flat[0].barh([0], [0], color=_colour(i, len(levels[second])), label=level)
        for i, level in enumerate(levels[second])
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False)
    return figure


def _panel(
    axes: Axes, title: str, values: list[list[float]], reach: float, labels: list[str]
) -> None:
    rows_axes(axes, labels)
    height = 0.8 / len(values)
    for i, series in enumerate(values):
        places = [y + (i - (len(values) - 1) / 2) * height for y in range(len(labels))]
        axes.barh(places, series, height=height, color=_colour(i, len(values)))
    axes.axvline(0, color=QUIET, linewidth=0.8)
    for line in (-5, 5):
        axes.axvline(line, color=LINE, linewidth=0.8, linestyle="--", zorder=0)
    axes.set_xlim(-reach, reach)
    axes.set_title(title)


def _short(label: str) -> str:
    return label.removesuffix(" years old")


def _colour(i: int, n: int) -> str:
    """Two series get the two ends of the palette."""
    return SERIES[(2 * i if n == 2 else i) % len(SERIES)]
