"""Tables of text (CSV, TSV) as rows with the line that each starts on, and every fault named.

Python's own reader forgets where a row began and lets one quote that is never closed swallow the
rest of the file. Here a row is put together line by line, up to a limit, before it is taken apart.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from manyvoices.io.faults import FaultLog, shorten
from manyvoices.io.lines import OnBytes, iter_lines
from manyvoices.schema import Fault

DELIMITERS = (",", "\t", ";", "|")

MAX_ROW_LINES = 10_000
"""Lines of the longest row: a quote that is never closed cannot fill the memory."""

_MAX_CELL = 2**31 - 1


def delimiter(header: str) -> str | None:
    """What separates the columns of a header; None where it has one column only."""
    counts = {mark: header.count(mark) for mark in DELIMITERS}
    best = max(counts, key=counts.__getitem__)
    return best if counts[best] else None


def iter_table(
    path: Path | str, log: FaultLog, on_bytes: OnBytes | None = None
) -> Iterator[tuple[int, list[str], dict[str, str]]]:
    """(line, columns, column -> cell) of each row; faults go to `log`, and their rows are left out.

    The columns come with each row, so that there is no other way to learn of them.
    """
    rows = _rows(path, log, on_bytes)
    head = next(rows, None)
    if head is None:
        if not log.faults:
            log.add(Fault(str(path), None, "", "an empty file", "a line with names of columns"))
        return
    line, text = head
    mark = delimiter(text) or ","
    columns = _cells(text, mark, str(path), line, log)
    if columns is None or not _sound(columns, str(path), line, log):
        return
    for line, text in rows:
        cells = _cells(text, mark, str(path), line, log)
        if cells is None:
            continue
        if len(cells) != len(columns):
            found, wanted = f"{len(cells)} cells", f"{len(columns)}, one for each column"
            log.add(Fault(str(path), line, "", found, wanted))
            continue
        yield line, columns, dict(zip(columns, cells, strict=True))


def write_row(cells: list[str], mark: str = ",") -> bytes:
    """One line of a table."""
    line = io.StringIO()
    csv.writer(line, delimiter=mark, lineterminator="\n").writerow(cells)
    return line.getvalue().encode()


def _sound(columns: list[str], name: str, line: int, log: FaultLog) -> bool:
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        log.add(Fault(name, line, shorten(twice[0]), "a column of that name twice", "once"))
    return not twice


def _rows(path: Path | str, log: FaultLog, on_bytes: OnBytes | None) -> Iterator[tuple[int, str]]:
    """(first line, text) of each row; a row goes on while a quote is open."""
    first, parts, is_open = 0, list[str](), False
    for number, raw in iter_lines(path, log, on_bytes, blank=True):
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            found = f"byte 0x{raw[error.start]:02x}, which is not UTF-8"
            log.add(Fault(str(path), number, "", found, "UTF-8 text", "save the file as UTF-8"))
            parts, is_open = [], False
            continue
        if not parts:
            if text.isspace():
                continue
            first = number
        parts.append(text)
        is_open ^= text.count('"') % 2 == 1
        if not is_open:
            yield first, "".join(parts)
            parts = []
        elif len(parts) > MAX_ROW_LINES:
            _unclosed(path, first, log)
            return
    if parts:
        _unclosed(path, first, log)


def _unclosed(path: Path | str, line: int, log: FaultLog) -> None:
    found = "a quote that is opened and not closed"
    log.add(Fault(str(path), line, "", found, 'text between two quotes, a quote in it as ""'))


def _cells(text: str, mark: str, name: str, line: int, log: FaultLog) -> list[str] | None:
    """The cells of one row, or None and a fault."""
    text = text.removesuffix("\n").removesuffix("\r")
    if (bad := _bad_character(text)) is not None:
        log.add(Fault(name, line, "", bad[0], bad[1]))
        return None
    limit = csv.field_size_limit(_MAX_CELL)
    try:
        rows = list(csv.reader([text], delimiter=mark, strict=True))
    except csv.Error as error:
        log.add(Fault(name, line, "", f"a row that cannot be read ({error})", "cells and quotes"))
        return None
    finally:
        csv.field_size_limit(limit)
    return rows[0] if rows else []


def _bad_character(text: str) -> tuple[str, str] | None:
    if "\0" in text:
        return f"a NUL at column {text.index(chr(0)) + 1}", "text"
    if "\ufeff" in text:
        at = text.index("\ufeff")
        return f"a byte order mark at column {at + 1}", "one at the start of the file at most"
    bare = text.replace("\r\n", "\n")
    if "\r" in bare and '"' not in text:
        return "line ends of the form CR", "LF or CR LF"
    return None
