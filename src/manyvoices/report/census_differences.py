"""A census sample as a table in the shape of PRISM's: ages down, ethnicity and gender across.

Percentage points, sample less census; the last row and the last columns are sums over the others.
"""

from __future__ import annotations

from typing import Literal

from manyvoices.curate.census import CensusSample
from manyvoices.report.data_table import GAP, DataTable

ALL = "All"


def census_differences(sample: CensusSample, when: Literal["before", "after"]) -> DataTable:
    """The table, for a census table of three dimensions.

    Raises:
        ValueError: It has not three dimensions.
    """
    shown = with_sums(sample, when)
    first, second, third = (sample.table.levels[name] for name in sample.table.dimensions)
    pairs = [(b, c) for c in (*third, ALL) for b in (*second, ALL) if c == ALL or b != ALL]
    rows = tuple(
        (a, *(_points(shown.get((a, b, c), float("nan"))) for b, c in pairs)) for a in (*first, ALL)
    )
    header = tuple(ALL if b == c == ALL else f"{c}_{b}" for b, c in pairs)
    n = sample.n_eligible if when == "before" else len(sample.included)
    return DataTable(
        f"census_{sample.table.name}_{when}",
        f"{sample.table.name.upper()}, {when} rebalancing: sample less census, percentage points",
        (sample.table.dimensions[0], *header),
        rows,
        note="; ".join([f"{n:,} people", *sample.notes]),
    )


def with_sums(
    sample: CensusSample, when: Literal["before", "after"]
) -> dict[tuple[str, ...], float]:
    """Cell -> difference, with `ALL` in the first and in the last place for sums over it, and in
    the second where it is in the last."""
    dimensions = sample.table.dimensions
    if len(dimensions) != 3:
        raise ValueError(f"three dimensions are needed, found {len(dimensions)}")
    first, second, third = dimensions
    found = dict(sample.differences((first, second, third), when=when))
    for (a, b), value in sample.differences((first, second), when=when).items():
        found[a, b, ALL] = value
        found[a, ALL, ALL] = found.get((a, ALL, ALL), 0.0) + value
    for (b, c), value in sample.differences((second, third), when=when).items():
        found[ALL, b, c] = value
    for (b,), value in sample.differences((second,), when=when).items():
        found[ALL, b, ALL] = value
    found[ALL, ALL, ALL] = sum(v for (a, b, c), v in found.items() if a == c == ALL != b)
    return found


def _points(value: float) -> str:
    return GAP if value != value else f"{value:+.2f}"
