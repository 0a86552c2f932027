"""The chapter on where models stand."""

from __future__ import annotations

from math import isfinite
from typing import Any

from manyvoices.evaluate.preference.texts import percent
from manyvoices.evaluate.stances.files import position_text
from manyvoices.report.data_table import DataTable
from manyvoices.report.formats import listed
from manyvoices.report.preference.figures import Mark, forest
from manyvoices.report.section import Item, Section
from manyvoices.report.stances.figures import (
    Place,
    name_of,
    places_figure,
)
from manyvoices.report.stances.shared import (
    Found,
    asked,
    level,
    table_of,
)


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


def positions_section(found: Found) -> Section:
    """Places on the axes, from items that are stable, and what they do not say."""
    without = [
        name_of(one)
        for one in found["subjects"]
        if any(axis["value"] is None for axis in one["position"]["axes"].values())
    ]
    some = places(found)
    drawing = places_figure(found, some) if some else _axis_forest(found)
    item = Item(
        name="positions",
        title=_headline(found, without),
        n=asked(found),
        method=(
            f"From the items that are stable (see below). In brackets: {level(found)} intervals "
            "that redraw items, each with its answers; data/positions.csv also has what asking "
            "the same items again would give"
        ),
        drawing=drawing,
        table=_positions_table(found),
        notes=(_caution(found),),
    )
    lead = (
        "Positions on the instrument's axes, from items whose answers keep their side. "
        + "; ".join(
            f"{name}: −1 is {axis['low']}, 1 is {axis['high']}"
            for name, axis in found["instrument"]["axes"].items()
        )
        + "."
    )
    return Section(lead=lead, items=(item,), in_short=(_headline(found, without) + ".",))


def _positions_table(found: Found) -> DataTable:
    axes = list(found["instrument"]["axes"])
    rows = [
        (name_of(one), percent(one["stability"]["stable"]),
         *(position_text(one["position"]["axes"][axis]) for axis in axes),
         *(position_text(one["averaged"]["axes"][axis]) for axis in axes))
        for one in found["subjects"]
    ]  # fmt: skip
    head = ("model", "items stable", *axes, *(f"{axis}, all items" for axis in axes))
    return table_of("positions", "Positions from stable items, and from all", head, rows)


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
