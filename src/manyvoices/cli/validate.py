"""``manyvoices validate``: check a data file or a release against its format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from manyvoices.cli.common import JsonFlag, console, errors, print_json, verb
from manyvoices.cli.progress import reading_bar
from manyvoices.schema.wording import plural

if TYPE_CHECKING:
    from manyvoices.io import ValidationReport
    from manyvoices.schema import Fault


@verb
def validate(
    path: Annotated[Path, typer.Argument(help="A data file, or the folder of a release.")],
    format: Annotated[
        str | None,
        typer.Option(
            "--format", "-f", help="What it should be; told from its content if left out."
        ),
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Check a data file or a release against its format.

    A release's hashes are checked as well, and that its files refer to what is there. Faults are
    printed as file:line: path: found, expected, many of one kind as one line with their number, and
    the exit code is 1.
    """
    from manyvoices.io import validate as run

    with reading_bar(path) as on_bytes:
        report = run(path, format, on_bytes=on_bytes)
    if json:
        print_json(_document(report))
    else:
        _print(report)
    if not report.ok:
        raise typer.Exit(1)


def _print(report: ValidationReport) -> None:
    for line in (line for group in report.groups for line in group.lines):
        errors.print(line, markup=False, highlight=False, soft_wrap=True)
    if report.n_ungrouped:
        more = f"... and {report.n_ungrouped:,} more of other kinds"
        errors.print(more, markup=False, highlight=False)
    if report.ok:
        counts = ", ".join(f"{n:,} in {name}" for name, n in report.n_records.items())
        bots = (
            f", {plural(report.n_simulated, 'participant')} simulated" if report.n_simulated else ""
        )
        line = f"{report.path}: valid {report.format}: {counts}{bots}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _document(report: ValidationReport) -> dict[str, object]:
    return {
        "path": report.path,
        "format": report.format,
        "valid": report.ok,
        "n_records": report.n_records,
        "n_simulated": report.n_simulated,
        "n_faults": len(report.faults) + report.n_more,
        "faults": [_fields(fault) for fault in report.faults],
        "groups": [
            {"count": group.count, "first": _fields(group.faults[0])} for group in report.groups
        ],
    }


def _fields(fault: Fault) -> dict[str, object]:
    return {name: getattr(fault, name) for name in fault.__slots__}
