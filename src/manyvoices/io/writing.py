"""Writing files so that none is ever half-written: a temporary name first, then a rename."""

from __future__ import annotations

import contextlib
import gzip
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import msgspec

from manyvoices.io.faults import describe
from manyvoices.io.parquet import write_parquet
from manyvoices.schema import DataError, Fault

_encoder = msgspec.json.Encoder()


@contextlib.contextmanager
def replacing(path: Path | str) -> Iterator[BinaryIO]:
    """A binary file that takes the place of `path` when the block ends well, and else vanishes.

    A name ending in ``.gz`` is compressed, with no time stamp inside, so that the same records give
    the same bytes.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as raw:
            if path.suffix == ".gz":
                with gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as packed:
                    yield cast(BinaryIO, packed)
            else:
                yield raw
            raw.flush()
            os.fsync(raw.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


class LineWriter:
    """Writes records one to a line and counts them."""

    def __init__(self, file: BinaryIO, path: Path | str) -> None:
        self._file, self._name, self.n_rows = file, str(path), 0

    def write(self, record: Any) -> None:
        """Append one record.

        Raises:
            DataError: The record holds what JSON cannot, such as half a surrogate pair.
        """
        try:
            line = _encoder.encode(record)
        except (UnicodeEncodeError, OverflowError, RecursionError, ValueError, TypeError) as error:
            found = f"a record that JSON cannot hold ({describe(str(error))})"
            raise DataError(
                [Fault(self._name, self.n_rows + 1, "", found, "text and numbers")]
            ) from (error)
        self._file.write(line)
        self._file.write(b"\n")
        self.n_rows += 1


def write_records(
    records: Iterable[Any], path: Path | str, *, row: type[msgspec.Struct] | None = None
) -> int:
    """Write `records` to `path`, one to a line; return how many there were.

    A name ending in ``.parquet`` gets the same rows as columns.

    Args:
        row: The struct that describes a row, for the columns of Parquet. If None, the type of the
            records, or columns like those of the first of them where they are mappings.

    Raises:
        DataError: A record holds what the file cannot.
        MissingExtraError: Parquet is asked for and pyarrow is not installed.
    """
    with replacing(path) as file:
        if Path(path).suffix == ".parquet":
            return write_parquet(records, file, str(path), row=row)
        writer = LineWriter(file, path)
        for record in records:
            writer.write(record)
    return writer.n_rows


def write_text(text: str, path: Path | str) -> None:
    """Write `text` to `path` as UTF-8."""
    with replacing(path) as file:
        file.write(text.encode())
