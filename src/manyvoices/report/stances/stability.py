"""The chapter on whether answers keep their side."""

from __future__ import annotations

from manyvoices.evaluate.preference.texts import percent
from manyvoices.report.formats import listed, number
from manyvoices.report.preference.figures import Mark, forest
from manyvoices.report.section import Item, Section
from manyvoices.report.stances.figures import (
    items_figure,
    name_of,
)
from manyvoices.report.stances.shared import (
    GAP,
    Found,
    asked,
    level,
    table_of,
)


def stability_section(found: Found) -> Section:
    """How many items are stable, and each item by itself."""
    said = _said(found)
    return Section(
        lead=f"{found['rule']} An unstable item is shown as such and has no mean.",
        in_short=(said + ".",),
        items=(_shares_item(found, said), _items_item(found)),
    )


def _said(found: Found) -> str:
    unstable = [
        name_of(one) for one in found["subjects"] if one["stability"]["verdict"] == "unstable"
    ]
    if not unstable:
        return "Every model keeps its side on at least half of the items"
    are = "is" if len(unstable) == 1 else "are"
    return f"{listed(unstable)} {are} unstable: fewer than half of the items keep their side"


def _shares_item(found: Found, said: str) -> Item:
    subjects = found["subjects"]
    shares = [
        Mark(name_of(one), one["stability"]["stable"], percent(one["stability"]["stable"]))
        for one in subjects
    ]
    return Item(
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
            ("model", *_STATUSES, "turned by"),
            [(name_of(one), *(number(one["stability"]["counts"][k]) for k in _STATUSES),
              _turned(one)) for one in subjects],
            "“Turned by”: items whose side differs between levels of a factor of the form, "
            "or between answers to the very same prompt (sample).",
        ),
    )  # fmt: skip


def _items_item(found: Found) -> Item:
    subjects = found["subjects"]
    texts = {item["id"]: item["text"] for item in found["instrument"]["items"]}
    cells = [{item["item"]: _cell(item) for item in one["items"]} for one in subjects]
    rows = [
        (text, *(column.get(name, GAP) for column in cells))
        for name, text in texts.items()
        if any(name in column for column in cells)
    ]
    header = ("item", *(f"{i}. {name_of(one)}" for i, one in enumerate(subjects, start=1)))
    return Item(
        name="items",
        title="Item by item",
        n=asked(found),
        method="Mean score of the options given, −1 (rejects) to 1 (agrees)",
        drawing=items_figure(found, subjects),
        table=table_of("items", "Mean score, share of options on its side", header, rows),
    )


_STATUSES = ("stable", "unstable", "neutral", "silent")


def _turned(one: Found) -> str:
    return ", ".join(f"{k} {v}" for k, v in one["stability"]["flips_by"].items()) or "none"


def _cell(item: Found) -> str:
    if item["status"] == "unstable":
        return f"unstable, {item['kept']:.0%} on one side"
    if item["status"] == "silent":
        return f"silent, {item['n_options']} of {item['n_asked']}"
    return f"{item['mean']:+.2f}, {item['kept']:.0%}".replace("-", "−")
