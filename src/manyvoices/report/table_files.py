"""Tables as they stand in a page, and as CSV and Parquet beside it."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from manyvoices.report.data_table import GAP, DataTable

_NUMBER = re.compile(r"[-−]?(0|[1-9]\d{0,2}(,\d{3})+|[1-9]\d*)(\.\d+)?")
_LIKE_A_NUMBER = re.compile(r"[<>≤≥=≈±+]?\s?[-−]?\d")
_EMPTY = ("", GAP)
_WORDY = 40
"""Characters beyond which a cell is a text."""


@dataclass(frozen=True, slots=True)
class RowGroup:
    """Rows below one head; the first group of a table often has none."""

    head: tuple[str, ...] | None
    rows: tuple[tuple[str, ...], ...]


def row_groups(table: DataTable) -> tuple[RowGroup, ...]:
    """`table.rows` cut at `table.heads`."""
    groups: list[tuple[tuple[str, ...] | None, list[tuple[str, ...]]]] = []
    for place, row in enumerate(table.rows):
        if place in table.heads:
            groups.append((row, []))
        elif not groups:
            groups.append((None, [row]))
        else:
            groups[-1][1].append(row)
    return tuple(RowGroup(head, tuple(rows)) for head, rows in groups)


def column_classes(table: DataTable) -> tuple[str, ...]:
    """For each column the class of its cells: ``n`` where they read as numbers and stand at the
    right, ``wordy`` where they need room for a text, else nothing."""
    return tuple(_class(place, cells) for place, cells in enumerate(_columns(table)))


def _class(place: int, cells: Sequence[str]) -> str:
    told = [cell for cell in cells if cell not in _EMPTY]
    if place and told and all(_LIKE_A_NUMBER.match(cell) and len(cell) <= _WORDY for cell in told):
        return "n"
    return "wordy" if any(len(cell) > _WORDY for cell in told) else ""


def to_parquet(table: DataTable) -> bytes:
    """The same table with columns of plain numbers as numbers, and nothing where nobody looked.

    Shares ("12%"), intervals and counts with a remark stay text: their unit is part of them.
    """
    import polars as pl

    names = _names(table.header)
    columns = []
    for name, cells in zip(names, _columns(table), strict=True):
        values, kind = _values(cells)
        columns.append(pl.Series(name, values, kind))
    buffer = io.BytesIO()
    pl.DataFrame(columns).write_parquet(buffer, compression="zstd")
    return buffer.getvalue()


def _columns(table: DataTable) -> list[list[str]]:
    return [[row[place] for row in table.rows] for place in range(len(table.header))]


def _names(header: Sequence[str]) -> list[str]:
    """The header, with a number where a name is missing or comes again."""
    names: list[str] = []
    for place, name in enumerate(header, start=1):
        names.append(name if name and name not in names else f"{name or 'column'} {place}")
    return names


def _values(cells: list[str]) -> tuple[list[Any], Any]:
    import polars as pl

    told = [cell for cell in cells if cell not in _EMPTY]
    if not told or not all(_NUMBER.fullmatch(cell) for cell in told):
        return [None if cell == GAP else cell for cell in cells], pl.String
    plain = [None if c in _EMPTY else c.replace(",", "").replace("−", "-") for c in cells]
    if any("." in cell for cell in told):
        return [None if text is None else float(text) for text in plain], pl.Float64
    return [None if text is None else int(text) for text in plain], pl.Int64
