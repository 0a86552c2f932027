"""Figures about people: shares, differences from a population, and the tree of regions."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from manyvoices.analyse.people import Comparison, Level, Places, ShareBlock
from manyvoices.curate.describe_people import Branch
from manyvoices.report.canvas import WIDE, Drawing, new_figure, rows_axes, shortened, wrapped
from manyvoices.report.formats import number, share
from manyvoices.report.palette import ACCENT, GROUND, INK, LINE, PAPER, QUIET, TINT
from manyvoices.schema.wording import plural

_MOST_ROWS = 34
"""More rows make a figure too long to take in: the table has all."""


def shares_figure(name: str, blocks: Sequence[ShareBlock], alt: str) -> Drawing:
    """A bar per answer with the interval of its share, blocks one below the other."""
    shown = _fitting(blocks)

    def draw(width: float) -> Figure:
        rows = sum(len(block.rows) + 1 for block in shown)
        room = 38 if width >= WIDE else 22
        long = any(len(row.label) > room for block in shown for row in block.rows)
        figure = new_figure(width, 0.65 + (0.3 if long else 0.235) * rows)
        axes = figure.subplots()
        labels, y = [], 0
        for block in shown:
            axes.text(
                0, y, f" {block.title}", va="center", ha="left", fontsize=9, fontweight="bold"
            )
            labels.append("")
            y += 1
            for row in block.rows:
                low, high = 100 * row.low, 100 * row.high
                axes.barh(y, 100 * row.share, height=0.62, color=TINT)
                axes.plot([low, high], [y, y], color=ACCENT, linewidth=1.6)
                labels.append(shortened(wrapped(row.label, room), 2 * room))
                y += 1
        rows_axes(axes, labels)
        if long:
            axes.tick_params(axis="y", labelsize=8)
        axes.set_ylim(len(labels) - 0.45, -0.8)
        axes.set_xlim(0, 100)
        axes.set_xlabel("share of people, %")
        return figure

    return Drawing(name=name, title="", caption="", alt=alt, draw=draw)


def _fitting(blocks: Sequence[ShareBlock]) -> list[ShareBlock]:
    """Whole blocks, as many as a figure has room for."""
    shown: list[ShareBlock] = []
    for block in blocks:
        if shown and sum(len(one.rows) + 1 for one in (*shown, block)) > _MOST_ROWS:
            break
        shown.append(block)
    return shown


def differences_figure(name: str, comparisons: Sequence[Comparison], alt: str) -> Drawing:
    """Share less share of the population, with its interval, one panel below the other."""

    def draw(width: float) -> Figure:
        heights = [0.45 + 0.26 * len(one.levels) for one in comparisons]
        figure = new_figure(width, 0.3 + sum(heights))
        grid = figure.subplots(
            len(comparisons), 1, sharex=True, squeeze=False, height_ratios=heights
        )
        for axes, one in zip(grid[:, 0], comparisons, strict=True):
            labels = [shortened(level.label, 34 if width >= WIDE else 18) for level in one.levels]
            rows_axes(axes, labels)
            axes.axvline(0, color=QUIET, linewidth=0.9)
            for y, level in enumerate(one.levels):
                _difference(axes, level, y)
            axes.set_title(f"{one.column.replace('_', ' ')}, {number(one.n)} people", fontsize=9)
        wide = width >= WIDE
        grid[-1, 0].set_xlabel(f"{'percentage ' if wide else ''}points more than the population")
        return figure

    return Drawing(name=name, title="", caption="", alt=alt, draw=draw)


def _difference(axes: Axes, level: Level, y: float) -> None:
    sure = level.difference_low > 0 or level.difference_high < 0
    ends = [100 * level.difference_low, 100 * level.difference_high]
    axes.plot(ends, [y, y], color=ACCENT if sure else QUIET, linewidth=1.8)
    axes.plot(
        100 * level.difference,
        y,
        "o",
        color=ACCENT if sure else PAPER,
        markeredgecolor=ACCENT if sure else QUIET,
        markersize=5.5,
    )


def tree_figure(name: str, places: Places) -> Drawing:
    """Regions, their subregions and countries, each as high as its share (PRISM's figure 7)."""
    tree = places.tree
    total = sum(leaf.n for leaf in tree)
    regions = {leaf.region or "unknown": 0 for leaf in tree}
    for leaf in tree:
        regions[leaf.region or "unknown"] += leaf.n
    first = next(iter(regions))

    def draw(width: float) -> Figure:
        figure = new_figure(width, 7.0 if width >= WIDE else 6.2)
        axes = figure.subplots()
        axes.set_axis_off()
        axes.set_xlim(0, 3)
        axes.set_ylim(total, 0)
        per_line = total / (figure.get_figheight() * 72 / 10.5)
        for column in range(3):
            _column(axes, tree, column, per_line, wide=width >= WIDE)
        for column, title in enumerate(("region", "subregion", "country")):
            axes.text(column + 0.02, -total * 0.012, title, fontsize=9, color=QUIET, va="bottom")
        return figure

    return Drawing(
        name=name,
        title="",
        caption="",
        alt=(
            f"{number(total)} people by {places.tree_label} in {plural(len(regions), 'region')};"
            f" the largest is {first} with {share(regions[first] / total)}."
        ),
        draw=draw,
    )


def _column(
    axes: Axes, tree: Sequence[Branch], column: int, per_line: float, *, wide: bool
) -> None:
    top = 0
    for label, n, many in _blocks(tree, column, per_line, wide=wide):
        colour = (TINT, GROUND, PAPER)[column]
        axes.add_patch(
            Rectangle((column, top), 0.985, n, facecolor=colour, edgecolor=LINE, linewidth=0.7)
        )
        if n >= per_line:
            name = f"{many} smaller:" if many > 1 else shortened(label, 28 if wide else 14)
            axes.text(
                column + 0.03,
                top + n / 2,
                f"{name} {number(n)}",
                va="center",
                fontsize=8.5 if wide else 7.2,
                color=QUIET if many > 1 else INK,
                clip_on=True,
            )
        top += n


def _blocks(
    tree: Sequence[Branch], column: int, per_line: float, *, wide: bool
) -> list[tuple[str, int, int]]:
    """Name, people and number of branches of each block; small siblings that follow one another
    are one block, since lines without room for a name are a grey stripe."""
    found: list[tuple[str, int, int]] = []
    above: tuple[str, ...] | None = None
    paths = [(leaf.region, leaf.subregion, leaf.country)[: column + 1] for leaf in tree]
    for path, leaves in itertools.groupby(zip(paths, tree, strict=True), key=lambda one: one[0]):
        branch = [leaf for _, leaf in leaves]
        n = sum(leaf.n for leaf in branch)
        last = found[-1] if found else ("", 0, 0)
        small = n < per_line and above == path[:-1] and (last[2] > 1 or last[1] < per_line)
        if small:
            found[-1] = (last[0], last[1] + n, last[2] + 1)
        else:
            found.append((_label(branch[0], column, wide=wide), n, 1))
        above = path[:-1]
    return found


def _label(leaf: Branch, column: int, *, wide: bool) -> str:
    names = (leaf.region, leaf.subregion, leaf.country if wide or not leaf.iso else leaf.iso)
    return names[column] or "unknown"
