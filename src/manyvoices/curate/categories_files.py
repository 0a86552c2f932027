"""The files of the categories: sheets to fill in, the list to discuss, the mapping, proposals.

All are CSV, so that they open in whatever an annotator has. A text that begins like a formula is
led by an apostrophe on the way out and freed of it on the way in.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from manyvoices.curate.categories import Decision, Described, Disputed, SheetRow, plain
from manyvoices.io.writing import write_text
from manyvoices.schema.errors import DataError, Fault

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")


def write_sheet(rows: Sequence[SheetRow], path: Path | str, *, with_proposal: bool = False) -> None:
    """Write a sheet; the column ``proposal`` is there only if asked for."""
    header = ["text", "context", "n", *(["proposal"] if with_proposal else []), "group", "note"]
    _write(
        path,
        header,
        [
            {
                "text": row.described.text,
                "context": row.described.context,
                "n": str(row.n),
                "proposal": row.proposal,
                "group": row.group,
                "note": row.note,
            }
            for row in rows
        ],
    )


def read_sheet(path: Path | str) -> list[SheetRow]:
    """Read a sheet, filled in or not.

    Raises:
        DataError: The columns are not a sheet's, or a text stands twice.
    """
    rows = _read(path, ("text", "context", "n", "group"))
    _once(rows, path)
    return [
        SheetRow(
            _described(row),
            int(row["n"]) if row["n"].isdigit() else 0,
            row["group"].strip(),
            row.get("note", ""),
            row.get("proposal", ""),
        )
        for row in rows
    ]


def write_discussion(
    rows: Sequence[Disputed], path: Path | str, *, settled: Iterable[Decision] = ()
) -> None:
    """Write the texts to discuss, with columns ``group`` and ``decided_by`` to fill in.

    What was `settled` already stands in them.
    """
    done = {one.described: one for one in settled}
    header = ["text", "context", "n", "first", "second", "group", "decided_by", "note"]
    _write(
        path,
        header,
        [
            {
                "text": row.described.text,
                "context": row.described.context,
                "n": str(row.n),
                "first": row.first,
                "second": row.second,
                "group": done[row.described].group if row.described in done else "",
                "decided_by": done[row.described].decided_by if row.described in done else "",
                "note": row.note,
            }
            for row in rows
        ],
    )


def read_discussion(path: Path | str, *, today: str) -> list[Decision]:
    """The lines of a discussion list that somebody has decided.

    Raises:
        DataError: A group without a name beside it, or the columns are not those of such a list.
    """
    rows = _read(path, ("text", "context", "group", "decided_by"))
    _once(rows, path)
    faults = [
        Fault(str(path), line, "decided_by", "nobody", "who decided on this group")
        for line, row in enumerate(rows, start=2)
        if row["group"].strip() and not row["decided_by"].strip()
    ]
    if faults:
        raise DataError(faults)
    return [
        Decision(
            _described(row),
            row["group"].strip(),
            row["decided_by"].strip(),
            today,
            "discussion",
            row.get("note", ""),
        )
        for row in rows
        if row["group"].strip()
    ]


def write_mapping(decisions: Iterable[Decision], path: Path | str, *, field: str) -> None:
    """Write the mapping of one field, sorted by text."""
    header = [
        *("field", "text", "context", "group", "decided_by", "decided_on", "how", "note"),
    ]
    _write(
        path,
        header,
        [
            {
                "field": field,
                "text": one.described.text,
                "context": one.described.context,
                "group": one.group,
                "decided_by": one.decided_by,
                "decided_on": one.decided_on,
                "how": one.how,
                "note": one.note,
            }
            for one in sorted(decisions, key=lambda one: one.described)
        ],
    )


def read_mapping(path: Path | str) -> dict[str, list[Decision]]:
    """A mapping file, which may hold several fields: field -> decisions.

    Raises:
        DataError: A line names nobody who decided it, or no field; the columns are not a mapping's.
    """
    rows = _read(path, ("field", "text", "group", "decided_by"))
    faults = [
        Fault(str(path), line, name, "nothing", "a name: nothing enters a group by itself")
        for line, row in enumerate(rows, start=2)
        for name in ("field", "decided_by", "group")
        if not row[name].strip()
    ]
    if faults:
        raise DataError(faults)
    found: dict[str, list[Decision]] = {}
    for row in rows:
        decision = Decision(
            _described(row),
            row["group"].strip(),
            row["decided_by"].strip(),
            row.get("decided_on", ""),
            row.get("how", "") or "by hand",
            row.get("note", ""),
        )
        found.setdefault(row["field"].strip(), []).append(decision)
    return found


def write_table(rows: Iterable[Mapping[str, str]], header: Sequence[str], path: Path | str) -> None:
    """Write any rows with the columns `header`."""
    _write(path, header, rows)


def _described(row: Mapping[str, str]) -> Described:
    return Described(plain(row["text"]), plain(row.get("context", "")))


def _once(rows: Sequence[Mapping[str, str]], path: Path | str) -> None:
    seen: dict[Described, int] = {}
    faults = []
    for line, row in enumerate(rows, start=2):
        first = seen.setdefault(_described(row), line)
        if first != line:
            faults.append(Fault(str(path), line, "text", f"the text of line {first}", "once"))
    if faults:
        raise DataError(faults)


def _write(path: Path | str, header: Sequence[str], rows: Iterable[Mapping[str, str]]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, header, extrasaction="ignore", lineterminator="\n", restval="")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _shielded(value) for name, value in row.items()})
    write_text(text.getvalue(), path)


def _read(path: Path | str, needed: Sequence[str]) -> list[dict[str, str]]:
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
            header = list(reader.fieldnames or ())
    except FileNotFoundError:
        raise DataError([Fault(str(path), None, "", "nothing", "a CSV file")]) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError([Fault(str(path), None, "", str(error)[:60], "a CSV in UTF-8")]) from None
    missing = [Fault(str(path), 1, n, "nothing", "a column") for n in needed if n not in header]
    if missing:
        raise DataError(missing)
    return [
        {name: _freed(value or "") for name, value in row.items() if isinstance(name, str)}
        for row in rows
    ]


def _shielded(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value


def _freed(value: str) -> str:
    return value[1:] if value.startswith("'") and value[1:].startswith(_FORMULA) else value
