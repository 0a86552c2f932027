"""The page of stances: ``index.html`` with everything in it, and its figures as files."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from manyvoices.evaluate.files import put
from manyvoices.evaluate.stances.running import StancesResult
from manyvoices.report import palette
from manyvoices.report.drawn import draw_chapter
from manyvoices.report.page import environment
from manyvoices.report.provenance import PACKAGES
from manyvoices.report.running import ChapterRun
from manyvoices.report.section import Chapter, Section
from manyvoices.report.stances.chapters import chapters
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


def write(result: StancesResult) -> Path:
    """``index.html``, ``figures/`` and the tables as they are read, in the result's folder."""
    runs = [_run(*chapter) for chapter in chapters(result.results)]
    for item in (item for run in runs if run.drawn for item in run.drawn.items):
        if item.picture is not None:
            _put(result.out / "figures" / f"{item.name}.svg", item.picture.svg)
            _put(result.out / "figures" / f"{item.name}.png", item.picture.png)
        if item.table is not None:
            _put(result.out / "tables" / f"{item.name}.csv", item.table.to_csv().encode())
            _put(result.out / "tables" / f"{item.name}.parquet", to_parquet(item.table))
    path = result.out / PAGE
    put(path, _html(result, runs))
    return path


def _html(result: StancesResult, runs: Sequence[ChapterRun]) -> str:
    results = result.results
    items = [item for run in runs if run.drawn for item in run.drawn.items]
    made = _Made(
        ("manyvoices", "evaluate", "stances", "CONFIG.yaml"),
        (("Python", platform.python_version()), *((name, version(name)) for name in PACKAGES)),
    )
    return (
        environment()
        .get_template("pages/stances.html")
        .render(
            results=results,
            about=results["instrument"],
            models=list(dict.fromkeys(one["model"] for one in results["subjects"])),
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
    return ChapterRun(id_, title, drawn=draw_chapter(chapter, section))


def _nothing(*_: Any) -> Any:
    raise AssertionError("the chapter is rendered already")


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
