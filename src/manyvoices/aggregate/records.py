"""Battles as records, mappings or tuples, turned into columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

FIELDS = ("model_a", "model_b", "outcome", "participant_id", "weight", "simulated")
OF_TUPLE = ("model_a", "model_b", "outcome", "participant_id")


def as_columns(rows: Iterable[Any], groups: Sequence[str]) -> dict[str, list[Any]]:
    """Return `FIELDS` and `groups`, one entry to a row; without ``weight`` where no row has one.

    A group is looked for among a record's own ``groups``, then among its attributes.
    """
    table: dict[str, list[Any]] = {name: [] for name in (*FIELDS, *groups)}
    for row in rows:
        value_of = _reader(row)
        for name in FIELDS:
            table[name].append(value_of(name))
        inner = value_of("groups") or {}
        for name in groups:
            table[name].append(inner[name] if name in inner else value_of(name))
    table["simulated"] = [bool(value) for value in table["simulated"]]
    weights = table.pop("weight")
    if any(value is not None for value in weights):
        table["weight"] = [1.0 if value is None else value for value in weights]
    return table


def _reader(row: Any) -> Callable[[str], Any]:
    if isinstance(row, Mapping):
        return row.get
    if isinstance(row, tuple):
        return dict(zip(OF_TUPLE, row, strict=False)).get
    return lambda name: getattr(row, name, None)
