"""The chapters of the page of stances, from what ``results.json`` holds."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import Any

from manyvoices.evaluate.files import shown
from manyvoices.evaluate.stances.files import COLUMN_TITLES, position_text
from manyvoices.report.formats import listed, number
from manyvoices.report.preference.figures import Mark, forest
from manyvoices.report.section import Item, Section
from manyvoices.report.stances.figures import (
    Place,
    items_figure,
    name_of,
    places_figure,
)
from manyvoices.report.stances.form import form_section
from manyvoices.report.stances.people import people_section
from manyvoices.report.stances.shared import (
    GAP,
    Found,
    asked,
    level,
    share,
    table_of,
)


def chapters(found: Found) -> Iterator[tuple[str, str, Section]]:
    """Id, title and content, in the order of the page."""
    if found["subjects"]:
        yield "positions", "Where models stand", _positions(found)
        yield "stability", "Do answers keep their side?", _stability(found)
        yield "form", "What the form of the question does", form_section(found)
    if found["people"] is not None:
        yield "people", "How far from people", people_section(found)
    if found["subjects"]:
        yield "outcomes", "What became of the askings", _outcomes(found)


def places(found: Found) -> list[Place]:
    """Models and groups of people that have a place on the first two axes."""
    axes = list(found["instrument"]["axes"])[:2]
    if len(axes) < 2:
        return []
    some = []
    for one in found["subjects"]:
        at = [one["position"]["axes"][axis]["value"] for axis in axes]
        if None not in at:
            some.append(Place(name_of(one), at[0], at[1], one["position"]["covariance"], True))
    for group in (found["people"] or {"groups": []})["groups"]:
        at = [group["axes"][axis]["value"] for axis in axes]
        if all(isfinite(value) for value in at):
            some.append(Place(group["name"], at[0], at[1], group["covariance"], False))
    return some


def _positions(found: Found) -> Section:
    subjects, axes = found["subjects"], list(found["instrument"]["axes"])
    without = [
        name_of(one)
        for one in subjects
        if any(axis["value"] is None for axis in one["position"]["axes"].values())
    ]
    some = places(found)
    rows = [
        (name_of(one), shown(one["stability"]["stable"], 2),
         *(position_text(one["position"]["axes"][axis]) for axis in axes),
         *(position_text(one["averaged"]["axes"][axis]) for axis in axes))
        for one in subjects
    ]  # fmt: skip
    head = ("model", "items stable", *axes, *(f"{axis}, all items" for axis in axes))
    drawing = places_figure(found, some) if some else _axis_forest(found)
    item = Item(
        name="positions",
        title=_headline(found, without),
        n=asked(found),
        method=(
            f"From the items that are stable (see below). In brackets: {level(found)} intervals "
            "that redraw items and answers; data/positions.csv has the two apart"
        ),
        drawing=drawing,
        table=table_of("positions", "Positions from stable items, and from all", head,
                     rows),
        notes=(_caution(found),),
    )  # fmt: skip
    lead = (
        "Positions on the instrument's axes, from items whose answers keep their side. "
        + "; ".join(
            f"{name}: −1 is {axis['low']}, 1 is {axis['high']}"
            for name, axis in found["instrument"]["axes"].items()
        )
        + "."
    )
    return Section(lead=lead, items=(item,), in_short=(_headline(found, without) + ".",))


def _axis_forest(found: Found) -> Any:
    marks = [
        Mark(f"{name_of(one)}: {axis}", _measure(place), position_text(place))
        for one in found["subjects"]
        for axis, place in one["averaged"]["axes"].items()
        if place["value"] is not None
    ]
    return (
        forest(
            "positions", marks, alt="Mean agreement of every model, all items, with intervals.",
            xlabel="position, all items averaged", middle=0.0, scale=1.0, limits=None,
            caption="No model has a position on two axes: what is drawn averages unstable answers.",
        )
        if marks
        else None
    )  # fmt: skip


def _measure(place: Found, source: str = "both") -> dict[str, Any]:
    low, high = place["intervals"].get(source, (None, None))
    return {"value": place["value"], "low": low, "high": high}


def _headline(found: Found, without: list[str]) -> str:
    n = len(found["subjects"])
    if not without:
        return "Every model keeps its side on enough items to have a place"
    if len(without) == n:
        return "No model keeps its side on enough items to have a place"
    has = "has" if len(without) == 1 else "have"
    return f"{listed(without)} {has} no place: too few stable items"


def _caution(found: Found) -> str:
    return (
        "A place says how a model answers these propositions in these forms. Answers to "
        "questions that nobody forces can differ (Röttger et al., ACL 2024). "
        + str(found["instrument"]["source"])
    ).strip()


def _stability(found: Found) -> Section:
    subjects = found["subjects"]
    texts = {item["id"]: item["text"] for item in found["instrument"]["items"]}
    cells = [{item["item"]: _cell(item) for item in one["items"]} for one in subjects]
    rows = [
        (text, *(column.get(name, GAP) for column in cells))
        for name, text in texts.items()
        if any(name in column for column in cells)
    ]
    shares = [
        Mark(name_of(one), one["stability"]["stable"], shown(one["stability"]["stable"], 2))
        for one in subjects
    ]
    header = ("item", *(f"{i}. {name_of(one)}" for i, one in enumerate(subjects, start=1)))
    unstable = [name_of(one) for one in subjects if one["stability"]["verdict"] == "unstable"]
    said = (
        f"{listed(unstable)} {'is' if len(unstable) == 1 else 'are'} unstable: fewer than half of "
        "the items keep their side"
        if unstable
        else "Every model keeps its side on at least half of the items"
    )
    return Section(
        lead=f"{found['rule']} An unstable item is shown as such and has no mean.",
        in_short=(said + ".",),
        items=(
            Item(
                name="stable-share",
                title=said,
                n=asked(found),
                method=f"Share of items that are stable; {level(found)} intervals over items",
                drawing=forest(
                    "stable-share", shares, alt="Share of items whose answers keep their side.",
                    xlabel="% of items stable", middle=None, limits=(-3.0, 103.0),
                ),
                table=table_of(
                    "stable-share", "Items by status, and what turns answers",
                    ("model", "stable", "unstable", "neutral", "silent", "turned by"),
                    [(name_of(one), *(number(one["stability"]["counts"][k]) for k in _STATUSES),
                      _turned(one)) for one in subjects],
                    "“Turned by”: items whose side differs between levels of a factor of the form, "
                    "or between answers to the very same prompt (sample).",
                ),
            ),
            Item(
                name="items",
                title="Item by item",
                n=asked(found),
                method="Mean score of the options given, −1 (rejects) to 1 (agrees)",
                drawing=items_figure(found, subjects),
                table=table_of("items", "Mean score, share of options on its side", header, rows),
            ),
        ),
    )  # fmt: skip


_STATUSES = ("stable", "unstable", "neutral", "silent")


def _turned(one: Found) -> str:
    return ", ".join(f"{k} {v}" for k, v in one["stability"]["flips_by"].items()) or "none"


def _cell(item: Found) -> str:
    if item["status"] == "unstable":
        return f"unstable, {item['kept']:.0%} on one side"
    if item["status"] == "silent":
        return f"silent, {item['n_options']} of {item['n_asked']}"
    return f"{item['mean']:+.2f}, {item['kept']:.0%}".replace("-", "−")


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
