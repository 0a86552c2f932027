"""Records as rows of somebody else's format, and back, with every column kept.

A format here is three things: the columns that are known, how a row becomes a record, and how a
record becomes a row. Where the last two do not give back the row that was read, the record keeps
it, and writing starts from it and changes only what was changed in the record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

import msgspec

from manyvoices.io.faults import FaultLog
from manyvoices.io.lines import Check, OnBytes, read_records
from manyvoices.io.registry import Written
from manyvoices.io.writing import write_records
from manyvoices.schema import Json, Published

R = TypeVar("R")

Row = dict[str, Json]

_encode = msgspec.json.Encoder().encode
_ABSENT = object()
_FORMS: dict[str, RowForm[Any]] = {}


@dataclass(frozen=True)
class RowForm(Generic[R]):
    """How records of one type stand in rows of one format."""

    name: str
    """As `Published.format` has it."""
    columns: Any
    """A struct of the columns whose types are known; others are taken as they are."""
    record: Callable[[Any], R]
    """A record from such a struct."""
    row: Callable[[R], Row]
    """The row of a record that was not read from this format."""
    keep: Callable[[R, Published], R] | None = None
    """The record with the row that it was read from; None sets its field `published`."""

    def __post_init__(self) -> None:
        _FORMS[self.name] = self

    def decode(self, line: bytes) -> R:
        """A record from a line of JSON; raises one of `DECODE_ERRORS`."""
        return self.from_row(_object(line))

    def from_row(self, raw: Row) -> R:
        """A record from a row that was read already.

        Raises:
            msgspec.ValidationError: The row is not of this form.
        """
        record = self._plain(raw)
        if _encode(self.row(record)) == _encode(raw):
            return record
        published = Published(format=self.name, row=raw)
        if self.keep is not None:
            return self.keep(record, published)
        return cast(R, msgspec.structs.replace(cast(Any, record), published=published))

    def to_row(self, record: R, left_out: Counter[str] | None = None) -> Row:
        """The row of a record; fields of another format's row go to `left_out`, by name."""
        fresh = self.row(record)
        published: Published | None = getattr(record, "published", None)
        if published is None:
            return fresh
        if published.format == self.name:
            return _merged(published.row, self.held(published.row), fresh)
        if left_out is not None:
            left_out.update(beyond(published))
        return fresh

    def held(self, raw: Row) -> Row:
        """What the record's own fields keep of a row."""
        return self.row(self._plain(raw))

    def _plain(self, raw: Row) -> R:
        return self.record(msgspec.convert(raw, self.columns))


def _object(line: bytes) -> Row:
    raw = msgspec.json.decode(line)
    if not isinstance(raw, dict):
        got = {list: "array", str: "str", bool: "bool", type(None): "null"}.get(type(raw), "int")
        raise msgspec.ValidationError(f"Expected `object`, got `{got}`")
    return raw


def _merged(published: Row, before: Row, fresh: Row) -> Row:
    """`published`, with what is different between `before` and `fresh` changed in it."""
    merged = dict(published)
    for name in {**before, **fresh}:
        if name not in fresh:
            merged.pop(name, None)
        elif fresh[name] != before.get(name, _ABSENT):
            merged[name] = fresh[name]
    return merged


def beyond(published: Published | None) -> Iterator[str]:
    """Names of the columns with something that the record's own fields do not give back."""
    if published is None:
        return
    held = _FORMS[published.format].held(published.row)
    for name, value in published.row.items():
        known = held.get(name)
        if value not in (None, "", [], {}) and value != known and str(value) != str(known):
            yield name


def form_of(name: str) -> RowForm[Any] | None:
    """The form of that name, if there is one."""
    return _FORMS.get(name)


def read_rows(
    form: RowForm[R],
    path: Path | str,
    *,
    check: Check[R] | None = None,
    strict: bool = True,
    log: FaultLog | None = None,
    on_bytes: OnBytes | None = None,
) -> Iterator[R]:
    """The records of a file of such rows; see `manyvoices.io.lines.read_records`."""
    return read_records(
        path, form.decode, form.columns, check=check, strict=strict, log=log, on_bytes=on_bytes
    )


def counting(write: Callable[..., int]) -> Callable[[Iterable[Any], Path], Written]:
    """A writer with ``left_out=`` as the registry of formats wants it."""

    def counted(records: Iterable[Any], path: Path) -> Written:
        left_out: Counter[str] = Counter()
        n_rows = write(records, path, left_out=left_out)
        return Written(n_rows, dict(left_out))

    return counted


def write_rows(
    form: RowForm[R],
    records: Iterable[R],
    path: Path | str,
    *,
    left_out: Counter[str] | None = None,
) -> int:
    """Write records as such rows; return how many. What has no place is counted in `left_out`."""
    return write_records((form.to_row(record, left_out) for record in records), path)


def without_nulls(row: Mapping[str, Any]) -> Row:
    """A row with the columns that hold something."""
    return {name: value for name, value in row.items() if value is not None}
