"""Results as tidy tables: one row per observation, named columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from manyvoices.aggregate.kinds import Backend
from manyvoices.aggregate.ratings import build_frame


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Named columns of one length."""

    columns: Mapping[str, Sequence[Any]]
    title: str = ""

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def __getitem__(self, name: str) -> Sequence[Any]:
        return self.columns[name]

    def rows(self) -> list[dict[str, Any]]:
        """Return one dict per row."""
        names = list(self.columns)
        return [dict(zip(names, row, strict=True)) for row in zip(*self.columns.values(),
                                                                  strict=True)]  # fmt: skip

    def to_frame(self, backend: Backend = "polars") -> Any:
        """Return a polars or pandas frame, or a dict of lists."""
        return build_frame({name: list(column) for name, column in self.columns.items()}, backend)


def table_of(rows: Sequence[Mapping[str, Any]], title: str = "") -> Table:
    """Build a table from rows that share their keys; the first row names the columns."""
    names = list(rows[0]) if rows else []
    return Table({name: [row[name] for row in rows] for name in names}, title)
