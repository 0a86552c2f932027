"""What is left out of a release and why: one row for each, decided by a person, and undone by one.

A check only proposes. A row without a name in `decided_by` removes nothing; one with `undone_by`
removes nothing any more and stays, so that the file tells the whole story. The records themselves
are never touched: the release that was read is still there.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from manyvoices.curate.columns import Table, columns, names_of
from manyvoices.io.writing import write_text
from manyvoices.schema.errors import DataError, Fault

Kind: TypeAlias = Literal["person", "conversation", "utterance", "text"]
KINDS: tuple[Kind, ...] = get_args(Kind)
COLUMN_OF: Mapping[Kind, str] = {
    "person": "user_id",
    "conversation": "conversation_id",
    "utterance": "utterance_id",
    "text": "instance_id",
}
"""The column in which a kind's ids stand. Leaving out a person leaves out every row of theirs."""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """One thing that a check points at."""

    kind: Kind
    id: str
    check: str
    """Which check: ``duplicate``, ``speed``, ... or ``by hand``."""
    reason: str
    """In words, for whoever decides."""
    evidence: str = ""
    """Numbers and ids behind it; never the text itself."""
    decided_by: str | None = None
    """Whoever decided to leave it out; None = nobody, it is only proposed."""
    decided_on: str | None = None
    """ISO date."""
    undone_by: str | None = None
    """Whoever took that back."""
    undone_on: str | None = None

    @property
    def in_force(self) -> bool:
        """Whether it leaves something out."""
        return bool(self.decided_by) and not self.undone_by


FIELDS = tuple(field.name for field in fields(Exclusion))


@dataclass(frozen=True, slots=True)
class Exclusions:
    """All of them, proposed, decided and undone."""

    rows: tuple[Exclusion, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Exclusion]:
        return iter(self.rows)

    def add(self, more: Iterable[Exclusion]) -> Exclusions:
        """With further proposals; one that is there (kind, id, check) keeps its decision."""
        known = {(row.kind, row.id, row.check) for row in self.rows}
        new = {(row.kind, row.id, row.check): row for row in more}
        return Exclusions((*self.rows, *(row for key, row in new.items() if key not in known)))

    def decide(
        self, kind: Kind, id: str, *, by: str, now: dt.datetime, check: str = ""
    ) -> Exclusions:
        """With what is proposed of `id` decided by `by`; `check` chooses one of several.

        A thing that nobody proposed is added as ``by hand``. What was undone gets a further row, so
        that both decisions stay on record.
        """
        day = now.date().isoformat()
        found = self._of(kind, id, check)
        if not found:
            row = Exclusion(kind, id, check or "by hand", "decided by hand", "", by, day)
            return Exclusions((*self.rows, row))
        if any(self.rows[i].in_force for i in found):
            return self
        again = [self.rows[i] for i in sorted(found) if self.rows[i].undone_by][-1:]
        fresh = {i for i in found if not self.rows[i].undone_by and not self.rows[i].decided_by}
        rows = self._with(fresh, decided_by=by, decided_on=day).rows
        new: dict[str, Any] = {"decided_by": by, "decided_on": day, "undone_by": None}
        new["undone_on"] = None
        return Exclusions((*rows, *(replace(row, **new) for row in again if not fresh)))

    def undo(
        self, kind: Kind, id: str, *, by: str, now: dt.datetime, check: str = ""
    ) -> Exclusions:
        """With every decision about `id` taken back; what it left out comes again.

        Raises:
            DataError: Nothing about `id` is in force.
        """
        found = {i for i in self._of(kind, id, check) if self.rows[i].in_force}
        if not found:
            raise DataError([Fault("exclusions", None, f"{kind} {id}", "none in force", "one")])
        return self._with(found, undone_by=by, undone_on=now.date().isoformat())

    def excluded(self, kind: Kind) -> frozenset[str]:
        """The ids of that kind that are left out."""
        return frozenset(row.id for row in self.rows if row.kind == kind and row.in_force)

    def keeps(self, table: Table) -> list[bool]:
        """For each row of `table`, whether it stays; by whichever of `COLUMN_OF` it has."""
        there = [kind for kind in KINDS if COLUMN_OF[kind] in names_of(table)]
        found = columns(table, [COLUMN_OF[kind] for kind in there])
        size = len(next(iter(found.values()), []))
        keep = [True] * size
        for kind in there:
            gone = self.excluded(kind)
            for i, value in enumerate(found[COLUMN_OF[kind]]):
                keep[i] = keep[i] and value not in gone
        return keep

    def counts(self) -> dict[tuple[str, str], dict[str, int]]:
        """(check, kind) -> how many are proposed, in force and undone."""
        states: dict[tuple[str, str], Counter[str]] = {}
        for row in self.rows:
            state = "in force" if row.in_force else "undone" if row.undone_by else "proposed"
            states.setdefault((row.check, row.kind), Counter())[state] += 1
        return {key: dict(states[key]) for key in sorted(states)}

    def _of(self, kind: Kind, id: str, check: str) -> set[int]:
        return {
            i
            for i, row in enumerate(self.rows)
            if row.kind == kind and row.id == id and check in ("", row.check)
        }

    def _with(self, places: set[int], **changes: Any) -> Exclusions:
        return Exclusions(
            tuple(replace(r, **changes) if i in places else r for i, r in enumerate(self.rows))
        )


def apply(exclusions: Exclusions, table: Table) -> Any:
    """`table` without the rows that are left out; a `pyarrow.Table` stays one."""
    keep = exclusions.keeps(table)
    if isinstance(table, Mapping):
        return {
            name: [value for value, kept in zip(values, keep, strict=True) if kept]
            for name, values in table.items()
        }
    import pyarrow as pa

    return table.filter(pa.array(keep, pa.bool_()))  # type: ignore[attr-defined]


def write_exclusions(exclusions: Exclusions, path: Path | str) -> int:
    """Write ``exclusions.csv``, one row each in their order; return how many."""
    text = io.StringIO()
    writer = csv.DictWriter(text, FIELDS, lineterminator="\n")
    writer.writeheader()
    for row in exclusions:
        writer.writerow({name: value or "" for name, value in asdict(row).items()})
    write_text(text.getvalue(), path)
    return len(exclusions)


def read_exclusions(path: Path | str) -> Exclusions:
    """Read ``exclusions.csv``.

    Raises:
        DataError: A column is missing, a kind is not known, an id or check is empty; all named.
    """
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            rows, header = list(reader), list(reader.fieldnames or ())
    except FileNotFoundError:
        raise DataError([Fault(str(path), None, "", "nothing", "an exclusions.csv")]) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError([Fault(str(path), None, "", str(error)[:60], "a CSV in UTF-8")]) from None
    needed = ("kind", "id", "check", "reason")
    faults = [Fault(str(path), 1, n, "nothing", "a column") for n in needed if n not in header]
    if faults:
        raise DataError(faults)
    found = []
    for line, row in enumerate(rows, start=2):
        if row["kind"] not in KINDS:
            kinds = ", ".join(KINDS)
            faults.append(Fault(str(path), line, "kind", repr(row["kind"])[:60], f"one of {kinds}"))
        faults += [
            Fault(str(path), line, name, "nothing", "a value")
            for name in ("id", "check")
            if not row[name]
        ]
        found.append(_exclusion(row))
    if faults:
        raise DataError(faults)
    return Exclusions(tuple(found))


def _exclusion(row: Mapping[str, str | None]) -> Exclusion:
    needed = {name: row.get(name) or "" for name in ("kind", "id", "check", "reason", "evidence")}
    rest = {name: row.get(name) or None for name in FIELDS[5:]}
    return Exclusion(**needed, **rest)  # type: ignore[arg-type]
