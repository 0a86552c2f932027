"""Items on where people are from: maps, regions, and who lives where they were born."""

from __future__ import annotations

from collections.abc import Iterable

from manyvoices.analyse.people import PlaceCounts
from manyvoices.analyse.people.places import Places
from manyvoices.report.canvas import Drawing
from manyvoices.report.data_table import DataTable
from manyvoices.report.formats import listed, number, share
from manyvoices.report.people_figures import tree_figure
from manyvoices.report.people_tables import (
    countries_table,
    tree_table,
)
from manyvoices.report.section import Item
from manyvoices.report.world import world_map
from manyvoices.schema.errors import MissingExtraError
from manyvoices.schema.wording import people


def place_items(places: Places) -> Iterable[Item]:
    """A map for each kind of place, a tree of regions, and both places of each person."""
    for one in places.maps:
        yield _map(one)
    regions: dict[str, int] = {}
    for leaf in places.tree:
        regions[leaf.region or "unknown"] = regions.get(leaf.region or "unknown", 0) + leaf.n
    if regions:
        first, total = next(iter(regions)), sum(regions.values())
        yield Item(
            name="people-regions",
            title=f"{share(regions[first] / total)} of people are from {first}",
            n=people(total),
            method=(
                f"By {places.tree_label}; height is the number of people. Regions are those of the"
                " release (PRISM takes the UK and the US out of theirs), else the United Nations'."
                " Neighbours too small for a name are drawn together; the table has each."
            ),
            source="PRISM, Figure 7",
            drawing=tree_figure("people-regions", places),
            table=tree_table("people-regions", places),
        )
    if len(places.maps) == 2:
        shown = places.geography
        yield Item(
            name="people-countries",
            title=f"{share(shown.n_same / shown.n_people)} live where they were born",
            n=people(shown.n_people),
            method="Counts of people.",
            source="PRISM, Table 8",
            table=countries_table("people-countries", shown),
        )


def _map(one: PlaceCounts) -> Item:
    key = f"people-map-{one.kind}"
    name, n = one.most
    notes = [
        "Shading is by number of people, not by their share of a country's population; ranges grow"
        " by a constant factor. French overseas departments are part of France's shape."
    ]
    if one.unmatched:
        names = listed([f"{label} ({count})" for label, count in one.unmatched])
        notes.append(f"No country of ISO 3166-1, so not on the map: {names}.")
    if one.n_not_said:
        notes.append(f"{people(one.n_not_said)} gave no country.")
    drawing, notes = _map_or_note(key, one, notes)
    return Item(
        name=key,
        title=(
            f"{number(one.n)} people, {one.label} known, in {number(len(one.counts))} countries:"
            f" {share(n / one.n)} in {name}"
        ),
        n=people(one.n),
        method=(
            "Natural Earth's countries (1:50m, public domain) in the Equal Earth projection, on"
            f" which equal areas are equal; as mixed as {number(one.effective, 1)} equally large"
            " countries (exponential of Shannon's entropy)."
        ),
        source="PRISM, Figure 6",
        drawing=drawing,
        table=DataTable(
            key,
            f"People by {one.label}",
            ("Country", "ISO", "People", "Share"),
            _map_rows(one),
        ),
        notes=tuple(notes),
    )


def _map_or_note(key: str, one: PlaceCounts, notes: list[str]) -> tuple[Drawing | None, list[str]]:
    from manyvoices.report.world import country_shapes

    try:
        country_shapes()
    except MissingExtraError as error:
        return None, [*notes, str(error)]
    return world_map(key, one), notes


def _map_rows(one: PlaceCounts) -> tuple[tuple[str, ...], ...]:
    from manyvoices.io.countries import COUNTRIES

    order = sorted(one.counts.items(), key=lambda pair: (-pair[1], COUNTRIES[pair[0]]))
    return tuple((COUNTRIES[code], code, number(n), share(n / one.n)) for code, n in order)
