"""Items on cohorts: Figures 4 A and 34, and Table 26 of PRISM."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from manyvoices.analyse.ranks import Cohort, Cohorts, RankAnalysis
from manyvoices.report.canvas import WIDE, Drawing, new_figure, short
from manyvoices.report.data_table import GAP, DataTable
from manyvoices.report.formats import number, share
from manyvoices.report.palette import ACCENT, LINE, QUIET, TINT
from manyvoices.report.section import Item
from manyvoices.schema.wording import plural


def cohort_items(result: RankAnalysis) -> tuple[Item, ...]:
    """Ranks by size of the cohort, scores of cohorts of 100, and what cohorts hold."""
    return (_sizes(result), *_hundred(result), _properties(result))


def _sizes(result: RankAnalysis) -> Item:
    found = result.cohorts
    some = [one for one in found.sizes if one.n_draws > 1]
    return Item(
        name="ranks-cohorts",
        title=_title(found, some),
        n=f"{number(found.n_people)} participants; cohorts drawn without replacement",
        method=(
            f"Rank centrality (ties count half, one pseudo-win each way) in {_draws(some)} random "
            "cohorts of each size. Thin line: 5th to 95th percentile of a model’s rank over the "
            "cohorts; thick: the middle half; dot: median. These are spreads over cohorts, not "
            "intervals for the whole population."
        ),
        source="PRISM, Figure 34",
        drawing=Drawing(
            name="ranks-cohorts", title="", caption="",
            alt=f"Ranks of {plural(len(found.models), 'model')} by size of the cohort. "
            f"{_title(found, some)}.",
            draw=lambda width: _draw_sizes(found, width),
        ),
        table=_rank_table(found),
        notes=(
            "A cohort close to everybody hardly varies because it is almost everybody; how sure "
            "the ranking of everybody is stands with the leaderboard.",
        ),
    )  # fmt: skip


def _draws(some: list[Cohort]) -> str:
    return number(some[0].n_draws) if some else "no"


def _title(found: Cohorts, some: list[Cohort]) -> str:
    best = found.models[0]
    if not some:
        return f"{best} leads, and too few people took part to draw cohorts from"
    small, large = some[0], some[-1]
    first = (
        f"{best} comes first in {share(float(small.p_first[0]))} of cohorts of {small.size} people"
    )
    if small is large:
        return first
    return f"{first}, and in {share(float(large.p_first[0]))} of cohorts of {large.size}"


def _draw_sizes(found: Cohorts, width: float) -> Figure:
    wide, n = width >= WIDE, len(found.sizes)
    columns = n if wide else 2
    rows = -(-n // columns)
    height = (0.55 + (0.25 if wide else 0.21) * len(found.models)) * rows
    figure = new_figure(width, height)
    grid = figure.subplots(rows, columns, sharey=True, sharex=True, squeeze=False)
    names = [short(model, width) for model in found.models]
    for axes, one in zip(grid.flat, found.sizes, strict=False):
        _boxes(axes, one, one.ranks)
        axes.set_title(_size(one), fontsize=8.5)
        axes.set_xlim(len(names) + 0.6, 0.4)
        axes.set_xticks([x for x in (1, 5, 10, 15, 20) if x <= len(names)])
        axes.tick_params(axis="x", length=0, labelbottom=True)
    for axes in grid.flat[n:]:
        axes.set_visible(False)
    first = grid[0, 0]
    first.set_ylim(len(names) - 0.4, -0.6)
    for axes in grid[:, 0]:
        axes.set_yticks(range(len(names)), names, fontsize=8.5 if wide else 7.5)
    figure.supxlabel("rank (1 = best, at the right)", fontsize=8.5, color=QUIET)
    return figure


def _size(one: Cohort) -> str:
    return f"{number(one.size)} people" if one.n_draws > 1 else f"all {number(one.size)}"


def _boxes(axes: Axes, one: Cohort, values: object) -> None:
    """Whiskers 5 to 95, box 25 to 75, median; a point where there is one cohort."""
    import numpy as np

    low, q25, median, q75, high = np.asarray(values)
    places = np.arange(len(median))
    if one.n_draws > 1:
        axes.hlines(places, low, high, color=TINT, linewidth=1.4)
        axes.hlines(places, q25, q75, color=TINT, linewidth=6)
    axes.plot(median, places, "o", color=ACCENT, markersize=4.2)
    axes.grid(axis="x")
    axes.grid(axis="y", color=LINE, linewidth=0.4)


def _hundred(result: RankAnalysis) -> tuple[Item, ...]:
    found = result.cohorts
    one = next((one for one in found.sizes if one.size == 100 and one.n_draws > 1), None)
    if one is None:
        return ()
    title = (
        f"In cohorts of 100 people, {found.models[0]}’s score runs from "
        f"{number(one.scores[0, 0], 3)} to {number(one.scores[4, 0], 3)}"
    )
    return (
        Item(
            name="ranks-cohorts-of-100",
            title=title,
            n=f"{number(one.n_draws)} cohorts of 100 of {number(found.n_people)} participants",
            method=(
                "Rank centrality score: the share of a long walk from loser to winner. Thin line: "
                "5th to 95th percentile over cohorts; thick: the middle half; dot: median. "
                f"Kendall’s tau with everybody’s order: median {number(one.tau[1], 2)}, 5th to "
                f"95th percentile {number(one.tau[0], 2)} to {number(one.tau[2], 2)}."
            ),
            source="PRISM, Figure 4 A",
            drawing=Drawing(
                name="ranks-cohorts-of-100", title="", caption="", alt=f"{title}.",
                draw=lambda width: _draw_hundred(found, one, width),
            ),
            table=DataTable(
                name="ranks-cohorts-of-100",
                title="Scores in cohorts of 100",
                header=("Model", "5%", "25%", "Median", "75%", "95%", "First"),
                rows=tuple(
                    (model, *(number(float(x), 4) for x in one.scores[:, i]),
                     share(float(one.p_first[i])))
                    for i, model in enumerate(found.models)
                ),
            ),
        ),
    )  # fmt: skip


def _draw_hundred(found: Cohorts, one: Cohort, width: float) -> Figure:
    figure = new_figure(width, 0.7 + 0.25 * len(found.models))
    axes = figure.subplots()
    _boxes(axes, one, one.scores)
    names = [short(model, width) for model in found.models]
    axes.set_yticks(range(len(names)), names, fontsize=8.5)
    axes.set_ylim(len(names) - 0.4, -0.6)
    even = 1 / len(names)
    axes.axvline(even, color=QUIET, linewidth=0.9, linestyle=(0, (1, 2)))
    axes.set_xlabel("rank centrality score; dotted: equal shares")
    axes.tick_params(axis="x", length=0)
    axes.locator_params(axis="x", nbins=6)
    return figure


def _rank_table(found: Cohorts) -> DataTable:
    def cell(one: Cohort, i: int) -> str:
        low, _, median, _, high = (float(x) for x in one.ranks[:, i])
        if median != median:
            return GAP
        return number(median) if one.n_draws == 1 else f"{median:g} ({low:g}–{high:g})"

    return DataTable(
        name="ranks-cohorts",
        title="Median rank (5th to 95th percentile) by size of the cohort",
        header=("Model", *(_size(one) for one in found.sizes)),
        rows=tuple(
            (model, *(cell(one, i) for one in found.sizes)) for i, model in enumerate(found.models)
        ),
    )


def _properties(result: RankAnalysis) -> Item:
    found = result.cohorts
    head = tuple(
        f"All {number(n)}" if i == 0 else f"N = {number(n)}"
        for i, n in enumerate(found.table_sizes)
    )

    def cell(mean: float, sd: float, *, first: bool) -> str:
        digits = 0 if mean >= 10 else 1
        return number(mean, digits) if first else f"{number(mean, digits)} ± {number(sd, 1)}"

    per_pair = next(p for p in found.properties if p.name == "battles per pair of models")
    least = per_pair.cells[-1][0]
    return Item(
        name="ranks-sample-size",
        title=(
            f"{number(found.table_sizes[-1])} people give {number(least, 1)} battles for each pair "
            f"of models, all give {number(per_pair.cells[0][0])}"
        ),
        n=f"{number(found.n_people)} participants",
        method=(
            "Mean ± standard deviation over random cohorts, drawn without replacement. Pairs and "
            "models that a cohort lacks count as zero."
        ),
        source="PRISM, Table 26",
        table=DataTable(
            name="ranks-sample-size",
            title="What a cohort holds",
            header=("", *head),
            rows=tuple(
                (one.name[:1].upper() + one.name[1:],
                 *(cell(m, sd, first=i == 0) for i, (m, sd) in enumerate(one.cells)))
                for one in found.properties
            ),
        ),
    )  # fmt: skip
