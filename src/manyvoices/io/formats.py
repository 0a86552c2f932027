"""Telling what a file or folder is from what is in it, never from its name alone."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from manyvoices.io.explain import DECODE_ERRORS, explain
from manyvoices.io.faults import FaultLog, describe, shorten
from manyvoices.io.lines import iter_lines
from manyvoices.io.manifest import MANIFEST
from manyvoices.io.prism import PRISM_FILES, find
from manyvoices.io.registry import ALIASES, Format, formats
from manyvoices.schema import DataError, Fault

_HEAD = 65_536


class _Formats(Mapping[str, str]):
    """The registry's names and descriptions, looked up when they are asked for."""

    def __getitem__(self, name: str) -> str:
        return formats()[name].looks_like

    def __iter__(self) -> Iterator[str]:
        return iter(formats())

    def __len__(self) -> int:
        return len(formats())


FORMATS: Mapping[str, str] = _Formats()
"""Name of each format that can be read here -> what it looks like."""


def detect_format(path: Path | str) -> str:
    """Which of `FORMATS` a file or folder is in.

    Raises:
        DataError: None of them; the message says what was there and what was looked for.
    """
    path = Path(path)
    if path.is_dir():
        return _detect_folder(path)
    head = _head(path)
    for known in formats().values():
        if head and known.sniff is not None and known.sniff(head):
            return known.name
    record = _first_record(path)
    scored = [(_score(known, record), -i) for i, known in enumerate(formats().values())]
    score, place = max(scored)
    if score:
        return list(formats())[-place]
    names = shorten(", ".join(sorted(record)), 200) or "no fields"
    raise _unknown(path, f"records with {names}")


def resolve_format(path: Path | str, name: str | None) -> str:
    """The format that `name` means for this path; detected where `name` is None.

    Raises:
        DataError: There is no such format, or the path cannot be in it.
    """
    if name in FORMATS:
        return str(name)
    if name is not None and name not in ALIASES:
        raise _unknown(Path(path), f"the format name {describe(name)}", names_only=True)
    detected = detect_format(path)
    if name is not None and detected not in ALIASES[name]:
        wanted = " or ".join(ALIASES[name])
        raise DataError([Fault(str(path), None, "", detected, wanted)])
    return detected


def _score(known: Format, record: dict[str, Any]) -> int:
    """How many fields speak for a format; 0 where it is not this one."""
    most = max((len(marks) for marks in known.marks if marks <= record.keys()), default=0)
    if known.recognise is None or not most:
        return most
    return most + 1 if known.recognise(record) else 0


def _head(path: Path) -> bytes:
    """The first bytes of a file, unpacked; empty where it cannot be read: reading says why."""
    try:
        with path.open("rb") as raw:
            if raw.read(2) != b"\x1f\x8b":
                raw.seek(0)
                return raw.read(_HEAD)
            raw.seek(0)
            return gzip.GzipFile(fileobj=raw).read(_HEAD)
    except (OSError, EOFError, zlib.error):
        return b""


def _detect_folder(path: Path) -> str:
    if (path / MANIFEST).exists() or (path / "native").is_dir():
        return "native"
    if any(find(path, name).exists() for name in PRISM_FILES):
        return "prism"
    entries = sorted(entry.name for entry in path.iterdir())
    names = shorten(", ".join(entries[:6]), 200)
    raise _unknown(path, f"a folder with {names}" if names else "an empty folder")


def _first_record(path: Path) -> dict[str, Any]:
    log = FaultLog()
    lines: Iterator[tuple[int, bytes]] = iter_lines(path, log)
    for number, line in lines:
        try:
            record = msgspec.json.decode(line)
        except DECODE_ERRORS as error:
            raise DataError([explain(error, line, str(path), number, dict)]) from error
        if isinstance(record, dict):
            return record
        hint = "write one record to a line, without a list around them"
        wanted = "one JSON object on each line"
        raise DataError([Fault(str(path), number, "", describe(record), wanted, hint)])
    log.raise_if_any()
    raise DataError([Fault(str(path), None, "", "an empty file", "at least one record")])


def _unknown(path: Path, found: str, *, names_only: bool = False) -> DataError:
    # One file of a release says by its name what it is; the list is long enough without that.
    known = [
        name if names_only or what.endswith(" alone") else f"{name} ({what})"
        for name, what in FORMATS.items()
    ]
    return DataError([Fault(str(path), None, "", found, "one of " + "; ".join(known))])
