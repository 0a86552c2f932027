"""The page of a preference study: ``index.html`` with everything in it, and its figures as files.

It is a report's page with other chapters: the same shell, figures, colours and tables.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from manyvoices.evaluate.files import put
from manyvoices.evaluate.preference.study import PreferenceResult
from manyvoices.report import palette
from manyvoices.report.drawn import DrawnChapter, draw_chapter
from manyvoices.report.page import environment
from manyvoices.report.preference.chapters import chapters
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


def write(result: PreferenceResult) -> Path:
    """``index.html``, ``figures/`` and the tables as they are read, in the result's folder."""
    runs = [_run(*chapter) for chapter in chapters(result.results)]
    for run in runs:
        assert run.drawn is not None
        for item in run.drawn.items:
            if item.picture is not None:
                _put(result.out / "figures" / f"{item.name}.svg", item.picture.svg)
                _put(result.out / "figures" / f"{item.name}.png", item.picture.png)
            if item.table is not None:
                _put(result.out / "tables" / f"{item.name}.csv", item.table.to_csv().encode())
                _put(result.out / "tables" / f"{item.name}.parquet", to_parquet(item.table))
    path = result.out / PAGE
    put(path, preference_page(result.results, runs))
    return path


def preference_page(results: Mapping[str, Any], runs: Sequence[ChapterRun]) -> str:
    """The page as HTML; the same results give the same bytes."""
    items = [item for run in runs if run.drawn for item in run.drawn.items]
    made = _Made(
        ("manyvoices", "evaluate", "preference", "CONFIG.yaml"),
        (("Python", platform.python_version()), *((name, version(name)) for name in PACKAGES)),
    )
    return (
        environment()
        .get_template("pages/preference.html")
        .render(
            results=results,
            counts=results["counts"],
            runs=runs,
            short=[said for run in runs if run.drawn for said in run.drawn.in_short],
            labels={item.name: f"Table: {item.title} ({item.name})" for item in items},
            made=made,
            pictures={},
            light=palette.variables(dark=False),
            dark=palette.variables(dark=True),
        )
    )


def _run(id_: str, title: str, section: Section) -> ChapterRun:
    chapter = Chapter(id_, title, compute=_nothing, render=_nothing)
    drawn: DrawnChapter = draw_chapter(chapter, section)
    return ChapterRun(id_, title, drawn=drawn)


def _nothing(*_: Any) -> Any:
    raise AssertionError("the chapter is rendered already")


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
