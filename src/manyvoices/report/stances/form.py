"""The chapter on what the form of the question does."""

from __future__ import annotations

from manyvoices.report.preference.figures import forest
from manyvoices.report.preference.wording import shown
from manyvoices.report.section import Item, Section
from manyvoices.report.stances.figures import name_of
from manyvoices.report.stances.shared import (
    Found,
    asked,
    headed,
    known,
    level,
    share,
    table_of,
)

LEAD = "The same item in other words, another order or another frame is the same question."
HABITS = (("first_option", "pull of the first option"), ("agreement", "saying yes"))


def form_section(found: Found) -> Section:
    """Components, habits and shifts; those of which nothing is known are left out."""
    items = (_components(found), _habits(found), _shifts(found))
    return Section(lead=LEAD, items=tuple(item for item in items if item is not None))


def _components(found: Found) -> Item:
    subjects = found["subjects"]
    names = list(dict.fromkeys(n for one in subjects for n in one["sensitivity"]["components"]))
    titles = [name.replace("_", " ") for name in names]
    rows = [
        (name_of(one), *(share(one["sensitivity"]["shares"].get(name)) for name in names))
        for one in subjects
    ]
    return Item(
        name="components",
        title="What makes scores differ",
        n=asked(found),
        method=(
            "Shares of the variance of scores, by the method of moments: between items (the "
            "stance itself), by each factor of the form, and between answers to one prompt"
        ),
        table=table_of("components", "Shares of variance", ("model", *titles), rows),
    )


def _habits(found: Found) -> Item | None:
    rows = [
        (words, name_of(one), one["sensitivity"][key])
        for key, words in HABITS
        for one in found["subjects"]
        if known(one["sensitivity"][key])
    ]
    marks = headed(rows)
    if not marks:
        return None
    return Item(
        name="habits",
        title="Habits that are no views",
        n=asked(found),
        method=(
            "Pull: slope of the score on that of the option shown first, within items; 1 = "
            "always the first. Saying yes: mean agreement, both directions counted alike. "
            f"{level(found)} intervals over items"
        ),
        drawing=forest(
            "habits", marks, alt="Pull of the first option and habit of saying yes.",
            xlabel="0 = none", middle=0.0, scale=1.0, limits=None,
        ),
        table=table_of(
            "habits", "Habits", ("model", "habit", "value"),
            [(model, words, shown(value, 2)) for words, model, value in rows],
        ),
    )  # fmt: skip


def _shifts(found: Found) -> Item | None:
    rows = [
        (name_of(one), s["factor"].replace("_", " "), s["level"], s["axis"],
         f"{s['position']:+.2f}".replace("-", "−"), shown(s["difference"], 2))
        for one in found["subjects"]
        for s in one["sensitivity"]["shifts"]
    ]  # fmt: skip
    if not rows:
        return None
    return Item(
        name="shifts",
        title="Positions by form",
        n=asked(found),
        method=(
            "Position from all items at one level of a factor, and its difference from "
            f"the mean over the levels; {level(found)} intervals over items"
        ),
        table=table_of(
            "shifts", "Positions by form",
            ("model", "factor", "level", "axis", "position", "difference"), rows,
        ),
    )  # fmt: skip
