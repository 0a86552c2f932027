"""The figure of ratings alone: what ``manyvoices rank --figure`` writes, without a release."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from manyvoices.aggregate import BootstrapRatings, MethodBootstrap, Ratings
from manyvoices.report.canvas import WIDE, Drawing, new_figure, render, rows_axes, short
from manyvoices.report.formats import listed, method_name, number, ranks
from manyvoices.report.palette import ACCENT, QUIET

ROW = 0.3
"""Inches a row takes."""

UNITS = {
    "rank_centrality": "share of a long walk from loser to winner",
    "pagerank": "share of a long walk that starts anew at times",
    "bradley_terry": "log strength",
    "newman": "log strength",
    "elo": "Elo points",
    "win_rate": "mean share won",
    "mean_score": "mean score",
    "normalized_score": "standard deviations",
    "within_turn_rank": "minus mean rank",
}


def ratings_figure(drawn: BootstrapRatings) -> Drawing:
    """Dots with intervals and ranks, one panel per method, models in the order of the first."""
    boards = list(drawn.values())
    first = boards[0].ratings
    order = [first.models[code] for code in np.argsort(first.ranks, kind="stable")]

    def draw(width: float) -> Figure:
        wide, n = width >= WIDE, len(boards)
        columns = min(n, 3) if wide else 1
        rows = -(-n // columns)
        figure = new_figure(width, (0.75 + ROW * len(order)) * rows)
        figure.get_layout_engine().set(wspace=0.1)  # type: ignore[union-attr,call-arg]
        grid = figure.subplots(rows, columns, sharey=wide, squeeze=False)
        for axes, board in zip(grid.flat, boards, strict=False):
            _panel(axes, board, order, width)
        for axes in grid.flat[n:]:
            axes.set_visible(False)
        return figure

    leaders = [first.models[code] for code in np.flatnonzero(boards[0].rank_low == 1)]
    kind = "participants" if drawn.by == "cluster" else "rows"
    return Drawing(
        name="ratings",
        title=_title(leaders, len(order)),
        caption=(
            f"Dot: score; line: {drawn.level:.0%} interval from {number(drawn.n_resamples)} "
            f"resamples of {number(drawn.n_units)} {kind}; number: the ranks in that interval."
        ),
        alt=(
            f"Scores of {len(order)} models with intervals by "
            f"{listed([_name(board) for board in boards])}; "
            f"{order[0]} is on top."
        ),
        draw=draw,
    )


def ratings_picture(drawn: BootstrapRatings, kind: str) -> bytes:
    """Return the figure as a file: `kind` "svg" or "png"."""
    picture = render(ratings_figure(drawn))
    return picture.svg if kind == "svg" else picture.png


def _title(leaders: list[str], n_models: int) -> str:
    if len(leaders) == 1:
        return f"{leaders[0]} leads: no other model’s interval reaches first place"
    if 1 < len(leaders) <= 3:
        return f"{listed(leaders)} share the lead: the data do not tell them apart"
    return f"{len(leaders)} of {n_models} models could be first"


def _name(board: MethodBootstrap) -> str:
    name = method_name(board.ratings.method)
    return name[:1].upper() + name[1:].replace("_", " ")


def _panel(axes: Axes, board: MethodBootstrap, order: list[str], width: float) -> None:
    rows_axes(axes, [short(model, width) for model in order])
    neutral = _neutral(board.ratings)
    if neutral is not None:
        axes.axvline(neutral, color=QUIET, linewidth=0.9, linestyle=(0, (1, 2)), zorder=1)
    for code, model in enumerate(board.ratings.models):
        y = order.index(model)
        ends = [float(board.low[code]), float(board.high[code])]
        axes.plot(ends, [y, y], color=ACCENT, linewidth=1.8, solid_capstyle="butt")
        axes.plot(float(board.ratings.scores[code]), y, "o", color=ACCENT, markersize=6, zorder=3)
        text = ranks(int(board.rank_low[code]), int(board.rank_high[code]))
        place = axes.get_yaxis_transform()
        axes.text(1.02, y, text, transform=place, va="center", color=QUIET, fontsize=8.5)
    axes.set_title(_name(board))
    axes.set_xlabel(_unit(board.ratings))
    axes.text(1.02, 1.0, "ranks", transform=axes.transAxes, va="bottom", color=QUIET, fontsize=8.5)
    axes.locator_params(axis="x", nbins=5)


def _neutral(ratings: Ratings) -> float | None:
    """Where a model would stand that is preferred as often as not; None where that is unknown."""
    if ratings.settings.get("anchor") is not None:
        return None
    if ratings.scale == "elo" or ratings.method == "elo":
        return 1000.0 if ratings.scale != "probability" else None
    if ratings.method in ("rank_centrality", "pagerank") or ratings.scale == "probability":
        return 1 / len(ratings.models) if ratings.method != "win_rate" else 0.5
    return {"bradley_terry": 0.0, "newman": 0.0, "win_rate": 0.5, "normalized_score": 0.0}.get(
        ratings.method
    )


def _unit(ratings: Ratings) -> str:
    if ratings.scale == "elo":
        return "Elo points"
    if ratings.scale == "probability" and ratings.method != "win_rate":
        return "strength, as a share"
    return UNITS.get(ratings.method, "score")
