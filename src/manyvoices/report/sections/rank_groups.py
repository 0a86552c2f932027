"""Items on groups: Figures 4 B, 4 C and 30 of PRISM."""

from __future__ import annotations

import numpy as np

from manyvoices.analyse.dataset import CONVERSATION_TYPE
from manyvoices.analyse.ranks import FieldRanking, GroupRanking, MeanDifferences, RankAnalysis
from manyvoices.analyse.table import BoolArray
from manyvoices.report.canvas import Drawing
from manyvoices.report.data_table import GAP, DataTable
from manyvoices.report.formats import interval, listed, number
from manyvoices.report.section import Item
from manyvoices.report.sections.rank_grids import Grid, draw_grid, texts_of
from manyvoices.schema.wording import plural

_ALL = "All"


def group_items(result: RankAnalysis) -> tuple[Item, ...]:
    """A table of shades per field."""
    return tuple(_field(one) for one in result.fields)


def difference_items(result: RankAnalysis) -> tuple[Item, ...]:
    """Mean scores of two groups, model by model and context by context."""
    return tuple(_difference(one) for one in result.differences)


def _field(found: FieldRanking) -> Item:
    name = "ranks-by-" + "".join(c if c.isalnum() and c.isascii() else "-" for c in found.column)
    name = "-".join(part for part in name.lower().split("-") if part)
    title = field_title(found)
    by_type = found.column == CONVERSATION_TYPE
    lot = (
        "exchanging the types of each person’s conversations at random"
        if by_type
        else "random cohorts of the same size"
    )
    left = [f"{label} ({number(n)})" for label, n in found.left_out]
    return Item(
        name=name,
        title=title,
        n=listed([f"{g.label} {number(g.n_people)}" for g in found.groups]) + " participants",
        method=(
            "Rank by rank centrality in each group, beside everybody’s. Green: higher than "
            "overall; ochre: lower; the deeper, the further. ▲ and ▼ mark the largest climb and "
            f"fall of each group. Its p is the chance that some model moves as far under {lot} "
            f"({number(found.n_lots)} times)."
        ),
        source="PRISM, Figure 4 B" if by_type else "PRISM, Figure 4 C",
        drawing=Drawing(
            name=name, title="", caption="",
            alt=f"Ranks of {plural(len(found.models), 'model')} in "
            f"{plural(len(found.groups), 'group')}. {title}.",
            draw=draw_grid(_grid(found)),
        ),
        table=_field_table(name, found),
        notes=((f"Not shown, as fewer than {found.min_group} participants: {listed(left)}.",)
               if left else ()),
    )  # fmt: skip


def field_title(found: FieldRanking) -> str:
    """Which moves are larger than chance makes them."""
    moves = found.surprising()
    label = found.label[:1].lower() + found.label[1:]
    if not moves:
        return f"By {label}, no group moves a model further than random groups of its size do"
    parts = [
        f"{move.model} is {plural(abs(move.spots), 'place')} "
        f"{'higher' if move.spots > 0 else 'lower'} for {group}"
        for group, move in moves[:2]
    ]
    more = f", and {plural(len(moves) - 2, 'other move')} beyond chance" if len(moves) > 2 else ""
    return f"By {label}: {listed(parts)}{more}"


def _grid(found: FieldRanking) -> Grid:
    overall = np.arange(1, len(found.models) + 1)
    ranks = np.stack([g.ranks for g in found.groups], axis=1).astype(np.float64)
    spots = np.where(ranks > 0, overall[:, None] - ranks, np.nan)
    values = np.column_stack((np.full(len(overall), np.nan), spots))
    texts = [
        [str(place), *(_cell(g, i, model) for g in found.groups)]
        for i, (place, model) in enumerate(zip(overall, found.models, strict=True))
    ]
    reach = max(float(np.nanmax(np.abs(spots), initial=1.0)), 5.0)
    return Grid(
        rows=found.models,
        columns=(_ALL, *(g.label for g in found.groups)),
        values=values,
        texts=tuple(tuple(row) for row in texts),
        low=-reach,
        high=reach,
        centre=0.0,
    )


def _cell(group: GroupRanking, i: int, model: str) -> str:
    rank = int(group.ranks[i])
    if rank == 0:
        return "·"
    mark = ""
    if group.up is not None and group.up.model == model:
        mark = "▲"
    elif group.down is not None and group.down.model == model:
        mark = "▼"
    return f"{rank}{mark}"


def _field_table(name: str, found: FieldRanking) -> DataTable:
    def moved(group: GroupRanking) -> tuple[str, str]:
        cells = []
        for move in (group.up, group.down):
            if move is None:
                cells.append(GAP)
            else:
                cells.append(f"{move.model} {move.spots:+d}, p = {number(move.p, 3)}")
        return cells[0], cells[1]

    columns = [(g.ranks, *moved(g)) for g in found.groups]
    rows = [
        (model, str(i + 1), *(str(int(c[0][i])) if c[0][i] else GAP for c in columns))
        for i, model in enumerate(found.models)
    ]
    rows.append(("Participants", "", *(number(g.n_people) for g in found.groups)))
    rows.append(("Kendall’s tau with all", "", *(number(g.tau, 2) for g in found.groups)))
    by_lot = [interval(*g.tau_by_lot, 2) for g in found.groups]
    rows.append(("… of random groups, 95%", "", *by_lot))
    rows.append(("Largest climb", "", *(c[1] for c in columns)))
    rows.append(("Largest fall", "", *(c[2] for c in columns)))
    return DataTable(
        name=name,
        title=f"Ranks by {found.label[:1].lower() + found.label[1:]}",
        header=("Model", _ALL, *(g.label for g in found.groups)),
        rows=tuple(rows),
    )


def _difference(found: MeanDifferences) -> Item:
    name = "ranks-mean-differences"
    stands = found.discoveries()
    n = int(stands.sum())
    pair, where = f"{found.first} and {found.second}", f"by model and {found.by}"
    title = f"{pair} do not score differently {where}, as far as these data tell"
    if n:
        cells = plural(found.n_cells, "cell")
        title = f"{pair} score differently in {n} of {cells} {where}"
    return Item(
        name=name,
        title=title,
        n=f"{plural(found.n_cells, 'cell')} with at least {found.min_people} people of each group",
        method=(
            f"Mean score by {found.first} less mean score by {found.second}, in points of the "
            f"scale, for each model within each {found.by}. Green: higher with {found.first}; "
            f"ochre: higher with {found.second}. A star: differs with a false discovery rate "
            "under 5% (Benjamini and Hochberg). Intervals in the table: 95%, over people."
        ),
        source="PRISM, Figure 30",
        drawing=Drawing(
            name=name, title="", caption="", alt=f"{title}. {found.n_apart} of {found.n_cells} "
            "intervals are off zero.",
            draw=draw_grid(_difference_grid(found, stands)),
        ),
        table=_difference_table(name, found),
        notes=(
            f"{found.n_apart} of {found.n_cells} intervals leave out zero; chance alone would give "
            f"about {number(0.05 * found.n_cells, 1)}.",
            "PRISM’s figure holds topics fixed; here conversation types stand in their place, as "
            "topics are computed in their own chapter and no such labels came with the release.",
        ),
    )  # fmt: skip


def _difference_grid(found: MeanDifferences, stands: BoolArray) -> Grid:
    """Differences as shades and numbers, a star on those that stand."""
    reach = float(np.nanmax(np.abs(found.difference), initial=1.0))
    texts = [list(row) for row in texts_of(found.difference, lambda x: number(x))]
    for r, c in np.argwhere(stands):
        texts[r][c] += "*"
    return Grid(
        found.models, found.contexts, found.difference, tuple(map(tuple, texts)), -reach, reach, 0.0
    )


def _difference_table(name: str, found: MeanDifferences) -> DataTable:
    return DataTable(
        name=name,
        title=f"Difference in mean score, {found.first} less {found.second} (95% interval)",
        header=("Model", *found.contexts),
        rows=tuple(
            (model, *(_gap(found, r, c) for c in range(len(found.contexts))))
            for r, model in enumerate(found.models)
        ),
    )


def _gap(found: MeanDifferences, r: int, c: int) -> str:
    value = float(found.difference[r, c])
    if value != value:
        return GAP
    between = interval(float(found.low[r, c]), float(found.high[r, c]), 1)
    return f"{number(value, 1)} ({between}), {number(int(found.people[r, c]))} people"
