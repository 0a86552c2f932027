"""``manyvoices describe``: the tables that describe a release, as HTML, CSV and Markdown."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from manyvoices.cli.common import JsonFlag, console, errors, print_json, verb
from manyvoices.schema.errors import DataError, Fault

if TYPE_CHECKING:
    from manyvoices.curate.describe_release import Description


@verb
def describe(
    release: Annotated[Path, typer.Argument(help="Folder of a release, or PRISM's files.")],
    out: Annotated[Path | None, typer.Option(help="Folder to write the tables to.")] = None,
    compat: Annotated[
        bool, typer.Option("--compat-prism", help="Count words as PRISM's notebook did.")
    ] = False,
    usecases: Annotated[
        Path | None, typer.Option(help="CSV header,survey_text: texts of the use cases.")
    ] = None,
    reward: Annotated[
        float | None, typer.Option(min=0, help="Paid to each person, for the costs.")
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Write PRISM's tables 2-5 and 8-11 of a release: people, places, use, texts, flags."""
    from manyvoices.curate.describe_release import describe_release
    from manyvoices.report.data_tables import write_data_tables

    labels = None if usecases is None else _labels(usecases)
    with errors.status(f"reading {release}"):
        found = describe_release(
            release,
            compat="prism" if compat else None,
            usecase_labels=labels,
            reward=reward,
        )
        written = [] if out is None else write_data_tables(found, out)
    if json:
        print_json({"description": found, "written": written})
        return
    _print(found, written)


def _labels(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows or not {"header", "survey_text"} <= rows[0].keys():
        raise DataError([Fault(str(path), 1, "", "other columns", "header and survey_text")])
    return {row["header"]: row["survey_text"] for row in rows if row["survey_text"]}


def _print(found: Description, written: list[Path]) -> None:
    from rich.table import Table

    from manyvoices.report.data_tables import data_tables

    for one in data_tables(found):
        # What people wrote as a label is no markup.
        table = Table(*one.header, title=one.title, title_justify="left", box=None)
        for row in one.rows:
            table.add_row(*(cell.replace("[", "\\[") for cell in row))
        console.print(table)
        if one.note:
            console.print(one.note, markup=False, highlight=False)
        console.print()
    for path in written:
        console.print(str(path), markup=False, highlight=False)
