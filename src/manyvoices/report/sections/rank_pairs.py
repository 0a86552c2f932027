"""Items on pairs of models: Figures 16 to 19 of PRISM."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from manyvoices.analyse.ranks import Pairs, RankAnalysis
from manyvoices.analyse.table import FloatArray
from manyvoices.report.canvas import WIDE, Drawing, new_figure, rows_axes, short
from manyvoices.report.data_table import GAP, DataTable
from manyvoices.report.formats import number, share
from manyvoices.report.palette import ACCENT, TINT
from manyvoices.report.section import Item
from manyvoices.report.sections.rank_grids import draw_grid, square
from manyvoices.schema.wording import plural

_TIES = {
    "half": "a tie counts half a win",
    "drop": "ties are left out",
    "none": "a tie is no win for either",
}


def pair_items(result: RankAnalysis) -> tuple[Item, ...]:
    """How often each model was rated, met each other, won, and went with it."""
    found = result.pairs
    items = [_frequency(found), _met(found), _won(found)]
    if not np.isnan(found.correlation).all():
        items.append(_correlated(found))
    return tuple(items)


def _frequency(found: Pairs) -> Item:
    most, least = int(found.ratings.argmax()), int(found.ratings.argmin())
    title = (
        f"{found.models[most]} was rated {number(int(found.ratings[most]))} times, "
        f"{found.models[least]} {number(int(found.ratings[least]))} times"
    )
    return Item(
        name="ranks-frequency",
        title=title,
        n=f"{number(int(found.ratings.sum()))} rated answers of {number(found.n_turns)} opening "
        f"turns by {number(found.n_people)} participants",
        method=(
            "Count of rated answers in opening turns. Mean: "
            f"{number(float(found.ratings.mean()), 1)} ratings per model; a participant rated "
            f"{number(found.models_per_person, 1)} different models in opening turns."
        ),
        source="PRISM, Figure 16",
        drawing=Drawing(
            "ranks-frequency", "", "", f"{title}.", lambda width: _draw_frequency(found, width)
        ),
        table=DataTable(
            name="ranks-frequency",
            title="Ratings and raters of each model",
            header=("Model", "Ratings", "People", "Mean win fraction"),
            rows=tuple(
                (model, number(int(found.ratings[i])), number(int(found.raters[i])),
                 number(float(found.mean_win[i]), 3))
                for i, model in enumerate(found.models)
            ),
        ),
    )  # fmt: skip


def _draw_frequency(found: Pairs, width: float) -> Figure:
    order = np.argsort(-found.ratings, kind="stable")
    figure = new_figure(width, 0.6 + 0.25 * len(order))
    axes = figure.subplots()
    rows_axes(axes, [short(found.models[code], width) for code in order])
    places = np.arange(len(order))
    axes.barh(places, found.ratings[order], height=0.66, color=TINT)
    axes.plot(found.raters[order], places, "o", color=ACCENT, markersize=4)
    axes.set_xlabel("bar: ratings in opening turns; dot: people who rated the model")
    if width < WIDE:
        axes.set_xlabel("bar: ratings; dot: people")
    axes.locator_params(axis="x", nbins=6)
    return figure


def _met(found: Pairs) -> Item:
    upper = np.triu_indices(len(found.models), 1)
    counts = found.met[upper]
    title = (
        f"Two models met {number(float(np.median(counts)))} times in the median, "
        f"{number(int(counts.min()))} times at least"
    )
    return Item(
        name="ranks-pair-frequency",
        title=title,
        n=f"{number(found.n_battles)} battles of {plural(len(counts), 'pair')}",
        method="Count of opening turns that rate both. Models by mean win fraction, best first.",
        source="PRISM, Figure 17",
        drawing=Drawing(
            "ranks-pair-frequency", "", "", f"{title}.",
            draw_grid(square(found.models, found.met.astype(np.float64), _whole, low=0.0)),
        ),
        table=_table("ranks-pair-frequency", "Battles of each pair", found,
                     found.met.astype(np.float64), 0),
    )  # fmt: skip


def _won(found: Pairs) -> Item:
    best = found.models[0]
    title = (
        f"{best} wins {share(float(found.mean_win[0]))} against the mean opponent, "
        f"{found.models[-1]} {share(float(found.mean_win[-1]))}"
    )
    return Item(
        name="ranks-win-fraction",
        title=title,
        n=f"{number(found.n_battles)} battles of {plural(len(found.models), 'model')}",
        method=(
            f"Share of the battles that the row’s model won over the column’s, in per cent; "
            f"{_TIES[found.ties]}. Green: more than half; ochre: less. Columns are numbered as the "
            "rows, by mean win fraction."
        ),
        source="PRISM, Figure 18",
        drawing=Drawing(
            "ranks-win-fraction", "", "", f"{title}.",
            draw_grid(square(found.models, found.wins, _percent, low=0.2, high=0.8, centre=0.5)),
        ),
        table=_table("ranks-win-fraction", "Share won by the row", found, found.wins, 3),
    )  # fmt: skip


def _correlated(found: Pairs) -> Item:
    r = found.correlation
    i, j = np.unravel_index(int(np.nanargmax(r)), r.shape)
    upper = r[np.triu_indices(len(r), 1)]
    known = upper[~np.isnan(upper)]
    title = (
        f"Scores of two models in one conversation go together weakly (median r "
        f"{number(float(np.median(known)), 2)}), most for {found.models[i]} and {found.models[j]} "
        f"({number(float(r[i, j]), 2)})"
    )
    return Item(
        name="ranks-score-correlation",
        title=title.replace("weakly ", "weakly " if abs(float(np.median(known))) < 0.3 else ""),
        n=f"{plural(len(known), 'pair')} with at least {found.min_shared} shared turns, "
        f"{number(float(np.median(found.shared[np.triu_indices(len(r), 1)])))} in the median",
        method=(
            "Pearson’s r, times 100, of the two scores over opening turns that show both models. "
            "Green: they rise together; ochre: one falls as the other rises. With 100 turns an r "
            "within about 20 of 0 is what chance gives."
        ),
        source="PRISM, Figure 19",
        drawing=Drawing(
            "ranks-score-correlation", "", "", f"{title}.",
            draw_grid(square(found.models, r, _percent, low=-0.7, high=0.7, centre=0.0)),
        ),
        table=_table("ranks-score-correlation", "Correlation of scores", found, r, 2),
    )  # fmt: skip


def _whole(value: float) -> str:
    return f"{value:.0f}"


def _percent(value: float) -> str:
    return number(100 * value)


def _table(name: str, title: str, found: Pairs, values: FloatArray, digits: int) -> DataTable:
    rows = [
        (f"{r + 1}  {model}", *(GAP if r == c or x != x else number(float(x), digits)
                                for c, x in enumerate(values[r])))
        for r, model in enumerate(found.models)
    ]  # fmt: skip
    header = ("Model", *(str(i + 1) for i in range(len(found.models))))
    return DataTable(name=name, title=title, header=header, rows=tuple(rows))
