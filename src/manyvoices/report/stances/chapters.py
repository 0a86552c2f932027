"""The chapters of the page of stances, from what ``results.json`` holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

from manyvoices.evaluate.files import shown
from manyvoices.evaluate.stances.files import COLUMN_TITLES, position_text
from manyvoices.report.data_table import DataTable
from manyvoices.report.formats import listed, number
from manyvoices.report.preference.figures import Mark, forest
from manyvoices.report.section import Item, Section
from manyvoices.report.stances.figures import (
    Place,
    items_figure,
    name_of,
    places_figure,
)

Found = Mapping[str, Any]
GAP = "–"


def chapters(found: Found) -> Iterator[tuple[str, str, Section]]:
    """Id, title and content, in the order of the page."""
    if found["subjects"]:
        yield "positions", "Where models stand", _positions(found)
        yield "stability", "Do answers keep their side?", _stability(found)
        yield "form", "What the form of the question does", _form(found)
    if found["people"] is not None:
        yield "people", "How far from people", _people(found)
    if found["subjects"]:
        yield "outcomes", "What became of the askings", _outcomes(found)


def _level(found: Found) -> str:
    return f"{found['config']['level']:.0%}"


def _n(found: Found) -> str:
    subjects = found["subjects"]
    asked = sum(one["n_asked"] for one in subjects)
    n = max((len(one["items"]) for one in subjects), default=0)
    return f"{number(asked)} askings of {number(n)} items"


def _table(name: str, title: str, header: tuple[str, ...], rows: Any, note: str = "") -> DataTable:
    return DataTable(name, title, header, tuple(tuple(row) for row in rows), note=note)


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
        n=_n(found),
        method=(
            f"From the items that are stable (see below). In brackets: {_level(found)} intervals "
            "that redraw items and answers; data/positions.csv has the two apart"
        ),
        drawing=drawing,
        table=_table("positions", "Positions from stable items, and from all for comparison", head,
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
                n=_n(found),
                method=f"Share of items that are stable; {_level(found)} intervals over items",
                drawing=forest(
                    "stable-share", shares, alt="Share of items whose answers keep their side.",
                    xlabel="% of items stable", middle=None, limits=(-3.0, 103.0),
                ),
                table=_table(
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
                n=_n(found),
                method="Mean score of the options given, −1 (rejects) to 1 (agrees)",
                drawing=items_figure(found, subjects),
                table=_table("items", "Mean score, and share of options on its side", header, rows),
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


def _form(found: Found) -> Section:
    subjects = found["subjects"]
    names = list(dict.fromkeys(n for one in subjects for n in one["sensitivity"]["components"]))
    rows = [
        (name_of(one), *(_share(one["sensitivity"]["shares"].get(name)) for name in names))
        for one in subjects
    ]
    kinds = (("first_option", "pull of the first option"), ("agreement", "saying yes"))
    habits = [
        (words, name_of(one), one["sensitivity"][key])
        for key, words in kinds
        for one in subjects
        if _known(one["sensitivity"][key])
    ]
    marks = _headed(habits)
    shifts = [
        (name_of(one), s["factor"].replace("_", " "), s["level"], s["axis"],
         f"{s['position']:+.2f}".replace("-", "−"), shown(s["difference"], 2))
        for one in subjects
        for s in one["sensitivity"]["shifts"]
    ]  # fmt: skip
    items = [
        Item(
            name="components",
            title="What makes scores differ",
            n=_n(found),
            method=(
                "Shares of the variance of scores, by the method of moments: between items (the "
                "stance itself), by each factor of the form, and between answers to one prompt"
            ),
            table=_table("components", "Shares of variance", ("model", *names), rows),
        )
    ]
    if marks:
        items.append(
            Item(
                name="habits",
                title="Habits that are no views",
                n=_n(found),
                method=(
                    "Pull: slope of the score on that of the option shown first, within items; 1 = "
                    "always the first. Saying yes: mean agreement, both directions counted alike. "
                    f"{_level(found)} intervals over items"
                ),
                drawing=forest(
                    "habits", marks, alt="Pull of the first option and habit of saying yes.",
                    xlabel="0 = none", middle=0.0, scale=1.0, limits=None,
                ),
                table=_table(
                    "habits", "Habits", ("model", "habit", "value"),
                    [(model, words, shown(value, 2)) for words, model, value in habits],
                ),
            )
        )  # fmt: skip
    if shifts:
        items.append(
            Item(
                name="shifts",
                title="Positions by form",
                n=_n(found),
                method=(
                    "Position from all items at one level of a factor, and its difference from "
                    f"the mean over the levels; {_level(found)} intervals over items"
                ),
                table=_table(
                    "shifts", "Positions by form",
                    ("model", "factor", "level", "axis", "position", "difference"), shifts,
                ),
            )
        )  # fmt: skip
    return Section(
        lead="The same item in other words, another order or another frame is the same question.",
        items=tuple(items),
    )


def _headed(rows: Sequence[tuple[str, str, Found]]) -> list[Mark]:
    """A heading wherever the first of (heading, label, measure) changes, and a row for each."""
    marks: list[Mark] = []
    for place, (heading, label, measure) in enumerate(rows):
        if not place or rows[place - 1][0] != heading:
            marks.append(Mark(heading))
        marks.append(Mark(label, measure, shown(measure, 2)))
    return marks


def _share(value: float | None) -> str:
    return GAP if value is None else f"{value:.0%}"


def _known(measure: Found) -> bool:
    value = measure["value"]
    return value is not None and isfinite(value)


def _people(found: Found) -> Section:
    people, subjects = found["people"], found["subjects"]
    axes = list(found["instrument"]["axes"])
    items = [
        Item(
            name="groups",
            title="Where people stand",
            n=f"{number(len(people['groups']))} groups",
            method=f"Mean of their answers on each axis; {_level(found)} intervals",
            table=_table(
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
    marks = _headed([(name_of(one), d["group"], d) for one, d in rows if _known(d)])
    closest = {name_of(one): one["people"]["closest"] or "cannot be told" for one in subjects}
    return Item(
        name="distances",
        title="Distance of models' answers to people's",
        n=_n(found),
        method=(
            "Square root of the mean over items of the Jensen-Shannon divergence in bits, less "
            "its bias from small numbers; 0 = alike, 1 = nothing in common. "
            f"{_level(found)} intervals redraw items and answers. p: permutation test that both "
            "are draws of one distribution, Holm's correction over groups"
        ),
        drawing=forest(
            "distances", marks, alt="Distances of each model to each group, with intervals.",
            xlabel="Jensen-Shannon distance", middle=None, scale=1.0, limits=None,
        ),
        table=_table(
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
        method=f"Cronbach's alpha: {said}; {_level(found)} intervals over people",
        table=_table(
            "reliability", "Items against the rest of their axis",
            ("axis", "item", "correlation with the rest", "alpha without it"), rows,
        ),
    )  # fmt: skip


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
            n=_n(found),
            method="Read by declared rules; see docs/howto/evaluate-stances.md",
            table=_table("outcomes", "Askings", ("model", "asked", *COLUMN_TITLES.values()), rows),
        )
    ]
    judge = found["judge"]
    notes = []
    if judge is not None:
        same = _share(judge["agreement"])
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
