"""Items on the form of answers: Figures 35 and 36 of PRISM."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from manyvoices.analyse.ranks import FEATURES, RankAnalysis
from manyvoices.analyse.ranks.features import LABELS
from manyvoices.analyse.ranks.score_models import FeatureShares, LengthCurve, by_feature
from manyvoices.analyse.table import FloatArray
from manyvoices.report.canvas import WIDE, Drawing, new_figure, rows_axes, short, wrapped
from manyvoices.report.data_table import DataTable
from manyvoices.report.formats import interval, listed, number, share
from manyvoices.report.marks import intervals_made
from manyvoices.report.palette import ACCENT, LINE, SERIES
from manyvoices.report.section import Item
from manyvoices.report.sections.rank_grids import Grid, shade

_PER = 100
"""Characters for which the effect of length is shown: one character moves nothing."""


def feature_items(result: RankAnalysis) -> tuple[Item, ...]:
    """Length and score; features by model."""
    found = result.features
    if found is None:
        return ()
    return _length(result, found.length), _shares(result, found.shares)


def _length(result: RankAnalysis, found: LengthCurve) -> Item:
    title = _length_title(found)
    return Item(
        name="ranks-length-and-score",
        title=title,
        n=f"{number(found.line.n)} opening answers of {number(found.line.n_people)} participants",
        method=(
            "Shade: number of answers by length and score. Dots: mean score by length, with "
            f"{intervals_made(result.resampling)}. Line: least squares through all answers"
            f"{_slope(found)}. The longest twentieth (over {number(found.p95)} characters) is not "
            "drawn."
        ),
        source="PRISM, Figure 35",
        drawing=Drawing(
            "ranks-length-and-score", "", "", f"{title}.",
            lambda width: _draw_length(found, width),
        ),
        table=DataTable(
            name="ranks-length-and-score",
            title="Mean score by length",
            header=("Characters", "Answers", "Mean score", "Interval"),
            rows=tuple(
                (f"{number(a)}–{number(b)}", number(int(found.counts[i].sum())),
                 number(float(found.mean[i]), 1),
                 interval(float(found.low[i]), float(found.high[i]), 1))
                for i, (a, b) in enumerate(zip(found.edges[:-1], found.edges[1:], strict=True))
            ),
        ),
    )  # fmt: skip


def _length_title(found: LengthCurve) -> str:
    effect = by_feature(found.line).get("text_length")
    if effect is None:
        return "All answers are of one length"
    if not (effect.low > 0 or effect.high < 0):
        return "Longer answers do not surely score higher or lower"
    return f"{_PER} more characters go with {number(_PER * effect.coef, 1)} points of score"


def _slope(found: LengthCurve) -> str:
    """The effect of length, as the end of a sentence; empty where all are of one length."""
    effect = by_feature(found.line).get("text_length")
    if effect is None:
        return ""
    return (
        f", {number(_PER * effect.coef, 2)} points per {_PER} characters (95% interval "
        f"{interval(_PER * effect.low, _PER * effect.high, 2)}, errors by participant)"
    )


def _draw_length(found: LengthCurve, width: float) -> Figure:
    figure = new_figure(width, 3.6 if width >= WIDE else 3.1)
    axes = figure.subplots()
    counts = np.where(found.counts > 0, np.sqrt(found.counts), np.nan).T
    bins = tuple("" for _ in range(counts.shape[0]))
    shade(axes, Grid(bins, tuple("" for _ in range(counts.shape[1])), counts, (), 0.0,
                     float(np.nanmax(counts))))  # fmt: skip
    axes.set_ylim(-0.5, counts.shape[0] - 0.5)

    def at_x(chars: float) -> float:
        return _place(chars, found.edges)

    def at_y(score: float) -> float:
        return _place(score, found.score_edges)

    middle = (found.edges[:-1] + found.edges[1:]) / 2
    xs = [at_x(float(x)) for x in middle]
    ys = [at_y(float(y)) for y in found.mean]
    axes.vlines(xs, [at_y(float(y)) for y in found.low], [at_y(float(y)) for y in found.high],
                color=SERIES[0], linewidth=1.6)  # fmt: skip
    axes.plot(xs, ys, "o", color=SERIES[0], markersize=4)
    effects = by_feature(found.line)
    if "text_length" in effects:
        start, slope = effects["const"].coef, effects["text_length"].coef
        ends = [0.0, float(found.edges[-1])]
        axes.plot([at_x(x) for x in ends], [at_y(start + slope * x) for x in ends],
                  color=SERIES[2], linewidth=2)  # fmt: skip
    ticks = _round_ticks(0.0, float(found.edges[-1]))
    axes.set_xticks([at_x(x) for x in ticks], [number(x) for x in ticks])
    scores = _round_ticks(float(found.score_edges[0]), float(found.score_edges[-1]))
    axes.set_yticks([at_y(y) for y in scores], [number(y) for y in scores])
    axes.set_xlabel("characters")
    axes.set_ylabel("score")
    return figure


def _place(value: float, edges: FloatArray) -> float:
    """Where a value stands among cells that are 1 wide, the first around 0."""
    return float((value - edges[0]) / (edges[1] - edges[0]) - 0.5)


def _round_ticks(low: float, high: float) -> list[float]:
    """Round numbers between two ends, from MaxNLocator."""
    found = MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return [float(x) for x in found if low <= x <= high]


def _shares(result: RankAnalysis, found: FeatureShares) -> Item:
    refusal = found.share[FEATURES.index("if_refusal")]
    top = int(refusal.argmax())
    title = (
        f"{found.models[top]} refuses most often, in {share(float(refusal[top]))} of its answers"
    )
    absent = [LABELS[name] for i, name in enumerate(FEATURES) if not found.share[i].any()]
    if refusal[top] == 0:
        longest = int(found.share[0].argmax())
        title = f"{found.models[longest]} writes the longest answers, and no model refuses"
    return Item(
        name="ranks-text-features",
        title=title,
        n=f"{number(int(found.n.sum()))} opening answers",
        method=(
            "First panel: mean length in characters; all others: share of a model’s answers with "
            f"the feature. Lines: {intervals_made(result.resampling)}. Phrases are matched as "
            "whole words, with any apostrophe."
        ),
        source="PRISM, Figure 36",
        drawing=Drawing(
            "ranks-text-features", "", "", f"{title}.", lambda width: _draw_shares(found, width)
        ),
        table=DataTable(
            name="ranks-text-features",
            title="Features of answers by model",
            header=("Model", "Answers", *(LABELS[name] for name in FEATURES)),
            rows=tuple(
                (model, number(int(found.n[i])), number(float(found.share[0, i])),
                 *(share(float(x)) for x in found.share[1:, i]))
                for i, model in enumerate(found.models)
            ),
        ),
        notes=(f"In no answer, so not drawn: {listed(absent)}.",) if absent else (),
    )  # fmt: skip


def _draw_shares(found: FeatureShares, width: float) -> Figure:
    shown = [i for i in range(len(FEATURES)) if found.share[i].any()]
    wide, n = width >= WIDE, len(shown)
    columns = min(4 if wide else 2, max(n, 1))
    rows = -(-n // columns)
    figure = new_figure(width, (0.62 + (0.235 if wide else 0.2) * len(found.models)) * rows)
    grid = figure.subplots(rows, columns, sharey=True, squeeze=False)
    names = [short(model, WIDE if wide else width) for model in found.models]
    for i, axes in enumerate(grid.flat):
        if i >= n:
            axes.set_visible(False)
            continue
        _share_panel(axes, found, shown[i], names)
        axes.set_title(wrapped(LABELS[FEATURES[shown[i]]], 17), fontsize=8.5)
    for axes in grid[:, 0]:
        axes.tick_params(axis="y", labelsize=8 if wide else 7.5)
    return figure


def _share_panel(axes: Axes, found: FeatureShares, i: int, names: list[str]) -> None:
    rows_axes(axes, names)
    scale = 1.0 if i == 0 else 100.0
    places = np.arange(len(names))
    axes.hlines(places, scale * found.low[i], scale * found.high[i], color=ACCENT, linewidth=1.6)
    axes.plot(scale * found.share[i], places, "o", color=ACCENT, markersize=3.6, clip_on=False)
    axes.set_xlim(left=0)
    axes.set_xlabel("characters" if i == 0 else "% of answers", fontsize=8)
    axes.locator_params(axis="x", nbins=3)
    axes.grid(axis="y", color=LINE, linewidth=0.4)
