"""Parquet: the same rows as the lines of a JSONL file, in typed columns.

A row is what a line would be, so every format of lines is a format of Parquet as well, with the
same names, checks and faults; a fault's line is the row's number from 1. Reading makes the line
again, and so any Parquet file with the right columns is read, whoever wrote it. Rows are streamed
both ways: one row group is in memory at a time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from manyvoices.io.faults import describe, shorten
from manyvoices.io.parquet_shapes import (
    MARK,
    MORE,
    NULLS,
    Misfit,
    Shape,
    arrow,
    columns_like,
    columns_of,
    pack_fields,
    words,
)
from manyvoices.schema import DataError, Fault

MAGIC = b"PAR1"
ROWS = 4_096
"""Rows of a group that is written: what is held in memory at once."""
_READ = 1_024

Place: TypeAlias = tuple[Any, ...]
Unpack: TypeAlias = Callable[[Any, Place, frozenset[str]], Any]


def write_parquet(
    records: Iterable[Any], file: Any, name: str, *, row: type[msgspec.Struct] | None = None
) -> int:
    """Write records to an open binary file; return how many.

    Args:
        name: Of the file, for faults.
        row: The struct that describes a row. If None, the type of the first records, or, where
            they are mappings, columns like those of the first `ROWS` of them.

    Raises:
        DataError: A record holds what Arrow cannot, such as half a surrogate pair.
        MissingExtraError: pyarrow is not installed.
    """
    pa = arrow()
    from pyarrow import parquet

    remaining, n_rows = iter(records), 0
    first = list(islice(remaining, ROWS))
    columns = _columns(first, row)
    marked = [shape.field(name) for name, shape in columns.items()]
    nulls = pa.field(NULLS, pa.list_(pa.string()))
    schema = pa.schema([*marked, nulls, pa.field(MORE, pa.string(), metadata={MARK: b"json"})])
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        chunk = first
        while chunk:
            try:
                rows = [_row(record, columns) for record in chunk]
                writer.write_batch(pa.RecordBatch.from_pylist(rows, schema=schema))
            except (pa.ArrowException, UnicodeError, OverflowError, ValueError, TypeError) as error:
                found = f"a record that Parquet cannot hold ({describe(str(error))})"
                place = f"among rows {n_rows + 1} to {n_rows + len(chunk)}"
                raise DataError([Fault(name, None, place, found, "text and numbers")]) from error
            n_rows += len(chunk)
            chunk = list(islice(remaining, ROWS))
    return n_rows


def parquet_lines(path: Path | str) -> Iterator[tuple[float, bytes]]:
    """(share of the file read so far, line of JSON) of each row.

    Raises:
        DataError: The file is broken.
        MissingExtraError: pyarrow is not installed.
    """
    pa = arrow()
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            unpack = _unpack_row(file.schema_arrow)
            n_rows, done = max(file.metadata.num_rows, 1), 0
            for batch in file.iter_batches(batch_size=_READ):
                for row in batch.to_pylist():
                    done += 1
                    yield done / n_rows, msgspec.json.encode(unpack(row))
    except (pa.ArrowException, OSError, UnicodeError, ValueError, TypeError) as error:
        found = f"Parquet data that is broken ({shorten(str(error))})"
        hint = "download or copy the file again"
        raise DataError([Fault(str(path), None, "", found, "a Parquet file", hint)]) from error


def _columns(records: list[Any], row: type[msgspec.Struct] | None) -> dict[str, Shape]:
    kinds = {type(record) for record in records}
    if row is None and len(kinds) == 1 and issubclass(kind := kinds.pop(), msgspec.Struct):
        row = kind
    return columns_of(row) if row else columns_like([_fields(record) for record in records])


def _fields(record: Any) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(record, builtin_types=(dt.datetime,))
    return fields


def _row(record: Any, columns: dict[str, Shape]) -> dict[str, Any]:
    fields, nulls = _fields(record), list[str]()
    more = {name: value for name, value in fields.items() if name not in columns}
    try:
        row = pack_fields(fields, columns.items(), (), nulls)
    except Misfit:
        nulls.clear()
        row = _what_fits(fields, columns, nulls, more)
    row[NULLS] = nulls or None
    row[MORE] = msgspec.json.encode(more).decode() if more else None
    return row


def _what_fits(
    fields: dict[str, Any], columns: dict[str, Shape], nulls: list[str], more: dict[str, Any]
) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for item in columns.items():
        found: list[str] = []
        try:
            row |= pack_fields(fields, [item], (), found)
            nulls += found
        except Misfit:
            more[item[0]] = fields[item[0]]
    return row


def _unpack_row(schema: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """From a row as Arrow gives it to one that encodes to the line it was."""
    names = [name for name in schema.names if name not in (NULLS, MORE)]
    fields = [(name, _unpack(schema.field(name)), _is_opt(schema.field(name))) for name in names]

    def unpack(row: dict[str, Any]) -> dict[str, Any]:
        nulls = frozenset(row.get(NULLS) or ())
        out = _unpack_fields(row, fields, (), nulls)
        if more := row.get(MORE):
            out |= msgspec.json.decode(more)
        return out

    return unpack


def _unpack_fields(
    row: dict[str, Any],
    fields: list[tuple[str, Unpack | None, bool]],
    path: Place,
    nulls: frozenset[str],
) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, unpack, is_opt in fields:
        value = row[name]
        if value is None:
            if not is_opt or (nulls and words((path, name)) in nulls):
                out[name] = None
        else:
            out[name] = value if unpack is None else unpack(value, (path, name), nulls)
    return out


def _is_opt(field: Any) -> bool:
    return b"opt" in _marks(field)


def _marks(field: Any) -> list[bytes]:
    return (field.metadata or {}).get(MARK, b"").split()  # type: ignore[no-any-return]


def _unpack(field: Any) -> Unpack | None:
    """How a value of this field becomes JSON again; None where it is JSON already."""
    types = arrow().types
    kind = field.type
    if b"json" in _marks(field):
        return lambda value, _path, _nulls: msgspec.Raw(value.encode())
    if b"number" in _marks(field):
        return lambda value, _path, _nulls: int(value) if value.is_integer() else value
    if types.is_struct(kind):
        return _unpack_struct([kind.field(index) for index in range(kind.num_fields)])
    if types.is_map(kind):
        return _unpack_map(_unpack(kind.item_field))
    if types.is_list(kind) or types.is_large_list(kind):
        inner = _unpack(kind.value_field)
        return None if inner is None else _unpack_list(inner)
    return None


def _unpack_struct(inside: list[Any]) -> Unpack | None:
    fields = [(field.name, _unpack(field), _is_opt(field)) for field in inside]
    if not any(unpack or is_opt for _, unpack, is_opt in fields):
        return None
    return lambda value, path, nulls: _unpack_fields(value, fields, path, nulls)


def _unpack_list(inner: Unpack) -> Unpack:
    def unpack(value: Any, path: Place, nulls: frozenset[str]) -> Any:
        return [
            None if item is None else inner(item, (path, index), nulls)
            for index, item in enumerate(value)
        ]

    return unpack


def _unpack_map(inner: Unpack | None) -> Unpack:
    def unpack(value: Any, path: Place, nulls: frozenset[str]) -> Any:
        if inner is None:
            return dict(value)
        return {k: None if v is None else inner(v, (path, k), nulls) for k, v in value}

    return unpack
