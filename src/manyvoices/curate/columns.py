"""Tables as plain lists, so that what is computed here needs no table library.

A table is a `pyarrow.Table` or a mapping of column name -> values. Only three of its methods are
used, so pyarrow need not be installed for a mapping.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias, cast

from manyvoices.schema.errors import DataError, Fault


class ArrowColumn(Protocol):
    """What is used of a `pyarrow.ChunkedArray`."""

    def to_pylist(self) -> list[Any]:
        """The values, null as None."""
        ...


class ArrowTable(Protocol):
    """What is used of a `pyarrow.Table`."""

    @property
    def column_names(self) -> list[str]:
        """Names, in order."""
        ...

    def column(self, i: Any) -> Any:
        """One column by name."""
        ...


Table: TypeAlias = Mapping[str, Sequence[Any]] | ArrowTable
"""Columns of one length; null is None."""


def names_of(table: Table) -> list[str]:
    """The names of a table's columns."""
    return list(table) if isinstance(table, Mapping) else list(table.column_names)


def columns(table: Table, names: Iterable[str], *, what: str = "table") -> dict[str, list[Any]]:
    """The columns called `names`, as lists.

    Raises:
        DataError: Columns are missing or are not of one length; all of them are named.
    """
    there, wanted = names_of(table), list(names)
    missing = [name for name in wanted if name not in there]
    if missing:
        known = ", ".join(there) or "none"
        raise DataError(
            [
                Fault(what, None, name, "nothing", f"a column; there are: {known}")
                for name in missing
            ]
        )
    found = {name: _values(table, name) for name in wanted}
    sizes = {name: len(values) for name, values in found.items()}
    if len(set(sizes.values())) > 1:
        listed = ", ".join(f"{name} {n}" for name, n in sizes.items())
        raise DataError([Fault(what, None, "", f"columns of {listed} rows", "one length")])
    return found


def _values(table: Table, name: str) -> list[Any]:
    if isinstance(table, Mapping):
        return list(table[name])
    return cast(ArrowColumn, table.column(name)).to_pylist()


def unique_ids(ids: Sequence[Any], *, column: str, what: str) -> None:
    """Refuse ids that are missing or stand on several rows; the first ten are named.

    Raises:
        DataError: There are such ids.
    """
    seen: dict[Any, int] = {}
    faults = []
    for row, value in enumerate(ids, start=1):
        if not isinstance(value, str):
            faults.append(Fault(what, row, column, repr(value)[:60], "an id"))
        elif value in seen:
            found = f"{value!r} again (first in row {seen[value]})"
            faults.append(Fault(what, row, column, found, "an id of its own"))
        else:
            seen[value] = row
    if faults:
        raise DataError(faults[:10], n_more=max(len(faults) - 10, 0))
