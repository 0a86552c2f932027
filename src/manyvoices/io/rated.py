"""Tables of ratings in which every row says what was rated, who rated it, and who that is.

Such tables (POPQUORN's are the example) differ in their names of columns only. Which column is
what is guessed from common names, or said by the user, in a file beside the table or by hand; any
column that is neither the item, the rater, the text nor a rating is an attribute. CSV, TSV, JSON
lines and Parquet are read.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from manyvoices.io.checks import Unique
from manyvoices.io.explain import DECODE_ERRORS, explain
from manyvoices.io.faults import FaultLog
from manyvoices.io.lines import Check, OnBytes, Problem, iter_lines
from manyvoices.io.rated_columns import OURS, RatedColumns, columns_of
from manyvoices.io.registry import Format, register
from manyvoices.io.rows import Row, RowForm, counting, form_of
from manyvoices.io.tables import delimiter, iter_table, write_row
from manyvoices.io.writing import replacing, write_records
from manyvoices.schema import DataError, Fault, RatedText

TABLES = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
"""Names of files that are written as tables of text."""

_TRUE, _FALSE = ("true", "True", True), ("false", "False", "", None, False)


def read_rated(
    path: Path | str,
    *,
    columns: RatedColumns | None = None,
    strict: bool = True,
    log: FaultLog | None = None,
    on_bytes: OnBytes | None = None,
) -> Iterator[RatedText]:
    """The ratings of a table: CSV or TSV with a header, JSON lines, or Parquet.

    Args:
        columns: Which column is what. None takes ``<path>.columns.yaml`` if it is there, and else
            guesses from the names; see `RatedColumns`.

    Raises:
        DataError: After the last good row, with all faults of the file, when `strict`. A rating
            that is no number, or out of the range where one is known, is a fault; so is an item
            that one rater rated twice.
    """
    log = FaultLog() if log is None else log
    form: RowForm[RatedText] | None = None
    check, n_before, n_rows = _check(), len(log.faults), 0
    try:
        for number, names, raw in _raw_rows(path, log, on_bytes):
            n_rows += 1
            form = form or rated_form(columns or columns_of(path, names, number))
            record = _good(form, raw, str(path), number, log, check)
            if record is not None:
                log.line = number
                yield record
    except DataError as error:
        for fault in error.faults:
            log.add(fault)
    if n_rows == 0 and len(log.faults) == n_before:
        log.add(Fault(str(path), None, "", "a table without rows", "at least one record"))
    if strict:
        log.raise_if_any()


def write_rated(
    ratings: Iterable[RatedText],
    path: Path | str,
    *,
    left_out: Counter[str] | None = None,
) -> int:
    """Write ratings as CSV or TSV, by the name of the file, or else as rows of JSON or Parquet.

    Rows that were read have the columns that they came with; others have ``item_id``,
    ``participant_id``, ``text``, ``rating.<scale>``, their attributes, and ``simulated``. A table
    of text has the columns of its first row: a further one is counted in `left_out`.
    """
    left_out = Counter() if left_out is None else left_out
    records = iter(ratings)
    first = next(records, None)
    form = _form_for(first)
    rows = (form.to_row(each, left_out) for each in chain((first,) if first else (), records))
    if not str(path).endswith(TABLES):
        return write_records(rows, path)
    return _write_table(rows, path, left_out)


def rated_form(columns: RatedColumns) -> RowForm[RatedText]:
    """How ratings stand in rows with those columns."""
    known = form_of(columns.name)
    if known is not None:
        return known
    return RowForm(
        columns.name,
        dict[str, Any],
        lambda raw: _record(raw, columns),
        lambda record: _row(record, columns),
    )


def _raw_rows(
    path: Path | str, log: FaultLog, on_bytes: OnBytes | None
) -> Iterator[tuple[int, list[str], Row]]:
    if _is_table(path):
        for line, names, cells in iter_table(path, log, on_bytes):
            yield line, names, {**cells}
        return
    for number, packed in iter_lines(path, log, on_bytes):
        try:
            raw = msgspec.json.decode(packed, type=dict[str, Any])
        except DECODE_ERRORS as error:
            log.add(explain(error, packed, str(path), number, dict))
            continue
        yield number, list(raw), raw


def _is_table(path: Path | str) -> bool:
    """Whether a file is a table of text: its first line is no JSON object."""
    silent = FaultLog()
    first = next(iter(iter_lines(path, silent)), None)
    return first is not None and not first[1].lstrip().startswith((b"{", b"["))


def _good(
    form: RowForm[RatedText],
    raw: Row,
    name: str,
    number: int,
    log: FaultLog,
    check: Check[RatedText],
) -> RatedText | None:
    try:
        record = form.from_row(raw)
    except DECODE_ERRORS as error:
        log.add(explain(error, msgspec.json.encode(raw), name, number, RatedText))
        return None
    problems = check(record, number)
    for where, found, wanted in problems:
        log.add(Fault(name, number, where, found, wanted))
    return None if problems else record


def _check() -> Check[RatedText]:
    seen = Unique()

    def check(record: RatedText, line: int) -> list[Problem]:
        key = (record.item_id, record.participant_id)
        shown = f"{record.item_id} by {record.participant_id}"
        return [
            (path, found, "an item that a rater rated once")
            for path, found, _ in seen.problems(key, line, "", shown)
        ]

    return check


def _record(raw: Row, columns: RatedColumns) -> RatedText:
    if (late := [name for name in columns.needed if name not in raw]) != []:
        raise msgspec.ValidationError(f"Object missing required field `{late[0]}`")
    text = raw.get(columns.text) if columns.text else None
    if text is not None and not isinstance(text, str):
        raise msgspec.ValidationError(f"Expected `str | null` - at `$.{columns.text}`")
    taken = {columns.item, columns.rater, columns.text, "simulated", *columns.ratings}
    return RatedText(
        item_id=_id(raw, columns.item),
        participant_id=_id(raw, columns.rater),
        text=text,
        ratings={columns.scale(name): _number(raw, name, columns) for name in columns.ratings},
        attributes={name: _plain(raw, name) for name in raw if name not in taken},
        simulated=_flag(raw),
    )


def _id(raw: Row, name: str) -> str:
    value = raw[name]
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise msgspec.ValidationError(f"Expected an id, as text or an integer - at `$.{name}`")
    return str(value)


def _number(raw: Row, name: str, columns: RatedColumns) -> float | None:
    """A rating; an empty cell is None."""
    value = raw.get(name)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        number = math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise msgspec.ValidationError(f"Expected a number, or nothing - at `$.{name}`")
    if columns.range is not None and not columns.range[0] <= number <= columns.range[1]:
        low, high = columns.range
        raise msgspec.ValidationError(f"Expected a number from {low:g} to {high:g} - at `$.{name}`")
    return number


def _plain(raw: Row, name: str) -> str | int | float | bool | None:
    value = raw[name]
    if isinstance(value, list | dict):
        raise msgspec.ValidationError(f"Expected one value - at `$.{name}`")
    return None if value == "" else value


def _flag(raw: Row) -> bool:
    value = raw.get("simulated")
    if value not in _TRUE and value not in _FALSE:
        raise msgspec.ValidationError("Expected true or false - at `$.simulated`")
    return value in _TRUE


def _row(record: RatedText, columns: RatedColumns) -> Row:
    row: Row = {columns.item: record.item_id, columns.rater: record.participant_id}
    if columns.text is not None:
        row[columns.text] = record.text
    by_scale = {columns.scale(name): name for name in columns.ratings}
    for scale, value in record.ratings.items():
        name = by_scale.get(scale, f"rating.{scale}")
        row[name] = None if value is None else float(value)
    return row | record.attributes | {"simulated": record.simulated}


def _form_for(record: RatedText | None) -> RowForm[RatedText]:
    """The form that a record was read in, if it was read from a table; else ours."""
    if record is not None and record.published is not None:
        known = form_of(record.published.format)
        if known is not None and known.name.startswith("rated"):
            return known
    return rated_form(OURS)


def _write_table(rows: Iterator[Row], path: Path | str, left_out: Counter[str]) -> int:
    mark = "\t" if ".tsv" in Path(path).suffixes else ","
    names: list[str] | None = None
    n_rows = 0
    with replacing(path) as file:
        for row in rows:
            if names is None:
                names = list(row)
                file.write(write_row(names, mark))
            left_out.update(name for name in row if name not in names)
            file.write(write_row([_cell(row.get(name)) for name in names], mark))
            n_rows += 1
    return n_rows


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return ("false", "true")[value] if isinstance(value, bool) else str(value)


def _sniff(start: bytes) -> bool:
    """Whether a file starts with a header that names an item, a rater and a rating."""
    line = start.split(b"\n", 1)[0].decode(errors="replace").strip().removeprefix("\ufeff")
    mark = delimiter(line)
    if mark is None or line.startswith(("{", "[")):
        return False
    return RatedColumns.guess([name.strip('"') for name in line.split(mark)]) is not None


register(
    Format(
        name="rated",
        looks_like="ratings with their raters: a table with an item, a rater and a rating",
        content="ratings",
        read=read_rated,
        write=counting(write_rated),
        marks=RatedColumns.marks(),
        recognise=lambda row: RatedColumns.guess(list(row)) is not None,
        sniff=_sniff,
    )
)
