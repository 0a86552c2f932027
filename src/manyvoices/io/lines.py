"""Reading a file line by line, plain, gzipped or Parquet, and turning each failure into a fault.

Memory stays bounded by the longest line: nothing is read ahead of its use.
"""

from __future__ import annotations

import functools
import gzip
import io
import zlib
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Generic, TypeAlias, TypeVar, cast

from manyvoices.io.explain import DECODE_ERRORS, explain
from manyvoices.io.faults import FaultLog
from manyvoices.io.parquet import MAGIC, parquet_lines
from manyvoices.schema import DataError, Fault

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

MAX_LINE = 256 * 1024 * 1024
"""Bytes of the longest line read, so that a file without line ends cannot fill the memory."""

OnBytes: TypeAlias = Callable[[int], None]
"""Called now and then with the number of bytes of the file on disk that have been read."""

Problem: TypeAlias = tuple[str, str, str]
"""(path in the record, found, expected) of a record that decodes and still cannot be right."""

Check: TypeAlias = Callable[[T, int], Collection[Problem]]
"""Looks at a decoded record and its line number for what types cannot say."""

_GZIP_MAGIC = b"\x1f\x8b"
_REPORT_EVERY = 500
_BOM = b"\xef\xbb\xbf"


class Stream(Generic[T_co]):
    """Records of a file that can be iterated more than once; each pass reads the file anew."""

    def __init__(self, read: Callable[[], Iterator[T_co]]) -> None:
        self._read = read

    def __iter__(self) -> Iterator[T_co]:
        return self._read()


def iter_lines(
    path: Path | str, log: FaultLog, on_bytes: OnBytes | None = None, *, blank: bool = False
) -> Iterator[tuple[int, bytes]]:
    """(1-based number, bytes) of each line, `blank` ones only if asked; faults go to `log`.

    A row of a Parquet file is the line that it would be.
    """
    name = str(path)
    if Path(path).is_dir():
        log.add(Fault(name, None, "", "a folder", "a file"))
        return
    number = 0
    try:
        if _is_parquet(path):
            yield from _parquet(path, log, on_bytes)
            return
        with Path(path).open("rb") as raw, _unpacked(raw, name) as file:
            for number, line in enumerate(
                iter(functools.partial(file.readline, MAX_LINE), b""), start=1
            ):
                if number == 1:
                    line = line.removeprefix(_BOM)
                if len(line) >= MAX_LINE:
                    log.add(Fault(name, number, "", "a line of 256 MiB or more", "shorter lines"))
                    return
                if on_bytes is not None and number % _REPORT_EVERY == 0:
                    on_bytes(raw.tell())
                if blank or not line.isspace():
                    yield number, line
            if on_bytes is not None:
                on_bytes(raw.tell())
    except (EOFError, gzip.BadGzipFile, zlib.error):
        found = "gzip data that is broken or ends too early"
        hint = "download or copy the file again"
        log.add(Fault(name, number + 1, "", found, "a complete gzip file", hint))
    except FileNotFoundError:
        log.add(Fault(name, None, "", "no file of that name", "a file"))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        log.add(Fault(name, None, "", f"a file that cannot be read ({reason})", "a readable file"))


def _is_parquet(path: Path | str) -> bool:
    with Path(path).open("rb") as raw:
        return raw.read(len(MAGIC)) == MAGIC


def _parquet(
    path: Path | str, log: FaultLog, on_bytes: OnBytes | None
) -> Iterator[tuple[int, bytes]]:
    """The rows of a Parquet file as lines, numbered from 1."""
    size = Path(path).stat().st_size
    try:
        for number, (share, line) in enumerate(parquet_lines(path), start=1):
            if on_bytes is not None and number % _REPORT_EVERY == 0:
                on_bytes(int(share * size))
            yield number, line
    except DataError as error:
        for fault in error.faults:
            log.add(fault)
    if on_bytes is not None:
        on_bytes(size)


def _unpacked(raw: BinaryIO, name: str) -> BinaryIO:
    """`raw`, or what it unpacks to; the content decides, since names are often wrong."""
    magic = cast(io.BufferedReader, raw).peek(2)[:2]
    if magic == _GZIP_MAGIC:
        return cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=raw))))
    if name.endswith(".gz") and magic:
        raise gzip.BadGzipFile
    return raw


def read_records(
    path: Path | str,
    decode: Callable[[bytes], T],
    expected: Any,
    *,
    check: Check[T] | None = None,
    strict: bool = True,
    log: FaultLog | None = None,
    allow_empty: bool = False,
    on_bytes: OnBytes | None = None,
    at_end: Callable[[], None] | None = None,
) -> Iterator[T]:
    """Decode each line of a file, yielding good records as they come.

    Args:
        decode: Turns one line into a record or raises one of `DECODE_ERRORS`.
        expected: The type of record, for the words of a fault.
        check: Finds what types cannot say, such as an id that was seen before.
        strict: Raise all faults at the end. False leaves bad lines out; give a `log` to see them.
        log: Where faults go; one is made if none is given.
        allow_empty: Whether a file without records is right.
        at_end: Called after the last line, for faults that only then are known.

    Raises:
        DataError: At the end of the file, with all its faults, when `strict`.
    """
    log = FaultLog() if log is None else log
    name, n_lines, n_before = str(path), 0, len(log.faults)
    for number, line in iter_lines(path, log, on_bytes):
        n_lines += 1
        try:
            record = decode(line)
        except DECODE_ERRORS as error:
            log.add(explain(error, line, name, number, expected))
            continue
        problems = check(record, number) if check is not None else ()
        for where, found, wanted in problems:
            log.add(Fault(name, number, where, found, wanted))
        if not problems:
            log.line = number
            yield record
    if n_lines == 0 and not allow_empty and len(log.faults) == n_before:
        log.add(Fault(name, None, "", "an empty file", "at least one record"))
    if at_end is not None:
        at_end()
    if strict:
        log.raise_if_any()
