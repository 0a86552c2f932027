"""Figures of numbers that people gave: scores by model and by turn, attributes."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from manyvoices.analyse.attributes import AttributeBlock
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.scores import ScoreDistribution, ScoreSummary
from manyvoices.report import findings
from manyvoices.report.canvas import WIDE, Drawing, new_figure, rows_axes, short, wrapped
from manyvoices.report.formats import number, share, statement
from manyvoices.report.marks import ROW, intervals_made, mean_mark, right_label, scale_axis
from manyvoices.report.palette import ACCENT, LINE, QUIET, TINT
from manyvoices.schema.wording import plural


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
            mean_mark(axes, row, y + 0.14)
            right_label(axes, y, number(row.mean))
        scale_axis(axes, scores.scale, scores.anchors)
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


def attribute_name(block: AttributeBlock, place: int) -> str:
    """Name of an attribute figure; `place` tells several blocks of a survey apart."""
    return f"attributes-{block.kind}" + (f"-{place}" if block.kind == "survey" else "")


def attribute_figure(block: AttributeBlock, drawn: Resampling, place: int) -> Drawing:
    """Mean of each statement with its interval, and how often it did not apply."""
    rows = [item for item in block.items if not math.isnan(item.mean)]

    def draw(width: float) -> Figure:
        labels = [wrapped(statement(row.label), 34 if width >= WIDE else 20) for row in rows]
        lines = max(label.count("\n") + 1 for label in labels)
        figure = new_figure(width, 0.75 + (ROW + 0.13 * (lines - 1)) * len(rows))
        axes = figure.subplots()
        rows_axes(axes, labels)
        for y, row in enumerate(rows):
            mean_mark(axes, row, y)
            right_label(axes, y, share(row.not_applicable.share))
        scale_axis(axes, block.scale, block.anchors)
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
