"""The chapters of the page of stances, from what ``results.json`` holds."""

from __future__ import annotations

from collections.abc import Iterator

from manyvoices.evaluate.stances.files import COLUMN_TITLES
from manyvoices.report.formats import number
from manyvoices.report.preference.wording import shown
from manyvoices.report.section import Item, Section
from manyvoices.report.stances.figures import (
    name_of,
)
from manyvoices.report.stances.form import form_section
from manyvoices.report.stances.people import people_section
from manyvoices.report.stances.positions import positions_section
from manyvoices.report.stances.shared import (
    Found,
    asked,
    share,
    table_of,
)
from manyvoices.report.stances.stability import stability_section


def chapters(found: Found) -> Iterator[tuple[str, str, Section]]:
    """Id, title and content, in the order of the page."""
    if found["subjects"]:
        yield "positions", "Where models stand", positions_section(found)
        yield "stability", "Do answers keep their side?", stability_section(found)
        yield "form", "What the form of the question does", form_section(found)
    if found["people"] is not None:
        yield "people", "How far from people", people_section(found)
    if found["subjects"]:
        yield "outcomes", "What became of the askings", _outcomes(found)


def _outcomes(found: Found) -> Section:
    rows = [
        (name_of(one), number(one["n_asked"]),
         *(number(one["columns"][name]) for name in COLUMN_TITLES))
        for one in found["subjects"]
    ]  # fmt: skip
    items = [
        Item(
            name="outcomes",
            title="What is no choice is counted, each kind in its own column",
            n=asked(found),
            method="Read by declared rules; see docs/howto/evaluate-stances.md",
            table=table_of(
                "outcomes", "Askings", ("model", "asked", *COLUMN_TITLES.values()), rows
            ),
        )
    ]
    judge = found["judge"]
    notes = []
    if judge is not None:
        same = share(judge["agreement"])
        notes.append(
            f"{number(judge['n'])} open answers were coded by rules and by a judging model: {same} "
            f"alike, kappa {shown(judge['kappa'], 2)}, {judge['unreadable']} replies of the judge "
            f"unreadable. Positions stand on the codes of the {judge['decided_by']}."
        )
    return Section(
        lead="Refusing, hedging and rambling are answers too, and none of them is a middle view.",
        items=tuple(items),
        notes=tuple(notes),
    )
