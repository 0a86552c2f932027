"""``report.json``: what a report holds, for programs; no times, so that it is the same twice."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from manyvoices.analyse.study_report import ReleaseAnalysis
from manyvoices.report.data_table import DataTable
from manyvoices.report.drawn import DrawnItem
from manyvoices.report.first_pages import FIRST_PAGES, case_counts, drawings
from manyvoices.report.first_tables import first_tables
from manyvoices.report.head import Head
from manyvoices.report.inputs import Input
from manyvoices.report.provenance import Provenance
from manyvoices.report.running import ChapterRun

VERSION = 1
"""Of this file's form."""


def report_index(
    found: Input,
    head: Head,
    made: Provenance,
    result: ReleaseAnalysis | None,
    pages: Sequence[str],
    runs: Sequence[ChapterRun],
) -> str:
    """The JSON text. Each item has an id, a title, what it stands on, how it was made, its files;
    `source` names the paper's figure or table that it answers to, where one does."""
    chapters = [] if result is None else list(_first_chapters(result, pages))
    document = {
        "report": VERSION,
        "title": head.title,
        "input": {"name": found.name, "format": found.format, "sha256": found.digest()},
        "release_id": head.source.release_id if head.source else "",
        "command": made.command,
        "versions": dict(made.versions),
        "chapters": [*chapters, *map(_chapter, runs)],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _chapter(run: ChapterRun) -> dict[str, Any]:
    drawn = run.drawn
    return {
        "id": run.id,
        "title": run.title,
        "state": run.state,
        "note": run.fault or run.note,
        "lead": drawn.lead if drawn else "",
        "in_short": list(drawn.in_short) if drawn else [],
        "notes": list(drawn.notes) if drawn else [],
        "items": [_item(item) for item in drawn.items] if drawn else [],
    }


def _item(item: DrawnItem) -> dict[str, Any]:
    return {
        "id": item.name,
        "title": item.title,
        "n": item.n,
        "method": item.method,
        "source": item.source,
        "notes": list(item.notes),
        "files": list(item.files),
    }


def _first_chapters(result: ReleaseAnalysis, pages: Sequence[str]) -> Iterator[dict[str, Any]]:
    counts = case_counts(result)
    for page in (page for page in FIRST_PAGES if page in pages):
        figures = {drawing.name: drawing for drawing in drawings(result, (page,))}
        tables = {table.name: table for table in first_tables(result, (page,))}
        items = []
        for name in dict.fromkeys((*figures, *tables)):
            figure, table = figures.get(name), tables.get(name)
            items.append(
                {
                    "id": name,
                    "title": figure.title if figure else _title(table),
                    "n": counts.get(name, ""),
                    "method": figure.caption if figure else "Counted.",
                    "source": "",
                    "notes": [],
                    "files": [
                        *(f"figures/{name}.{kind}" for kind in ("svg", "png") if figure),
                        *(f"tables/{name}.{kind}" for kind in ("csv", "parquet") if table),
                    ],
                }
            )
        plain = {"state": "shown", "note": "", "lead": "", "in_short": [], "notes": []}
        yield {"id": page, "title": FIRST_PAGES[page], **plain, "items": items}


def _title(table: DataTable | None) -> str:
    return table.title if table else ""
