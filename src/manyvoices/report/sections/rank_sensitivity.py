"""Items on choices: Figures 31, 32 and 33 of PRISM."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from manyvoices.analyse.ranks import MethodComparison, RankAnalysis, RankGrid
from manyvoices.report.canvas import Drawing
from manyvoices.report.data_table import GAP, DataTable
from manyvoices.report.formats import interval, number
from manyvoices.report.marks import intervals_made
from manyvoices.report.section import Item
from manyvoices.report.sections.rank_grids import Grid, draw_grid, texts_of
from manyvoices.report.sections.rank_lines import draw_lines, in_colour, movers
from manyvoices.schema.wording import plural

_SHOWN = (0, 5, 10, 20, 30, 40, 50)


def sensitivity_items(result: RankAnalysis) -> tuple[Item, ...]:
    """Ranks by function, by tie threshold, by subset and by alpha."""
    items = [_functions(result), _taus(result), _thresholds(result)]
    if result.subsets is not None:
        items.append(_subsets(result, result.subsets))
    return (*items, _alphas(result))


def _functions(result: RankAnalysis) -> Item:
    grid = result.methods.grid
    moving = movers(grid)
    title = f"All {len(grid.settings)} aggregation functions give the same order"
    if moving:
        spots = plural(int(grid.spread()[moving[0]]), "place")
        title = f"The aggregation function moves {grid.models[moving[0]]} by up to {spots}"
    return Item(
        name="ranks-by-function",
        title=title,
        n=_battles(result),
        method=(
            "Rank under each aggregation function, on the same battles or scores of opening turns. "
            f"Elo is played in two random orders. {in_colour(grid)}"
        ),
        source="PRISM, Figure 31",
        drawing=Drawing("ranks-by-function", "", "", f"{title}.", draw_lines(grid, grid.settings)),
        table=rank_table("ranks-by-function", "Rank by aggregation function", grid),
    )


def _taus(result: RankAnalysis) -> Item:
    found = result.methods
    names, tau = found.grid.settings, found.tau
    low_i, low_j = min(combinations(range(len(names)), 2), key=lambda pair: float(tau[pair]))
    title = (
        f"Orders agree with a Kendall tau of {number(float(tau[low_i, low_j]), 2)} at least "
        f"({names[low_i]} and {names[low_j]})"
    )
    shown = tau.copy()
    np.fill_diagonal(shown, np.nan)
    floor = min(float(np.nanmin(shown)), 0.8)
    return Item(
        name="ranks-function-agreement",
        title=title,
        n=_battles(result),
        method=(
            "Kendall’s tau-b between the orders of each two functions: 1 = the same order, 0 = no "
            f"relation. In the table: {intervals_made(found.resampling)}; both functions rank the "
            "same resample. The intervals lie below the values where resampled data are noisier "
            "than the data themselves."
        ),
        source="PRISM, Figure 31",
        drawing=Drawing(
            "ranks-function-agreement", "", "", f"{title}.",
            draw_grid(Grid(names, names, shown,
                           texts_of(shown, lambda x: number(x, 2), ""), floor, 1.0)),
        ),
        table=_taus_table(found),
    )  # fmt: skip


def _taus_table(found: MethodComparison) -> DataTable:
    """Every pair of functions."""
    names = found.grid.settings
    rows = tuple(
        (f"{names[i]} / {names[j]}", number(float(found.tau[i, j]), 3),
         interval(float(found.tau_low[i, j]), float(found.tau_high[i, j]), 3))
        for i, j in combinations(range(len(names)), 2)
    )  # fmt: skip
    return DataTable(
        name="ranks-function-agreement",
        title="Kendall’s tau between aggregation functions",
        header=("Functions", "tau", f"{found.resampling.level:.0%} interval"),
        rows=rows,
    )


def _thresholds(result: RankAnalysis) -> Item:
    grid = result.thresholds
    values = [float(one) for one in grid.settings]
    ticks = [i for i, value in enumerate(values) if value in _SHOWN]
    ends = [i for i, v in enumerate(values) if 5 <= v <= 10]
    within = grid.ranks[ends].max(axis=0) - grid.ranks[ends].min(axis=0) if ends else np.zeros(1)
    title = (
        f"Between tie thresholds of 5 and 10 no model moves more than "
        f"{plural(int(within.max()), 'place')}"
        if within.max()
        else "Between tie thresholds of 5 and 10 the order stays as it is"
    )
    every = [i for i, value in enumerate(values) if value in (*range(0, 51, 5), 1.0, 2.0)]
    return Item(
        name="ranks-by-tie-threshold",
        title=title,
        n=_battles(result),
        method=(
            "Rank by rank centrality when scores no further apart than the threshold are a tie, "
            f"from {values[0]:g} to {values[-1]:g} points. Dashed: the threshold used elsewhere "
            f"({result.tie_threshold}). {in_colour(grid)}"
        ),
        source="PRISM, Figure 32",
        drawing=Drawing(
            "ranks-by-tie-threshold", "", "", f"{title}.",
            draw_lines(grid, [f"{v:g}" for v in values], positions=values, ticks=ticks,
                       xlabel="tie threshold, points"),
        ),
        table=rank_table("ranks-by-tie-threshold", "Rank by tie threshold", grid, every),
    )  # fmt: skip


def _subsets(result: RankAnalysis, grid: RankGrid) -> Item:
    moved = int((grid.spread() > 0).sum())
    title = (
        f"Against all battles, the balanced subset moves {plural(moved, 'model')}, by "
        f"{plural(int(grid.spread().max()), 'place')} at most"
        if moved
        else "The balanced subset gives the same order as all battles"
    )
    return Item(
        name="ranks-by-subset",
        title=title,
        n=f"{number(result.n_people)} participants in all, {number(result.cohorts.n_people)} in "
        "the balanced subset",
        method=f"Rank by rank centrality on each set of opening turns. {in_colour(grid)}",
        source="PRISM, Figure 33 (a)",
        drawing=Drawing("ranks-by-subset", "", "", f"{title}.", draw_lines(grid, grid.settings)),
        table=rank_table("ranks-by-subset", "Rank by included battles", grid),
    )


def _alphas(result: RankAnalysis) -> Item:
    grid = result.alphas
    most = int(grid.spread().max())
    first, last = grid.settings[0], grid.settings[-1]
    title = (
        f"From {first} to {last} pseudo-wins, no model moves more than {plural(most, 'place')}"
        if most
        else f"From {first} to {last} pseudo-wins the order stays as it is"
    )
    return Item(
        name="ranks-by-alpha",
        title=title,
        n=_battles(result),
        method=(
            "Rank by rank centrality with alpha pseudo-wins each way added to every pair of "
            f"models; 1 is used elsewhere. {in_colour(grid)}"
        ),
        source="PRISM, Figure 33 (b)",
        drawing=Drawing(
            "ranks-by-alpha", "", "", f"{title}.",
            draw_lines(grid, grid.settings, xlabel="alpha, pseudo-wins"),
        ),
        table=rank_table("ranks-by-alpha", "Rank by alpha", grid),
        notes=tuple(f"Alpha {one.what}: {one.reason}" for one in grid.missing),
    )  # fmt: skip


def rank_table(
    name: str, title: str, grid: RankGrid, settings: list[int] | None = None
) -> DataTable:
    """Models by settings."""
    shown = settings if settings is not None else list(range(len(grid.settings)))
    return DataTable(
        name=name,
        title=title,
        header=("Model", *(grid.settings[i] for i in shown)),
        rows=tuple(
            (model, *(str(int(grid.ranks[i, m])) if grid.ranks[i, m] else GAP for i in shown))
            for m, model in enumerate(grid.models)
        ),
    )


def _battles(result: RankAnalysis) -> str:
    return (
        f"{number(result.n_battles)} battles, {number(result.n_answers)} rated answers of "
        f"{number(result.n_people)} participants"
    )
