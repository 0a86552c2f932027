"""Items on another leaderboard: Figure 37 of PRISM."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from manyvoices.analyse.ranks import Comparison, RankAnalysis
from manyvoices.report.canvas import WIDE, Drawing, new_figure, rows_axes, short, shortened
from manyvoices.report.data_table import DataTable
from manyvoices.report.formats import interval, listed, number, share
from manyvoices.report.palette import LINE, QUIET, SERIES
from manyvoices.report.section import Item
from manyvoices.schema.wording import plural

_OUTCOMES = ("first shown wins", "second shown wins", "tie")


def comparison_items(result: RankAnalysis) -> tuple[Item, ...]:
    """Battles, win rates and evenly sampled rank centrality of two sources."""
    found = result.comparison
    return () if found is None else (_battles(found), _rates(found), _centrality(found))


def _battles(found: Comparison) -> Item:
    ours, theirs = found.ours, found.theirs
    title = (
        f"{share(ours.shares[2])} of battles are ties in {ours.name}, {share(theirs.shares[2])} "
        f"in {theirs.name}"
    )
    return Item(
        name="ranks-other-battles",
        title=title,
        n=f"{number(ours.n_battles)} and {number(theirs.n_battles)} battles between "
        f"{plural(len(found.models), 'shared model')}",
        method=_shared(found),
        source="PRISM, Figure 37 (a)",
        drawing=Drawing(
            "ranks-other-battles", "", "", f"{title}.", lambda width: _draw_battles(found, width)
        ),
        table=DataTable(
            name="ranks-other-battles",
            title="Battles between shared models",
            header=("Source", "Models", "Battles", *(o[:1].upper() + o[1:] for o in _OUTCOMES)),
            rows=tuple(
                (one.name, number(one.n_models), number(one.n_battles), *map(share, one.shares))
                for one in (ours, theirs)
            ),
        ),
    )


def _draw_battles(found: Comparison, width: float) -> Figure:
    sources = (found.ours, found.theirs)
    figure = new_figure(width, 2.1)
    axes = figure.subplots()
    rows_axes(axes, [shortened(one.name, 28 if width >= WIDE else 14) for one in sources])
    for y, one in enumerate(sources):
        left = 0.0
        for i, part in enumerate(one.shares):
            colour = SERIES[i] if i < 2 else LINE
            axes.barh(y, 100 * part, left=left, height=0.6, color=colour,
                      label=_OUTCOMES[i] if y == 0 else None)  # fmt: skip
            left += 100 * part
    axes.set_xlim(0, 100)
    axes.set_xlabel("% of battles between shared models")
    figure.legend(loc="outside upper left", frameon=False, fontsize=8.5,
                  ncols=3 if width >= WIDE else 1)  # fmt: skip
    return figure


def _first_large(text: str) -> str:
    return text[:1].upper() + text[1:]


def _shared(found: Comparison) -> str:
    how = "Models are the same whose short names are equal"
    if found.renamed:
        pairs = [f"{theirs} is {ours}" for theirs, ours in found.renamed]
        how = f"Names were matched: {listed(pairs)}"
    return (
        f"{how}. The shared: {listed(found.models)}. "
        f"{_first_large(found.ours.name)} holds "
        f"{plural(found.ours.n_models, 'model')}, {found.theirs.name} "
        f"{plural(found.theirs.n_models, 'model')}."
    )


def _rates(found: Comparison) -> Item:
    gap = found.ours.win_rate - found.theirs.win_rate
    far = int(np.nanargmax(np.abs(gap)))
    way = "more" if gap[far] > 0 else "less"
    title = (
        f"{found.models[far]} wins {number(100 * abs(float(gap[far])))} points {way} in "
        f"{found.ours.name} than in {found.theirs.name}"
    )
    return Item(
        name="ranks-other-win-rates",
        title=title,
        n=f"{number(found.ours.n_battles)} and {number(found.theirs.n_battles)} battles",
        method=(
            "Mean over the opponents met of the share won, ties half; all battles between shared "
            "models, as often as they were held."
        ),
        source="PRISM, Figure 37 (b)",
        drawing=Drawing(
            "ranks-other-win-rates", "", "", f"{title}.",
            lambda width: _dots(found, width, rates=True),
        ),
        table=DataTable(
            name="ranks-other-win-rates",
            title="Mean win rate",
            header=("Model", found.ours.name, found.theirs.name),
            rows=tuple(
                (model, share(float(found.ours.win_rate[i])),
                 share(float(found.theirs.win_rate[i])))
                for i, model in enumerate(found.models)
            ),
        ),
    )  # fmt: skip


def _centrality(found: Comparison) -> Item:
    up = [model for model, sign in found.apart if sign > 0]
    down = [model for model, sign in found.apart if sign < 0]
    parts = []
    if up:
        parts.append(f"{listed(up)} higher")
    if down:
        parts.append(f"{listed(down)} lower")
    title = _first_large(f"{found.ours.name} and {found.theirs.name} rank the shared models alike")
    if parts:
        title = f"Against {found.theirs.name}, {found.ours.name} ranks {' and '.join(parts)}"
    level = f"{found.level:.0%}"
    return Item(
        name="ranks-other-centrality",
        title=title,
        n=(
            f"{plural(found.n_pairs, 'pair')} of models that met in both, {found.per_pair} battles "
            f"drawn of each from each source, {number(found.n_resamples)} times"
        ),
        method=(
            "Rank centrality on evenly drawn battles: for each pair the same number from both, "
            f"with replacement. Dot: median; line: {level} interval over draws. Battles are drawn, "
            "not people, so the intervals leave out that one person gives several."
        ),
        source="PRISM, Figure 37 (c)",
        drawing=Drawing(
            "ranks-other-centrality", "", "", f"{title}.",
            lambda width: _dots(found, width, rates=False),
        ),
        table=DataTable(
            name="ranks-other-centrality",
            title=f"Rank centrality, evenly sampled (median and {level} interval)",
            header=("Model", found.ours.name, "Rank", found.theirs.name, "Rank", "Difference"),
            rows=tuple(_row(found, i) for i in range(len(found.models))),
        ),
        notes=("PRISM’s own figure shows 5th to 95th percentiles, a 90% interval.",),
    )  # fmt: skip


def _row(found: Comparison, i: int) -> tuple[str, ...]:
    cells = [found.models[i]]
    for one in (found.ours, found.theirs):
        span = interval(float(one.low[i]), float(one.high[i]), 3)
        cells += [f"{number(float(one.score[i]), 3)} ({span})", f"{float(one.rank[i]):g}"]
    low, high = float(found.difference_low[i]), float(found.difference_high[i])
    cells.append(f"{number(float(found.difference[i]), 3)} ({interval(low, high, 3)})")
    return tuple(cells)


def _dots(found: Comparison, width: float, *, rates: bool) -> Figure:
    figure = new_figure(width, 1.1 + 0.3 * len(found.models))
    axes = figure.subplots()
    rows_axes(axes, [short(model, width) for model in found.models])
    for i, one in enumerate((found.ours, found.theirs)):
        places = np.arange(len(found.models)) + (0.14 if i else -0.14)
        values = 100 * one.win_rate if rates else one.score
        if not rates:
            axes.hlines(places, one.low, one.high, color=SERIES[2 * i], linewidth=1.8)
        name = shortened(one.name, 36)
        axes.plot(values, places, "os"[i], color=SERIES[2 * i], markersize=5, label=name)
    neutral = 50 if rates else 1 / len(found.models)
    axes.axvline(neutral, color=QUIET, linewidth=0.9, linestyle=(0, (1, 2)))
    axes.set_xlabel("% won against the mean opponent" if rates else "rank centrality score")
    figure.legend(loc="outside upper left", frameon=False, fontsize=8.5,
                  ncols=2 if width >= WIDE else 1)  # fmt: skip
    return figure
