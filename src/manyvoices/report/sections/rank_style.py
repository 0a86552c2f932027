"""The item on style control: ranks as judged, and with length and form held fixed."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from manyvoices.analyse.ranks import RankAnalysis, StyleControl
from manyvoices.analyse.ranks.features import LABELS
from manyvoices.report.canvas import WIDE, Drawing, new_figure, rows_axes, short
from manyvoices.report.data_table import DataTable
from manyvoices.report.formats import interval, listed, number
from manyvoices.report.palette import ACCENT, QUIET, SERIES
from manyvoices.report.section import Item
from manyvoices.schema.wording import plural


def style_items(result: RankAnalysis) -> tuple[Item, ...]:
    """How the order moves when length, and then form, are held fixed."""
    found = result.features.style if result.features else None
    if found is None or len(found.boards) < 2:
        return ()
    moved = found.boards[0].ranks - found.boards[1].ranks
    far = int(np.abs(moved).argmax())
    title = "With length held fixed, the order of models stays as it is"
    if moved[far]:
        way = "up" if moved[far] > 0 else "down"
        title = (
            f"With length held fixed, {found.models[far]} moves {way} by "
            f"{plural(abs(int(moved[far])), 'place')}, the furthest of all"
        )
    effects = [
        f"{LABELS[e.feature].lower()} {number(e.value, 2)} ({interval(e.low, e.high, 2)})"
        for e in found.boards[-1].effects
    ]
    return (
        Item(
            name="ranks-style-control",
            title=title,
            n=f"{number(found.n_battles)} battles of {number(found.n_people)} participants",
            method=(
                "Bradley–Terry strength (log odds, mean 0, ties half) as judged, and with the "
                "difference in length, or in length, line breaks, lists and closing questions, of "
                "the two answers as covariates. Lines: 95% intervals from a sandwich over "
                "participants. Numbers at the right: the ranks. Effects of one standard deviation "
                f"on the log odds of winning: {listed(effects)}."
            ),
            source="PRISM, appendix T.8 asks for it; method: Chatbot Arena’s style control",
            drawing=Drawing(
                "ranks-style-control", "", "", f"{title}.", lambda width: _draw(found, width)
            ),
            table=_table(found),
            notes=tuple(f"{one.what}: {one.reason}" for one in found.missing),
        ),
    )


def _draw(found: StyleControl, width: float) -> Figure:
    wide = width >= WIDE
    figure = new_figure(width, 1.15 + (0.34 if wide else 0.36) * len(found.models))
    axes = figure.subplots()
    rows_axes(axes, [short(model, width) for model in found.models])
    axes.axvline(0, color=QUIET, linewidth=0.9, linestyle=(0, (1, 2)))
    for i, board in enumerate(found.boards):
        places = np.arange(len(found.models)) + 0.24 * (i - (len(found.boards) - 1) / 2)
        axes.hlines(places, board.low, board.high, color=SERIES[i], linewidth=1.6)
        axes.plot(board.strength, places, "osD"[i], color=SERIES[i], markersize=4, label=board.name)
    _ranks(axes, found)
    figure.legend(loc="outside upper left", frameon=False, fontsize=8, ncols=3 if wide else 1)
    axes.set_xlabel("log strength")
    return figure


def _ranks(axes: Axes, found: StyleControl) -> None:
    for y in range(len(found.models)):
        ranks = [int(board.ranks[y]) for board in found.boards]
        same = len(set(ranks)) == 1
        text = str(ranks[0]) if same else " → ".join(map(str, ranks))
        axes.text(
            1.02, y, text, transform=axes.get_yaxis_transform(), va="center",
            color=QUIET if same else ACCENT, fontsize=8.5,
        )  # fmt: skip


def _table(found: StyleControl) -> DataTable:
    header = ["Model"]
    for board in found.boards:
        header += [f"Rank, {board.name}", f"Strength, {board.name}"]
    rows = []
    for i, model in enumerate(found.models):
        cells = [model]
        for board in found.boards:
            span = interval(float(board.low[i]), float(board.high[i]), 2)
            cells += [str(int(board.ranks[i])), f"{number(float(board.strength[i]), 2)} ({span})"]
        rows.append(tuple(cells))
    return DataTable(
        name="ranks-style-control",
        title="Ranks with style held fixed",
        header=tuple(header),
        rows=tuple(rows),
    )
