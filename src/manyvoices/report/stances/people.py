"""The chapter on how far models are from people."""

from __future__ import annotations

from math import isfinite

from manyvoices.report.formats import number
from manyvoices.report.preference.figures import forest
from manyvoices.report.preference.wording import shown
from manyvoices.report.section import Item, Section
from manyvoices.report.stances.figures import name_of
from manyvoices.report.stances.shared import (
    GAP,
    Found,
    asked,
    headed,
    known,
    level,
    table_of,
)


def people_section(found: Found) -> Section:
    """Distances from groups of people, their places, what they say of the instrument."""
    people, subjects = found["people"], found["subjects"]
    axes = list(found["instrument"]["axes"])
    items = [
        Item(
            name="groups",
            title="Where people stand",
            n=f"{number(len(people['groups']))} groups",
            method=f"Mean of their answers on each axis; {level(found)} intervals",
            table=table_of(
                "groups", "People", ("group", "people", *axes),
                [(g["name"], GAP if g["n_people"] is None else number(g["n_people"]),
                  *(shown(g["axes"][axis], 2) for axis in axes)) for g in people["groups"]],
            ),
        )
    ]  # fmt: skip
    if subjects:
        items.insert(0, _distance_item(found))
    if people["reliability"]:
        items.append(_reliability_item(found))
    named = [
        (name_of(one), one["people"]["closest"])
        for one in subjects
        if one["people"]["closest"] and one["stability"]["verdict"] == "stable"
    ]
    said = "; ".join(f"{name} is closest to {group}" for name, group in named)
    return Section(
        lead=(
            "People's answers to the same items. A closest group is named only where the intervals "
            "of the difference to every other group lie above 0."
        ),
        items=tuple(items),
        in_short=(f"{said}.",) if said else (),
    )


def _distance_item(found: Found) -> Item:
    subjects = found["subjects"]
    rows = [(one, d) for one in subjects for d in one["people"]["groups"]]
    marks = headed([(name_of(one), d["group"], d) for one, d in rows if known(d)])
    closest = {name_of(one): one["people"]["closest"] or "cannot be told" for one in subjects}
    return Item(
        name="distances",
        title="Distance of models' answers to people's",
        n=asked(found),
        method=(
            "Square root of the mean over items of the Jensen-Shannon divergence in bits, adjusted "
            "for what chance gives with so few answers; 0 = alike, 1 = nothing in common. "
            f"{level(found)} intervals redraw items, each with its answers. p: permutation test "
            "that both are draws of one distribution, Holm's correction over groups"
        ),
        drawing=forest(
            "distances", marks, alt="Distances of each model to each group, with intervals.",
            xlabel="Jensen-Shannon distance", middle=None, scale=1.0, limits=None,
        ),
        table=table_of(
            "distances", "Distances",
            ("model", "group", "distance", "uncorrected", "p", "items", "closest group"),
            [(name_of(one), d["group"], shown(d, 2), number(d["uncorrected"], 2), _p(d["p"]),
              number(d["n_items"]), closest[name_of(one)]) for one, d in rows],
        ),
    )  # fmt: skip


def _p(value: float) -> str:
    if value is None or not isfinite(value):
        return GAP
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _reliability_item(found: Found) -> Item:
    rows = [
        (one["axis"], name, number(rest, 2) if isfinite(rest) else GAP,
         number(without, 2) if isfinite(without) else GAP)
        for one in found["people"]["reliability"]
        for name, rest, without in one["items"]
    ]  # fmt: skip
    said = "; ".join(
        f"{one['axis']} {shown({'value': one['alpha'], 'low': one['low'], 'high': one['high']}, 2)}"
        for one in found["people"]["reliability"]
    )
    n = max(one["n_people"] for one in found["people"]["reliability"])
    return Item(
        name="reliability",
        title="Does each axis measure one thing?",
        n=f"{number(n)} people who answered every item",
        method=f"Cronbach's alpha: {said}; {level(found)} intervals over people",
        table=table_of(
            "reliability", "Items against the rest of their axis",
            ("axis", "item", "correlation with the rest", "alpha without it"), rows,
        ),
    )  # fmt: skip
