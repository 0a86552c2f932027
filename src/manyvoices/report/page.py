"""Results and figures into one HTML file that needs nothing else, with files beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.study_report import ReleaseAnalysis
from manyvoices.report import findings, formats, palette, rank_figures, score_figures, table_files
from manyvoices.report.canvas import Picture, render
from manyvoices.report.data_table import DataTable
from manyvoices.report.drawn import DrawnItem
from manyvoices.report.first_pages import (
    FIRST_PAGES,
    METHOD,
    METHOD_TITLE,
    drawings,
    in_short,
)
from manyvoices.report.first_tables import first_tables
from manyvoices.report.head import Head, head_of_release
from manyvoices.report.provenance import METHODS, Provenance
from manyvoices.report.running import ChapterRun
from manyvoices.schema.wording import plural


@dataclass(frozen=True, slots=True)
class Report:
    """A report in memory: the page, and its figures and tables as files."""

    html: str
    pictures: tuple[Picture, ...]
    tables: tuple[DataTable, ...] = ()
    index: str = ""
    """``report.json``; empty for none."""

    def write(self, directory: Path) -> tuple[Path, ...]:
        """Write ``report.html``, ``figures/NAME.svg`` and ``.png``, ``tables/NAME.csv`` and
        ``.parquet``, and ``report.json``; return all paths, the page first."""
        directory.mkdir(parents=True, exist_ok=True)
        written = []
        for name, content in self.files():
            path = directory / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
            written.append(path)
        return tuple(written)

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Every file's name within the folder, and what is in it."""
        yield "report.html", self.html.encode()
        for picture in self.pictures:
            yield f"figures/{picture.name}.svg", picture.svg
            yield f"figures/{picture.name}.png", picture.png
        for table in self.tables:
            yield f"tables/{table.name}.csv", table.to_csv().encode()
            yield f"tables/{table.name}.parquet", table_files.to_parquet(table)
        if self.index:
            yield "report.json", self.index.encode()


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the contents, and what follows under its heading."""

    anchor: str
    title: str
    page: str = ""
    """Id of a first page, or of the last; empty for a chapter."""
    run: ChapterRun | None = None


def build_report(
    result: ReleaseAnalysis | None,
    made: Provenance,
    *,
    head: Head | None = None,
    pages: Sequence[str] = tuple(FIRST_PAGES),
    runs: Sequence[ChapterRun] = (),
    resampling: Resampling | None = None,
    pictures: Sequence[Picture] | None = None,
    index: str = "",
) -> Report:
    """Render the first pages of `result` that `pages` names, then the chapters in `runs`.

    Where `result` is None (the input is no release, or no first page was asked for), `head` and
    `resampling` say what is on top and how intervals were made. `pictures` are those of the first
    pages, drawn here where None. The same input gives the same bytes: every date comes from the
    release.

    Raises:
        ValueError: Two figures, or two tables, would have one name.
    """
    if result is None:
        pages = ()
    else:
        head = head or head_of_release(result.source, result.words.title, result.overview)
        resampling = resampling or result.resampling
    if head is None:
        raise ValueError("a report without first pages needs a head")
    resampling = resampling or Resampling()
    first = first_pictures(result, pages) if pictures is None else pictures
    items = [item for run in runs if run.drawn for item in run.drawn.items]
    drawn = (*first, *(item.picture for item in items if item.picture))
    tables = (*(first_tables(result, pages) if result else ()), *map(_table, items))
    known = tuple(table for table in tables if table is not None)
    _unique([picture.name for picture in drawn])
    _unique([table.name for table in known])
    html = _html(
        head=head,
        made=made,
        entries=_entries(pages, runs),
        short=(*(in_short(result, pages) if result else ()), *_chapters_in_short(runs)),
        resampling=resampling,
        level=f"{resampling.level:.0%}",
        labels=_labels(items),
        methods=METHODS if pages else (),
        **_first(result, first),
    )
    return Report(html=html, pictures=drawn, tables=known, index=index)


def _html(**values: Any) -> str:
    light, dark = palette.variables(dark=False), palette.variables(dark=True)
    return environment().get_template("report.html").render(light=light, dark=dark, **values)


def first_pictures(result: ReleaseAnalysis | None, pages: Sequence[str]) -> tuple[Picture, ...]:
    """Every figure of the first pages named in `pages`."""
    return tuple(render(drawing) for drawing in drawings(result, pages)) if result else ()


def _first(result: ReleaseAnalysis | None, pictures: Sequence[Picture]) -> Mapping[str, Any]:
    """What the templates of the first pages ask for."""
    if result is None:
        return {"result": None, "seen": None, "pictures": {}}
    return {
        "result": result,
        "seen": result.overview,
        "pictures": {picture.name: picture for picture in pictures},
        "attribute_names": [
            score_figures.attribute_name(b, i) for i, b in enumerate(result.attributes, 1)
        ],
        "group_names": [rank_figures.group_name(comparison) for comparison in result.groups],
    }


def _entries(pages: Sequence[str], runs: Sequence[ChapterRun]) -> list[Entry]:
    entries = [Entry(id_, title, page=id_) for id_, title in FIRST_PAGES.items() if id_ in pages]
    taken = {METHOD, *FIRST_PAGES}
    for run in runs:
        anchor = f"more-{run.id}" if run.id in taken else run.id
        entries.append(Entry(anchor, run.title, run=run))
    return [*entries, Entry(METHOD, METHOD_TITLE, page=METHOD)]


def _chapters_in_short(runs: Sequence[ChapterRun]) -> tuple[str, ...]:
    broken = [run.title for run in runs if run.fault]
    said = tuple(sentence for run in runs if run.drawn for sentence in run.drawn.in_short)
    if not broken:
        return said
    named = formats.listed([f"“{title}”" for title in broken])
    return (*said, f"The program failed in {named}: what it would have shown is missing.")


def _table(item: DrawnItem) -> DataTable | None:
    if item.table is None or item.table.name == item.name:
        return item.table
    table = item.table
    return DataTable(item.name, table.title, table.header, table.rows, table.heads, table.note)


def _labels(items: Sequence[DrawnItem]) -> dict[str, str]:
    """Item -> the name by which a screen reader announces its table; no two are alike."""
    often = Counter(item.title for item in items)
    return {
        item.name: f"Table: {item.title}" + (f" ({item.name})" if often[item.title] > 1 else "")
        for item in items
    }


def _unique(names: Sequence[str]) -> None:
    twice = [name for name, n in Counter(names).items() if n > 1]
    if twice:
        raise ValueError(f"two files would be called {formats.listed(twice)}")


_FILTERS = (
    "day",
    "days",
    "interval",
    "listed",
    "number",
    "out_of",
    "ranks",
    "share",
    "statement",
)
"""Functions of `formats` that the templates use."""


@cache
def environment() -> Environment:
    """The templates, with the filters and words that all pages of results share."""
    made = Environment(
        loader=PackageLoader("manyvoices.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update({name: getattr(formats, name) for name in _FILTERS}, plural=plural)
    made.globals.update(
        findings=findings,
        method_name=formats.method_name,
        method_digits=formats.method_digits,
        row_groups=table_files.row_groups,
        column_classes=table_files.column_classes,
        svg=Markup,  # our own drawings, with labels escaped by the drawing
    )
    return made
