"""The files of a review: forms to fill in (JSONL, CSV), filled ones, and decisions.

The page gives back JSONL lines without texts; a form has the texts, and is told from its ending.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, get_args

import msgspec

from manyvoices.io.faults import FaultLog
from manyvoices.io.writing import write_records, write_text
from manyvoices.schema.errors import Fault
from manyvoices.schema.reviews import (
    ANSWERS_OF,
    ReviewAnswer,
    ReviewDecision,
    ReviewKind,
    ReviewLine,
)

HEADER = (
    "review", "reviewer", "instance_id", "column_id", "said", "marked", "text", "answer", "note",
)  # fmt: skip
ANSWERS: tuple[str, ...] = get_args(ReviewAnswer)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_form(lines: Iterable[ReviewLine], path: Path) -> int:
    """Write lines to be filled in: CSV for a spreadsheet where the name ends so, else JSONL.

    In CSV a cell that a spreadsheet would compute is led by an apostrophe. Returns how many.
    """
    if path.suffix != ".csv":
        return write_records(lines, path)
    text, n = io.StringIO(), 0
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for n, line in enumerate(lines, start=1):  # noqa: B007 (n is what is returned)
        row = msgspec.to_builtins(line) | {"marked": "; ".join(line.marked or ())}
        writer.writerow([_harmless(row[name] or "") for name in HEADER])
    write_text("\ufeff" + text.getvalue(), path)  # Excel takes it for UTF-8 only with this mark
    return n


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def read_reviews(path: Path | str) -> list[ReviewLine]:
    """Read one reviewer's file, filled in as far as it is.

    Raises:
        DataError: Lines are wrong, a text stands twice, or there are several reviewers or reviews.
    """
    path, log = Path(path), FaultLog()
    raw = path.read_bytes()
    read = _csv_lines if path.suffix == ".csv" else _json_lines
    lines = read(raw, str(path), log)
    _check_one(lines, str(path), log)
    log.raise_if_any()
    return [line for _, line in lines]


def _json_lines(raw: bytes, name: str, log: FaultLog) -> list[tuple[int, ReviewLine]]:
    found: list[tuple[int, ReviewLine]] = []
    for number, line in enumerate(raw.removeprefix(b"\xef\xbb\xbf").splitlines(), start=1):
        if line.strip():
            read = partial(msgspec.json.decode, line, type=ReviewLine)
            _try(read, number, name, log, found)
    return found


def _csv_lines(raw: bytes, name: str, log: FaultLog) -> list[tuple[int, ReviewLine]]:
    found: list[tuple[int, ReviewLine]] = []
    try:
        rows = csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""))
        for row in rows:
            _try(partial(_of_row, row), rows.line_num, name, log, found)
    except (UnicodeDecodeError, csv.Error) as error:
        log.add(Fault(name, None, "", str(error), "CSV in UTF-8"))
    return found


def _of_row(row: dict[str, Any]) -> ReviewLine:
    wanted = {key: row.get(key) for key in ("review", "reviewer", "instance_id", "column_id")}
    answer = (row.get("answer") or "").strip().lower() or None
    return msgspec.convert(
        {**wanted, "answer": answer, "note": row.get("note") or ""}, type=ReviewLine
    )


def _try(
    read: Callable[[], ReviewLine],
    number: int,
    name: str,
    log: FaultLog,
    found: list[tuple[int, ReviewLine]],
) -> None:
    try:
        found.append((number, read()))
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        expected = f"a line of a review, answer one of {', '.join(ANSWERS)}, or nothing"
        log.add(Fault(name, number, "", str(error), expected))


def _check_one(lines: list[tuple[int, ReviewLine]], name: str, log: FaultLog) -> None:
    for field in ("reviewer", "review"):
        values = sorted({getattr(line, field) for _, line in lines})
        if len(values) > 1:
            log.add(Fault(name, None, field, ", ".join(values), "one"))
    seen: dict[str, int] = {}
    for number, line in lines:
        offered = ANSWERS_OF[line.review]
        if line.answer is not None and line.answer not in offered:
            log.add(Fault(name, number, "answer", line.answer, f"one of {', '.join(offered)}"))
        first = seen.setdefault(line.instance_id, number)
        if first != number:
            found = f"again (first in line {first})"
            log.add(Fault(name, number, "instance_id", found, "each text once"))


def read_decisions(path: Path | str, kind: ReviewKind) -> dict[str, bool | None]:
    """Decisions of one kind of review by ``instance_id``: what ``pii_manual_flag`` is made from.

    Raises:
        DataError: Lines are no decisions, or a text stands twice.
    """
    log, found = FaultLog(), {}
    for number, line in enumerate(Path(path).read_bytes().splitlines(), start=1):
        try:
            decision = msgspec.json.decode(line, type=ReviewDecision)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            hint = "make it with: manyvoices review --merge A.jsonl B.jsonl --out FILE"
            log.add(Fault(str(path), number, "", str(error), "a decision of a review", hint))
            continue
        if decision.review != kind:
            continue
        if decision.instance_id in found:
            log.add(Fault(str(path), number, "instance_id", "again", "each text once"))
        found[decision.instance_id] = decision.decision
    log.raise_if_any()
    return found
