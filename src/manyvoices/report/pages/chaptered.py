"""A page of chapters with its figures and tables beside it: what several pages of results share.

It is a report's page with other chapters: the same shell, figures, colours and tables.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from manyvoices.evaluate.files import put
from manyvoices.report import palette
from manyvoices.report.drawn import DrawnItem, draw_chapter
from manyvoices.report.page import Entry, environment
from manyvoices.report.provenance import PACKAGES
from manyvoices.report.running import ChapterRun
from manyvoices.report.section import Chapter, Section
from manyvoices.report.table_files import to_parquet

PAGE = "index.html"


@dataclass(frozen=True, slots=True)
class _Made:
    """The command, in the words that a report's templates ask for."""

    words: tuple[str, ...]
    versions: tuple[tuple[str, str], ...]

    def for_chapter(self, chapter: str) -> tuple[str, ...]:
        """The whole command: all chapters come of one run."""
        del chapter
        return self.words


def write_chapters(
    out: Path, kind: str, chapters: Iterable[tuple[str, str, Section]], **about: Any
) -> Path:
    """``index.html``, ``figures/`` and ``tables/`` in `out`; the path of the page.

    `kind` is that of ``manyvoices evaluate KIND``: ``templates/pages/KIND.html`` is the head of the
    page and ``KIND_method.html`` its last chapter; `about` is what these two ask for.
    """
    runs = [_run(*chapter) for chapter in chapters]
    items = [item for run in runs if run.drawn for item in run.drawn.items]
    for item in items:
        for name, content in _files(item):
            path = out / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    page = out / PAGE
    put(page, _html(kind, runs, items, about))
    return page


def _html(kind: str, runs: list[ChapterRun], items: list[DrawnItem], about: dict[str, Any]) -> str:
    method = Entry("method", "How this was made", page=f"pages/{kind}_method")
    made = _Made(
        ("manyvoices", "evaluate", kind, "CONFIG.yaml"),
        (("Python", platform.python_version()), *((name, version(name)) for name in PACKAGES)),
    )
    return (
        environment()
        .get_template(f"pages/{kind}.html")
        .render(
            **about,
            entries=[*(Entry(run.id, run.title, run=run) for run in runs), method],
            short=[said for run in runs if run.drawn for said in run.drawn.in_short],
            labels={item.name: f"Table: {item.title} ({item.name})" for item in items},
            made=made,
            light=palette.variables(dark=False),
            dark=palette.variables(dark=True),
        )
    )


def _files(item: DrawnItem) -> Iterator[tuple[str, bytes]]:
    """Each file's name within the folder, and what is in it."""
    if item.picture is not None:
        yield f"figures/{item.name}.svg", item.picture.svg
        yield f"figures/{item.name}.png", item.picture.png
    if item.table is not None:
        yield f"tables/{item.name}.csv", item.table.to_csv().encode()
        yield f"tables/{item.name}.parquet", to_parquet(item.table)


def _run(id_: str, title: str, section: Section) -> ChapterRun:
    chapter = Chapter(id_, title, compute=_nothing, render=_nothing)
    return ChapterRun(id_, title, drawn=draw_chapter(chapter, section))


def _nothing(*_: Any) -> Any:
    raise AssertionError("the chapter is rendered already")
