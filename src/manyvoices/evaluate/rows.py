"""Rows of any file that people keep prompts, answers and scores in, each with its line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from manyvoices.design.sources import parse_yaml
from manyvoices.design.written import found_text
from manyvoices.io.faults import FaultLog
from manyvoices.io.lines import iter_lines
from manyvoices.io.tables import iter_table
from manyvoices.schema.errors import Fault

Row = tuple[int | None, dict[str, Any]]
"""Line of the file (None: it has none) and what stands there."""
FORMS = "JSON lines, Parquet, .csv, .tsv, .yaml with a list, or .txt with one text to a line"


def read_rows(path: Path, *, text: str = "prompt") -> list[Row]:
    """Every row of `path` as a mapping; a plain text becomes ``{text: ...}``.

    Raises:
        DataError: The file is missing, damaged or empty; every fault of it is named.
    """
    log = FaultLog()
    rows = list(_rows(path, text, log))
    if not rows and not log.faults:
        log.add(Fault(str(path), None, "", "no rows", FORMS))
    log.raise_if_any()
    return rows


def _rows(path: Path, text: str, log: FaultLog) -> Iterator[Row]:
    ending = path.name.removesuffix(".gz").rpartition(".")[2].lower()
    if ending in ("csv", "tsv"):
        yield from ((line, dict(row)) for line, _, row in iter_table(path, log))
    elif ending in ("yaml", "yml"):
        yield from _yaml(path, text, log)
    elif ending == "txt":
        lines = iter_lines(path, log)
        yield from ((n, {text: line.decode("utf-8", "replace").strip()}) for n, line in lines)
    else:
        yield from _json(path, text, log)


def _json(path: Path, text: str, log: FaultLog) -> Iterator[Row]:
    for number, line in iter_lines(path, log):
        try:
            found = msgspec.json.decode(line)
        except (msgspec.MsgspecError, UnicodeError) as error:
            log.add(Fault(str(path), number, "", f"no JSON ({error})", FORMS))
            continue
        yield from _row(path, number, found, text, log)


def _yaml(path: Path, text: str, log: FaultLog) -> Iterator[Row]:
    try:
        source = parse_yaml(path.read_text(encoding="utf-8-sig"), str(path))
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "no UTF-8"
        log.add(Fault(str(path), None, "", reason, "a YAML file"))
        return
    for fault in source.faults:
        log.add(fault)
    if source.faults:
        return
    if not isinstance(source.data, list | tuple):
        log.add(Fault(str(path), 1, "", found_text(source.data), "a list of rows"))
        return
    for place, found in enumerate(source.data):
        yield from _row(path, source.lines.get((place,)), found, text, log)


def _row(path: Path, line: int | None, found: Any, text: str, log: FaultLog) -> Iterator[Row]:
    if isinstance(found, str):
        yield line, {text: found}
    elif isinstance(found, dict):
        yield line, found
    else:
        log.add(Fault(str(path), line, "", found_text(found), "a text or an object"))
