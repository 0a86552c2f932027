"""Raters of the same texts: if a few raters chose for all, whom would the choice suit?

The experiment on models (`sections.welfare`), with items in the place of models.
"""

from __future__ import annotations

import re
from dataclasses import replace

from manyvoices.analyse.welfare import WelfareResult, ratings_welfare
from manyvoices.report.section import Chapter, Item, Section
from manyvoices.report.sections import welfare

_MODEL = re.compile(r"\bmodel(s?)\b")
_ID = "raters-welfare"


def render(result: WelfareResult) -> Section:
    """The chapter on welfare in the words of a table of ratings."""
    section = welfare.render(result)
    return replace(
        section,
        lead=_of_items(section.lead),
        items=tuple(_item(item) for item in section.items),
        in_short=tuple(map(_of_items, section.in_short)),
        notes=tuple(map(_of_items, section.notes)),
    )


def _item(item: Item) -> Item:
    name = f"raters-{item.name}"
    table = item.table and replace(
        item.table,
        name=name,
        title=_of_items(item.table.title),
        header=tuple(map(_of_items, item.table.header)),
        note=_of_items(item.table.note),
    )
    drawing = item.drawing and replace(item.drawing, name=name, alt=_of_items(item.drawing.alt))
    return replace(
        item,
        name=name,
        title=_of_items(item.title),
        n=_of_items(item.n),
        method=_of_items(item.method),
        notes=tuple(map(_of_items, item.notes)),
        source="",
        table=table,
        drawing=drawing,
    )


def _of_items(text: str) -> str:
    return _MODEL.sub(r"item\1", text.replace("a model", "an item")).replace("Model", "Item")


CHAPTER = Chapter(_ID, "Welfare of raters", ratings_welfare, render, takes="ratings")
"""Answers PRISM's question (section 3.3) for any table of ratings."""
