"""What the chapters of stances share: tables, headed rows, how numbers are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from manyvoices.report.data_table import DataTable
from manyvoices.report.formats import number
from manyvoices.report.preference.figures import Mark
from manyvoices.report.preference.wording import shown

Found = Mapping[str, Any]
GAP = "–"


def level(found: Found) -> str:
    """Of the intervals, in words."""
    return f"{found['config']['level']:.0%}"


def asked(found: Found) -> str:
    """What the page stands on."""
    subjects = found["subjects"]
    asked = sum(one["n_asked"] for one in subjects)
    n = max((len(one["items"]) for one in subjects), default=0)
    return f"{number(asked)} askings of {number(n)} items"


def table_of(
    name: str, title: str, header: tuple[str, ...], rows: Any, note: str = ""
) -> DataTable:
    """A table of the page."""
    return DataTable(name, title, header, tuple(tuple(row) for row in rows), note=note)


def headed(rows: Sequence[tuple[str, str, Found]]) -> list[Mark]:
    """A heading wherever the first of (heading, label, measure) changes, and a row for each."""
    marks: list[Mark] = []
    for place, (heading, label, measure) in enumerate(rows):
        if not place or rows[place - 1][0] != heading:
            marks.append(Mark(heading))
        marks.append(Mark(label, measure, shown(measure, 2)))
    return marks


def known(measure: Found) -> bool:
    """Whether a measure has a value."""
    value = measure["value"]
    return value is not None and isfinite(value)


def share(value: float | None) -> str:
    """``12%``; a dash where there is none."""
    return GAP if value is None else f"{value:.0%}"
