"""Quota cells from a CSV file, so that a census table can be used as it comes.

A column for each question that the cells are made of, and ``limit``, ``target`` and ``name`` where
wanted. An empty condition counts everybody; ``|`` parts several values; ``18..24`` is a range.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import Any

NUMBERS = ("limit", "target")
OWN = (*NUMBERS, "name")


@dataclass
class Table:
    """The cells as they would be written in YAML, each with its line, and what is wrong."""

    cells: tuple[dict[str, Any], ...] = ()
    lines: list[int] = field(default_factory=list)
    faults: list[tuple[int, str, str, str, str]] = field(default_factory=list)
    """Line, column, found, expected, hint."""


def read_cells(text: str) -> Table:
    """Read a table of cells. Never raises: what is wrong is in `faults`."""
    table = Table()
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")), restkey="")
    columns = [name or "" for name in reader.fieldnames or ()]
    if not set(NUMBERS) & set(columns):
        table.faults.append((1, "", ", ".join(columns) or "an empty file", "a column limit", ""))
        return table
    cells = []
    for row in reader:
        line = reader.line_num
        if "" in row or None in row.values():
            table.faults.append((line, "", "another number of columns", f"{len(columns)}", ""))
            continue
        cells.append(_cell(row, line, table))
        table.lines.append(line)
    table.cells = tuple(cells)
    return table


def _cell(row: dict[str, str], line: int, table: Table) -> dict[str, Any]:
    filled = {name: value.strip() for name, value in row.items() if value.strip()}
    cell: dict[str, Any] = {
        "where": {
            name: tuple(one.strip() for one in value.split("|"))
            for name, value in filled.items()
            if name not in OWN
        }
    }
    if "name" in filled:
        cell["name"] = filled["name"]
    for name in NUMBERS:
        if name not in filled:
            continue
        if filled[name].isascii() and filled[name].isdigit():
            cell[name] = int(filled[name])
        else:
            table.faults.append((line, name, repr(filled[name]), "a whole number", ""))
    return cell
