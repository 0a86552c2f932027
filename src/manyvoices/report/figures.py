"""The figures of a report: dots with intervals, silhouettes of scores, ranks joined by lines.

Each function takes a result and returns a `Drawing`; nothing is computed here but places on paper.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from manyvoices.analyse.attributes import AttributeBlock
from manyvoices.analyse.groups import GroupComparison, ModelSpread
from manyvoices.analyse.leaderboard import Board, Leaderboard
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.scores import ScoreDistribution, ScoreSummary
from manyvoices.report import findings
from manyvoices.report.canvas import WIDE, Drawing, new_figure, rows_axes, short, shortened
from manyvoices.report.formats import (
    listed,
    method_name,
    number,
    plural,
    ranks,
    share,
)
from manyvoices.report.palette import ACCENT, INK, LINE, QUIET, SERIES, TINT

ROW = 0.3
"""Inches a row takes."""
N_HIGHLIGHTED = len(SERIES)


class Measured(Protocol):
    """Anything with a mean, its interval, and quartiles."""

    @property
    def mean(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...
    @property
    def q25(self) -> float: ...
    @property
    def median(self) -> float: ...
    @property
    def q75(self) -> float: ...


def intervals_made(drawn: Resampling) -> str:
    """How intervals were made, for a caption."""
    return (
        f"{drawn.level:.0%} intervals from {number(drawn.n_resamples)} resamples of whole "
        "participants"
    )


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
        axes.text(
            1.02,
            y,
            ranks(row.rank_low, row.rank_high),
            transform=axes.get_yaxis_transform(),
            va="center",
            color=QUIET,
            fontsize=8.5,
        )
    axes.set_title(method_name(board.method))
    axes.set_xlabel(_UNITS.get(board.method, "score"))
    axes.text(1.02, 1.0, "ranks", transform=axes.transAxes, va="bottom", color=QUIET, fontsize=8.5)
    axes.locator_params(axis="x", nbins=5)


_UNITS = {
    "rank_centrality": "share of a long walk from loser to winner",
    "bradley_terry": "log strength, mean 0",
}


def model_scores_figure(scores: ScoreDistribution, drawn: Resampling) -> Drawing:
    """One silhouette per model, with its mean, interval and quartiles."""
    rows = scores.by_model

    def draw(width: float) -> Figure:
        step = 0.42
        figure = new_figure(width, 0.8 + step * len(rows))
        axes = figure.subplots()
        rows_axes(axes, [short(row.label, width) for row in rows])
        axes.set_ylim(len(rows) - 0.35, -0.85)
        for y, row in enumerate(rows):
            _silhouette(axes, row, y, scores.scale)
            _mean(axes, row, y + 0.14)
            _right(axes, y, number(row.mean))
        _scale_axis(axes, scores.scale, scores.anchors)
        return figure

    return Drawing(
        name="scores-by-model",
        title=findings.scores_title(scores),
        caption=(
            f"{plural(scores.n_opening, 'score')} of opening turns, where every model had the "
            "same chance to be drawn. Area: how often each score was given; dot and line: mean "
            f"and {intervals_made(drawn)}; pale bar: the middle half of the scores."
        ),
        alt=f"Distribution of scores for {plural(len(rows), 'model')}; the table has the numbers.",
        draw=draw,
    )


def _silhouette(axes: Axes, row: ScoreSummary, y: float, scale: tuple[int, int]) -> None:
    low, high = scale
    width = (high - low) / len(row.histogram)
    tallest = max(row.histogram)
    edges = [low + width * i for i in range(len(row.histogram) + 1)]
    tops = [y - 0.72 * n / tallest for n in row.histogram]
    axes.stairs(tops, edges, baseline=y, fill=True, color=TINT, zorder=1)


def _mean(axes: Axes, row: Measured, y: float) -> None:
    axes.plot(
        [row.q25, row.q75], [y, y], color=LINE, linewidth=5, solid_capstyle="butt", zorder=1.5
    )
    axes.plot([row.low, row.high], [y, y], color=ACCENT, linewidth=1.8, solid_capstyle="butt")
    axes.plot(row.mean, y, "o", color=ACCENT, markersize=5.5, zorder=3)


def _right(axes: Axes, y: float, text: str) -> None:
    axes.text(
        1.02,
        y,
        text,
        transform=axes.get_yaxis_transform(),
        va="center",
        color=QUIET,
        fontsize=8.5,
    )


def _scale_axis(axes: Axes, scale: tuple[int, int], anchors: tuple[str, str]) -> None:
    low, high = scale
    step = 5 if high - low >= 50 else 1
    between = [step * round((low + (high - low) * i / 4) / step) for i in (1, 2, 3)]
    labels = [
        f"{number(low)}\n{anchors[0]}",
        *map(number, between),
        f"{number(high)}\n{anchors[1]}",
    ]
    axes.set_xlim(low, high)
    axes.set_xticks([low, *between, high], [label.rstrip() for label in labels])
    axes.get_xticklabels()[0].set_horizontalalignment("left")
    axes.get_xticklabels()[-1].set_horizontalalignment("right")


def turn_scores_figure(scores: ScoreDistribution, drawn: Resampling) -> Drawing:
    """Mean score turn by turn, with its interval and the middle half of the scores."""
    rows = scores.by_turn
    turns = [int(row.label) for row in rows]

    def draw(width: float) -> Figure:
        figure = new_figure(width, 2.6)
        axes = figure.subplots()
        axes.fill_between(
            turns, [r.q25 for r in rows], [r.q75 for r in rows], color=LINE, linewidth=0, alpha=0.7
        )
        axes.plot(turns, [row.mean for row in rows], color=ACCENT, linewidth=1.4)
        for turn, row in zip(turns, rows, strict=True):
            axes.plot([turn, turn], [row.low, row.high], color=ACCENT, linewidth=1.8)
            axes.plot(turn, row.mean, "o", color=ACCENT, markersize=5.5)
        axes.set_xticks(turns, [f"{row.label}\nn = {number(row.n)}" for row in rows])
        axes.set_xlim(turns[0] - 0.5, turns[-1] + 0.5)
        axes.set_ylim(*scores.scale)
        axes.grid(axis="y")
        axes.tick_params(axis="both", length=0)
        axes.set_xlabel("turn")
        axes.set_title("score", fontweight="normal", color=QUIET, fontsize=9)
        return figure

    return Drawing(
        name="scores-by-turn",
        title=findings.turns_title(scores),
        caption=(
            f"All {plural(scores.n_scores, 'score')}. Dot and line: mean and "
            f"{intervals_made(drawn)}; band: the middle half of the scores. Later turns hold only "
            "answers of the model that won the opening, in conversations that went on."
        ),
        alt=f"Mean score in each of {plural(len(rows), 'turn')}; the table has the numbers.",
        draw=draw,
    )


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
    first = sorted(models, key=lambda row: row.ranks[0])
    last = sorted(models, key=lambda row: row.ranks[-1])
    places = range(1, len(models) + 1)
    margin = 0.03 * (n_groups - 1)
    axes.set_xlim(-margin, n_groups - 1 + margin)
    axes.set_ylim(len(models) + 0.5, 0.5)
    axes.set_yticks(places, [_ranked(row, 0, width) for row in first])
    right = axes.secondary_yaxis("right")
    right.set_yticks(places, [_ranked(row, -1, width) for row in last])
    right.tick_params(length=0)
    right.spines["right"].set_visible(False)
    labels = [short(board.label, width) for board in comparison.groups]
    axes.set_xticks(range(n_groups), labels, color=INK)
    axes.xaxis.tick_top()
    axes.get_xticklabels()[0].set_horizontalalignment("left")
    axes.get_xticklabels()[-1].set_horizontalalignment("right")
    axes.tick_params(axis="x", length=0)
    axes.spines["bottom"].set_visible(False)
    for x in range(n_groups):
        axes.axvline(x, color=LINE, linewidth=0.8, zorder=0)


def _ranked(row: ModelSpread, end: int, width: float) -> str:
    name = short(row.model, width)
    if width < WIDE:
        name = shortened(name, 12)
    return f"{name}  {row.ranks[end]}" if end == 0 else f"{row.ranks[end]}  {name}"


def group_name(comparison: GroupComparison) -> str:
    """Name of a group figure: a field may be ``survey.question``."""
    return "group-" + "".join(c if c.isascii() and c.isalnum() else "-" for c in comparison.field)


def attribute_name(block: AttributeBlock, place: int) -> str:
    """Name of an attribute figure; `place` tells several blocks of a survey apart."""
    return f"attributes-{block.kind}" + (f"-{place}" if block.kind == "survey" else "")


def attribute_figure(block: AttributeBlock, drawn: Resampling, place: int) -> Drawing:
    """Mean of each statement with its interval, and how often it did not apply."""
    rows = [item for item in block.items if not math.isnan(item.mean)]

    def draw(width: float) -> Figure:
        figure = new_figure(width, 0.75 + ROW * len(rows))
        axes = figure.subplots()
        rows_axes(axes, [short(row.label, width) for row in rows])
        for y, row in enumerate(rows):
            _mean(axes, row, y)
            _right(axes, y, share(row.not_applicable.share))
        _scale_axis(axes, block.scale, block.anchors)
        axes.text(
            1.02, 1.0, "n/a", transform=axes.transAxes, va="bottom", color=QUIET, fontsize=8.5
        )
        return figure

    return Drawing(
        name=attribute_name(block, place),
        title=findings.attributes_title(block),
        caption=(
            f"{plural(block.n_asked, block.unit[:-1], block.unit)}. Dot and line: mean and "
            f"{intervals_made(drawn)}; pale bar: the middle half; n/a: share who said that the "
            "statement does not apply. A slider that was left alone counts for nothing."
        ),
        alt=f"Means of {plural(len(rows), 'statement')}; the table has the numbers.",
        draw=draw,
    )


__all__ = [
    "attribute_figure",
    "attribute_name",
    "group_figure",
    "group_name",
    "intervals_made",
    "leaderboard_figure",
    "model_scores_figure",
    "turn_scores_figure",
]
