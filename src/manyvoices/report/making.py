"""A whole report from a path: which chapters, in which order, computed or taken from the cache."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from manyvoices.analyse.overview import Overview, overview
from manyvoices.analyse.settings import Settings
from manyvoices.analyse.study_report import ReleaseAnalysis, analyse_release
from manyvoices.analyse.table import Source
from manyvoices.report import sections
from manyvoices.report.cache import ResultCache, drawing_software
from manyvoices.report.canvas import Picture
from manyvoices.report.first_pages import FIRST_PAGES, METHOD
from manyvoices.report.head import Head, head_of_input, head_of_release
from manyvoices.report.index import report_index
from manyvoices.report.inputs import Input, digest_of, find_input
from manyvoices.report.page import Report, build_report, first_pictures
from manyvoices.report.provenance import Provenance, provenance
from manyvoices.report.running import ChapterRun, Kitchen, run_chapter
from manyvoices.report.section import Chapter
from manyvoices.report.watching import Watch
from manyvoices.schema.errors import DataError, Fault

COMPARISON = "comparison"
"""Shown only where there is something to compare with."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants of a report."""

    path: Path
    settings: Settings = field(default_factory=Settings)
    only: tuple[str, ...] = ()
    """Ids of first pages and chapters; empty = all that fit."""
    fields: tuple[str, ...] = ()
    """Groups to compare on the page "Leaderboard by group"."""
    cache: ResultCache | None = None
    strict: bool = False
    """Raise what a chapter raises, instead of showing it in the chapter's place."""


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A report, and what came of its chapters."""

    report: Report
    runs: tuple[ChapterRun, ...]
    """The first pages together, if any was made, then each chapter."""
    result: ReleaseAnalysis | None
    """The first pages' numbers; None where none was made."""
    n_computed: int
    """Results that were computed and not taken from the cache."""

    @property
    def faults(self) -> tuple[ChapterRun, ...]:
        """Chapters in which the program failed."""
        return tuple(run for run in self.runs if run.fault)


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be made of an input."""

    found: Input
    pages: tuple[str, ...]
    chapters: tuple[Chapter, ...]

    @property
    def n_steps(self) -> int:
        """The first pages count as one."""
        return bool(self.pages) + len(self.chapters)


def plan_report(wish: Wish, chapters: Sequence[Chapter] | None = None) -> Plan:
    """Choose pages and chapters by the input and by `wish.only`.

    Raises:
        DataError: The input is nothing to report on; an id is unknown or does not fit the input.
    """
    every = sections.chapters() if chapters is None else tuple(chapters)
    found = find_input(wish.path)
    fitting = [
        chapter
        for chapter in every
        if chapter.takes in found.kinds
        and (chapter.id != COMPARISON or wish.settings.compare is not None)
    ]
    pages = tuple(FIRST_PAGES) if "study" in found.kinds else ()
    _check(wish, every, (*pages, *(chapter.id for chapter in fitting)), found)
    if wish.only:
        pages = tuple(page for page in pages if page in wish.only)
        fitting = [chapter for chapter in fitting if chapter.id in wish.only]
    return Plan(found, pages, tuple(fitting))


def make_report(
    wish: Wish,
    plan: Plan,
    *,
    on_conversation: Callable[[], None] | None = None,
    on_step: Callable[[], None] | None = None,
) -> Made:
    """Make what `plan` says; `on_step` is called after each of its `n_steps`.

    Raises:
        DataError: The input has faults, or a field of `wish.fields` does not exist.
    """
    kitchen = Kitchen(plan.found, wish.settings, wish.cache, on_conversation)
    advance = on_step or _nothing
    first = _first_pages(kitchen, wish, plan) if plan.pages else None
    if first is not None:
        advance()
    head = _head(kitchen, first.result if first else None)
    runs = []
    for chapter in plan.chapters:
        runs.append(run_chapter(kitchen, chapter, strict=wish.strict))
        advance()
    wish.settings.tick("Writing the page")
    report = _page(wish, plan, head, first, runs)
    shown = (*((first.run,) if first else ()), *runs)
    return Made(report, shown, first.result if first else None, kitchen.n_computed)


@dataclass(frozen=True, slots=True, eq=False)
class _First:
    """The first pages before they stand in the page."""

    result: ReleaseAnalysis
    pictures: tuple[Picture, ...]
    run: ChapterRun


def _first_pages(kitchen: Kitchen, wish: Wish, plan: Plan) -> _First:
    watch, before, settings = Watch(), kitchen.n_computed, wish.settings

    def analysed() -> ReleaseAnalysis:
        return analyse_release(
            kitchen.dataset.table,
            fields=wish.fields,
            resampling=settings.resampling,
            tie_threshold=settings.tie_threshold,
            on_step=lambda step: settings.tick(f"First pages: {step}"),
        )

    result = kitchen.kept("first pages", analysed, more=repr(wish.fields))
    settings.tick("First pages: drawing")
    more = digest_of((repr(wish.fields), repr(plan.pages), drawing_software()))
    drawn = kitchen.kept("first figures", lambda: first_pictures(result, plan.pages), more=more)
    run = ChapterRun(
        id="first-pages",
        title="First pages",
        seconds=watch.seconds,
        peak_bytes=watch.peak_bytes,
        kept=kitchen.n_computed == before,
    )
    return _First(result, drawn, run)


def _page(
    wish: Wish, plan: Plan, head: Head, first: _First | None, runs: Sequence[ChapterRun]
) -> Report:
    made, result = _provenance(wish, plan), first.result if first else None
    return build_report(
        result,
        made,
        head=head,
        pages=plan.pages,
        runs=runs,
        resampling=wish.settings.resampling,
        pictures=first.pictures if first else (),
        index=report_index(plan.found, head, made, result, plan.pages, runs),
    )


def _head(kitchen: Kitchen, result: ReleaseAnalysis | None) -> Head:
    if "study" not in kitchen.found.kinds:
        return head_of_input(kitchen.found)
    if result is not None:
        return head_of_release(result.source, result.words.title, result.overview)

    def seen() -> tuple[Source, str, Overview]:
        table = kitchen.dataset.table
        return table.source, table.words.title, overview(table)

    return head_of_release(*kitchen.kept("head", seen))


def _check(wish: Wish, every: Sequence[Chapter], fitting: Sequence[str], found: Input) -> None:
    known = dict.fromkeys((*FIRST_PAGES, *(chapter.id for chapter in every)))
    for name in wish.only:
        if name == METHOD or name in fitting:
            continue
        if name == COMPARISON and name in known and wish.settings.compare is None:
            wanted = "--compare OTHER_RELEASE beside it"
            raise DataError([Fault("--only", None, "", repr(name), wanted)])
        wanted = f"one of {', '.join(dict.fromkeys(fitting)) or 'none'}"
        what = f"{name!r}, which no {found.format} has" if name in known else repr(name)
        raise DataError([Fault("--only", None, "", what, wanted)])
    if not wish.only and not fitting:
        raise DataError([Fault(str(found.path), None, "", found.format, "data of some chapter")])


def _provenance(wish: Wish, plan: Plan) -> Provenance:
    compare, embedder = wish.settings.compare, wish.settings.embedder
    return provenance(
        plan.found.name,
        wish.settings.resampling,
        wish.fields,
        only=wish.only,
        compare=compare.resolve().name if compare else "",
        references=[path.name for path in wish.settings.references],
        embedder=Path(embedder).resolve().name if Path(embedder).is_dir() else embedder,
    )


def _nothing() -> None:
    """Nobody watches."""
