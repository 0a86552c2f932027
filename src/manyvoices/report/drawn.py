"""A chapter with its figures drawn: data alone, which can be kept and put into any page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from manyvoices.report.canvas import Picture, render
from manyvoices.report.data_table import DataTable
from manyvoices.report.section import Chapter, Item, Section

LONG = 25
"""A table with more rows than this is folded in the page."""
WORDY = 4_000
"""So is one with more characters than this."""
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_OUTSIDE = re.compile(r"<(?:script|iframe|object|embed|foreignObject)\b|url\((?!#)|@import", re.I)
_LINK = re.compile(r"\b(?:xlink:href|href|src)\s*=\s*\"(?!#|data:image/png;base64,)", re.I)


@dataclass(frozen=True, slots=True)
class DrawnItem:
    """An `Item` whose figure is drawn."""

    name: str
    title: str
    n: str
    method: str
    source: str
    notes: tuple[str, ...]
    caption: str
    """What the figure says about itself besides; often empty."""
    picture: Picture | None
    table: DataTable | None

    @property
    def long(self) -> bool:
        """Whether its table is folded."""
        if self.table is None:
            return False
        characters = sum(len(cell) for row in self.table.rows for cell in row)
        return len(self.table.rows) > LONG or characters > WORDY

    @property
    def said(self) -> str:
        """The method as a sentence that others can follow."""
        text = self.method.strip()
        return text if text.endswith((".", "!", "?")) else f"{text}."

    @property
    def answers(self) -> str:
        """The paper's figure that it answers to, or where else the question comes from."""
        text = self.source.strip().rstrip(".")
        return f"{text[:1].upper()}{text[1:]}." if text[:1].islower() else f"Answers {text}."

    @property
    def files(self) -> tuple[str, ...]:
        """Its files, from the report's folder."""
        figures = (f"figures/{self.name}.{kind}" for kind in ("svg", "png") if self.picture)
        tables = (f"tables/{self.name}.{kind}" for kind in ("csv", "parquet") if self.table)
        return (*figures, *tables)


@dataclass(frozen=True, slots=True)
class DrawnChapter:
    """A `Section` whose figures are drawn."""

    id: str
    title: str
    lead: str
    items: tuple[DrawnItem, ...]
    in_short: tuple[str, ...]
    notes: tuple[str, ...]


def draw_chapter(chapter: Chapter, section: Section) -> DrawnChapter:
    """Draw every figure of `section`.

    Raises:
        ValueError: An item has a name that is no name of a file or that another has too, no title,
            no number of cases, no method, nothing to show, or a figure that has no words for those
            who cannot see it or that would load something.
    """
    names = [item.name for item in section.items]
    if len(set(names)) < len(names):
        raise ValueError(f"chapter {chapter.id}: two items have one name: {names}")
    return DrawnChapter(
        id=chapter.id,
        title=chapter.title,
        lead=section.lead,
        items=tuple(_drawn(chapter.id, item) for item in section.items),
        in_short=section.in_short,
        notes=section.notes,
    )


def _drawn(chapter: str, item: Item) -> DrawnItem:
    for fault in _faults(item):
        raise ValueError(f"chapter {chapter}, item {item.name!r}: {fault}")
    return DrawnItem(
        name=item.name,
        title=item.title,
        n=item.n,
        method=item.method,
        source=item.source,
        notes=item.notes,
        caption=item.drawing.caption if item.drawing else "",
        picture=_picture(item),
        table=item.table,
    )


def _faults(item: Item) -> Iterator[str]:
    if not _NAME.fullmatch(item.name):
        yield "its name must be small letters, digits and single dashes"
    for what, text in (("title", item.title), ("n", item.n), ("method", item.method)):
        if not text.strip():
            yield f"its {what} is empty"
    if item.drawing is None and item.table is None:
        yield "it has neither a figure nor a table"
    if item.drawing is not None and not item.drawing.alt.strip():
        yield "its figure has no words for those who cannot see it (`Drawing.alt`)"
    if item.table is not None and any(
        len(row) != len(item.table.header) for row in item.table.rows
    ):
        yield "a row of its table has not as many cells as the header"


def _picture(item: Item) -> Picture | None:
    if item.drawing is None:
        return None
    title = item.drawing.title or item.title
    picture = render(replace(item.drawing, name=item.name, title=title))
    for svg in (picture.wide, picture.narrow):
        if _OUTSIDE.search(svg) or _LINK.search(svg):
            raise ValueError(f"the figure {item.name!r} would run or load something")
    return picture
