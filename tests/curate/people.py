"""People in cells, as many as wanted, for the tests of subsets and weights."""

from __future__ import annotations

import csv
from pathlib import Path

from manyvoices.curate.census_tables import AGES


def in_cells(counts: dict[tuple[str, str, str], int]) -> dict[str, list[str]]:
    """One row per person: user_id, age, gender, ethnicity."""
    table: dict[str, list[str]] = {"user_id": [], "age": [], "gender": [], "ethnicity": []}
    for (age, gender, ethnicity), n in counts.items():
        for _ in range(n):
            table["user_id"].append(f"user{len(table['user_id'])}")
            table["age"].append(age)
            table["gender"].append(gender)
            table["ethnicity"].append(ethnicity)
    return table


def published_cells(path: Path) -> dict[tuple[str, str, str], float]:
    """A published table of percentages: (age, gender, ethnicity) -> percent."""
    with path.open() as file:
        header, *rows = list(csv.reader(file))
    return {
        (row[0], name.partition("_")[2], name.partition("_")[0]): float(value)
        for row in rows
        if row[0] in AGES
        for name, value in zip(header[1:], row[1:], strict=True)
        if "_" in name and not name.startswith("All")
    }
