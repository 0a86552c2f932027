"""Tables about people."""

from __future__ import annotations

from collections.abc import Sequence

from manyvoices.analyse.people import Comparison, Places, ShareBlock
from manyvoices.curate.describe_people import Geography, Recruited
from manyvoices.report.data_table import GAP, DataTable
from manyvoices.report.formats import interval, number, share


def shares_table(name: str, title: str, blocks: Sequence[ShareBlock]) -> DataTable:
    """Counts and shares, one block below the other."""
    rows: list[tuple[str, ...]] = []
    heads = set()
    for block in blocks:
        heads.add(len(rows))
        missing = f"{number(block.n_missing)} not asked or no answer" if block.n_missing else ""
        rows.append((block.title, "", "", missing))
        rows += [
            (row.label, number(row.n), share(row.share), _percent(row.low, row.high))
            for row in block.rows
        ]
    header = ("Category", "People", "Share", "Interval, %")
    return DataTable(name, title, header, tuple(rows), frozenset(heads))


def comparison_table(name: str, title: str, comparisons: Sequence[Comparison]) -> DataTable:
    """Share, reference share and difference of each level."""
    rows: list[tuple[str, ...]] = []
    heads = set()
    for one in comparisons:
        heads.add(len(rows))
        rows.append((one.column.replace("_", " "), number(one.n), "", "", "", ""))
        rows += [
            (
                level.label,
                number(level.n),
                share(level.share),
                share(level.reference),
                number(100 * level.difference, 1),
                _percent(level.difference_low, level.difference_high),
            )
            for level in one.levels
        ]
    header = ("Category", "People", "Share", "Population", "Difference, points", "Interval")
    return DataTable(name, title, header, tuple(rows), frozenset(heads))


def tests_table(name: str, title: str, comparisons: Sequence[Comparison]) -> DataTable:
    """One line per test."""
    rows = tuple(
        (
            one.column,
            number(one.n),
            number(one.chi2, 1),
            str(one.df),
            "< 0.001" if one.p_holm < 0.001 else number(one.p_holm, 3),
            number(one.w, 2),
            share(one.distance),
            share(one.distance_by_chance),
            share(one.distance_limit),
        )
        for one in comparisons
    )
    header = (
        *("Dimension", "People", "Chi-square", "df", "p", "w", "Distance"),
        *("Distance by chance", "95% below"),
    )
    return DataTable(name, title, header, rows)


def versus_table(name: str, comparisons: Sequence[Comparison]) -> DataTable:
    """Populations side by side, these people last: the form of PRISM's tables 6 and 7."""
    populations = list(dict.fromkeys(one.population for one in comparisons))
    columns = list(dict.fromkeys(one.column for one in comparisons))
    rows: list[tuple[str, ...]] = []
    heads = set()
    for column in columns:
        heads.add(len(rows))
        found = {one.population: one for one in comparisons if one.column == column}
        sizes = [_size(found[p]) if p in found else GAP for p in populations]
        rows.append((column.replace("_", " "), *sizes, ""))
        for label in dict.fromkeys(level.label for one in found.values() for level in one.levels):
            cells, ours = [], GAP
            for population in populations:
                levels = found[population].levels if population in found else ()
                level = next((one for one in levels if one.label == label), None)
                cells.append(share(level.reference) if level else GAP)
                ours = share(level.share) if level else ours
            rows.append((label, *cells, ours))
    header = ("Category", *populations, "These people")
    return DataTable(name, "Beside other populations", header, tuple(rows), frozenset(heads))


def countries_table(name: str, found: Geography) -> DataTable:
    """Births and residents of each country."""
    n = found.n_people
    rows = tuple(
        (
            row.name,
            number(row.n_born),
            share(row.n_born / n),
            number(row.n_reside),
            share(row.n_reside / n),
        )
        for row in found.countries
    )
    return DataTable(
        name,
        "Where people were born and live",
        ("Country", "Born", "Share", "Live there", "Share"),
        rows,
    )


def tree_table(name: str, places: Places) -> DataTable:
    """Region, subregion, country."""
    rows = tuple(
        (leaf.region or "unknown", leaf.subregion or GAP, leaf.country, leaf.iso, number(leaf.n))
        for leaf in places.tree
    )
    header = ("Region", "Subregion", "Country", "ISO", "People")
    return DataTable(name, f"People by {places.tree_label}", header, rows)


def recruitment_table(name: str, found: Sequence[Recruited]) -> DataTable:
    """People of each recruitment study, with what they cost where a reward is known."""
    rows = tuple(
        (
            one.study,
            number(one.n.n),
            share(one.n.share),
            GAP if one.cost is None else number(one.cost, 2),
        )
        for one in found
    )
    return DataTable(name, "Where people came from", ("Study", "People", "Share", "Cost"), rows)


def _percent(low: float, high: float) -> str:
    return interval(100 * low, 100 * high, 1)


def _size(one: Comparison) -> str:
    return GAP if one.n_reference is None else f"n = {number(one.n_reference)}"
