"""Figures of rankings: the leaderboard, and ranks group by group.

Each function takes a result and returns a `Drawing`; nothing is computed here but places on paper.
"""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from manyvoices.analyse.groups import GroupComparison, ModelSpread
from manyvoices.analyse.leaderboard import Board, Leaderboard
from manyvoices.analyse.resampling import Resampling
from manyvoices.report import findings
from manyvoices.report.canvas import (
    WIDE,
    Drawing,
    new_figure,
    rows_axes,
    short,
    shortened,
    wrapped,
)
from manyvoices.report.formats import listed, method_name, number, ranks
from manyvoices.report.marks import ROW, intervals_made, right_label
from manyvoices.report.palette import ACCENT, INK, LINE, QUIET, SERIES
from manyvoices.schema.wording import plural

N_HIGHLIGHTED = len(SERIES)

_UNITS = {
    "rank_centrality": "share of a long walk from loser to winner",
    "bradley_terry": "log strength, mean 0",
}


def leaderboard_figure(result: Leaderboard) -> Drawing:
    """Dots with intervals, one panel per method, the models in the order of the first."""
    first = result.boards[0]
    order = [row.model for row in first.standings]
    names = listed([method_name(board.method) for board in result.boards])

    def draw(width: float) -> Figure:
        wide, n = width >= WIDE, len(result.boards)
        columns = n if wide else 1
        height = 0.75 + ROW * len(order)
        figure = new_figure(width, height if wide else height * n)
        figure.get_layout_engine().set(wspace=0.1)  # type: ignore[union-attr,call-arg]
        grid = figure.subplots(n // columns, columns, sharey=wide, squeeze=False)
        for axes, board in zip(grid.flat, result.boards, strict=True):
            _board_panel(axes, board, order, width)
        return figure

    top = first.standings[0]
    return Drawing(
        name="leaderboard",
        title=findings.leaderboard_title(first),
        caption=(
            f"{names} on {plural(result.n_battles, 'battle')} by "
            f"{plural(result.n_judges, 'participant')}. Dot: score; line: "
            f"{intervals_made(result.resampling)}; number: the ranks in that interval. "
            "Dotted: where a model would stand that is preferred as often as not."
        ),
        alt=(
            f"Scores of {len(order)} models with intervals, best first. {top.model} is on top, "
            f"rank interval {ranks(top.rank_low, top.rank_high)}. The table below has all numbers."
        ),
        draw=draw,
    )


def _board_panel(axes: Axes, board: Board, order: Sequence[str], width: float) -> None:
    rows_axes(axes, [short(model, width) for model in order])
    place = {model: row for row, model in enumerate(order)}
    neutral = 1 / len(order) if board.method == "rank_centrality" else 0.0
    axes.axvline(neutral, color=QUIET, linewidth=0.9, linestyle=(0, (1, 2)), zorder=1)
    for row in board.standings:
        y = place[row.model]
        axes.plot([row.low, row.high], [y, y], color=ACCENT, linewidth=1.8, solid_capstyle="butt")
        axes.plot(row.score, y, "o", color=ACCENT, markersize=6, zorder=3)
        right_label(axes, y, ranks(row.rank_low, row.rank_high))
    axes.set_title(method_name(board.method))
    axes.set_xlabel(_UNITS.get(board.method, "score"))
    axes.text(1.02, 1.0, "ranks", transform=axes.transAxes, va="bottom", color=QUIET, fontsize=8.5)
    axes.locator_params(axis="x", nbins=5)


def group_figure(comparison: GroupComparison, drawn: Resampling) -> Drawing:
    """Ranks in each group, joined by lines; the models that move most are in colour."""
    models = comparison.models
    moving = sorted(models, key=lambda row: -row.spots)[:N_HIGHLIGHTED]
    colours = {row.model: SERIES[i] for i, row in enumerate(moving) if row.spots}

    def draw(width: float) -> Figure:
        figure = new_figure(width, 0.7 + ROW * len(models))
        axes = figure.subplots()
        for row in sorted(models, key=lambda row: row.model in colours):
            _rank_line(axes, row, colours.get(row.model))
        _rank_axes(axes, comparison, width)
        return figure

    sizes = listed([f"{g.label} {number(g.n_participants)}" for g in comparison.groups])
    return Drawing(
        name=group_name(comparison),
        title=findings.group_title(comparison),
        caption=(
            f"Rank of each model within each group, by rank centrality (participants: {sizes}). "
            f"{_in_colour(colours)}Ranks of small groups are uncertain; the table has their "
            f"{intervals_made(drawn)}."
        ),
        alt=(
            f"Ranks of {plural(len(models), 'model')} in {plural(len(comparison.groups), 'group')}"
            "; the table has the numbers."
        ),
        draw=draw,
    )


def _in_colour(colours: dict[str, str]) -> str:
    return f"In colour: the models that move most ({listed(list(colours))}). " if colours else ""


def _rank_line(axes: Axes, row: ModelSpread, colour: str | None) -> None:
    axes.plot(
        range(len(row.ranks)),
        row.ranks,
        marker="o",
        color=colour or QUIET,
        alpha=1.0 if colour else 0.55,
        linewidth=2.4 if colour else 1.1,
        markersize=6 if colour else 4,
    )


def _rank_axes(axes: Axes, comparison: GroupComparison, width: float) -> None:
    models, n_groups = comparison.models, len(comparison.groups)
    places = range(1, len(models) + 1)
    margin = 0.03 * (n_groups - 1)
    axes.set_xlim(-margin, n_groups - 1 + margin)
    axes.set_ylim(len(models) + 0.5, 0.5)
    axes.set_yticks(places, _ranked(models, 0, width))
    right = axes.secondary_yaxis("right")
    right.set_yticks(places, _ranked(models, -1, width))
    right.tick_params(length=0)
    right.spines["right"].set_visible(False)
    _group_labels(axes, [board.label for board in comparison.groups], width)
    for x in range(n_groups):
        axes.axvline(x, color=LINE, linewidth=0.8, zorder=0)


def _group_labels(axes: Axes, labels: list[str], width: float) -> None:
    """Names of the groups on top, upright where there is no room beside each other."""
    axes.xaxis.tick_top()
    axes.tick_params(axis="x", length=0)
    axes.spines["bottom"].set_visible(False)
    room = int(13 * (4.2 if width >= WIDE else 2.2) / len(labels))
    if room < 9:
        axes.set_xticks(range(len(labels)), [shortened(x, 24) for x in labels], color=INK)
        axes.tick_params(axis="x", rotation=90)
        return
    axes.set_xticks(range(len(labels)), [wrapped(x, room) for x in labels], color=INK)
    if len(labels) > 3:
        return
    axes.get_xticklabels()[0].set_horizontalalignment("left")
    axes.get_xticklabels()[-1].set_horizontalalignment("right")


def _ranked(models: Sequence[ModelSpread], end: int, width: float) -> list[str]:
    """Labels of one side, first rank on top; on a phone the left side has the ranks alone."""
    rows = sorted(models, key=lambda row: row.ranks[end])
    if end:
        return [f"{row.ranks[end]}  {short(row.model, width)}" for row in rows]
    if width < WIDE:
        return [str(row.ranks[end]) for row in rows]
    return [f"{short(row.model, width)}  {row.ranks[end]}" for row in rows]


def group_name(comparison: GroupComparison) -> str:
    """Name of a group figure: a field may be ``survey.question``."""
    return "group-" + "".join(c if c.isascii() and c.isalnum() else "-" for c in comparison.field)
