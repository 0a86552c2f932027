"""Populations that a study's people are held against, read from a user's files.

Three forms are told apart by their header:

- the two census files of PRISM's appendix L (ages by ethnic group and sex, UK and US);
- a joint table: a column per dimension and a last one, ``count`` or ``share``
  (`manyvoices.curate.census_tables.read_joint`);
- margins: ``column,level`` and ``share`` or ``count``, with ``population`` and ``n`` as far as
  known. A margin with ``n`` is of a sample of so many people: that is how earlier studies' own
  demographics are written (PRISM's tables 6 and 7).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from manyvoices.curate.census_tables import (
    CensusTable,
    read_joint,
    read_uk_census,
    read_us_census,
)
from manyvoices.schema.errors import DataError, Fault

_MARGIN = {"column", "level"}


@dataclass(frozen=True, slots=True)
class Margin:
    """Shares of a population over the levels of one column of the survey."""

    population: str
    column: str
    shares: Mapping[str, float]
    """Level -> share; they sum to 1."""
    n: int | None = None
    """People of the sample that the shares are of; None = a population, taken as known."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class References:
    """All that was given."""

    margins: tuple[Margin, ...] = ()
    joint: tuple[CensusTable, ...] = ()


def read_references(paths: Iterable[Path | str]) -> References:
    """Read each file in the form that its header has.

    Raises:
        DataError: A file has none of the three forms, or its numbers are none; all faults named.
    """
    margins: list[Margin] = []
    joint: list[CensusTable] = []
    for path in map(Path, paths):
        header = _header(path)
        if set(header) >= _MARGIN:
            margins += read_margins(path)
        elif any(name.endswith(" 2021 (number)") for name in header):
            joint.append(read_uk_census(path))
        elif {"White_Male", "Hispanic_Male"} <= set(header):
            joint.append(read_us_census(path))
        else:
            joint.append(read_joint(path))
    return References(tuple(margins), tuple(joint))


def read_margins(path: Path | str) -> tuple[Margin, ...]:
    """Margins from a long table, one row per population, column and level.

    Raises:
        DataError: A row has no number, or a level stands twice.
    """
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    found: dict[tuple[str, str], dict[str, float]] = {}
    sizes: dict[tuple[str, str], int] = {}
    faults = []
    for line, row in enumerate(rows, start=2):
        key = (row.get("population") or Path(path).stem, row["column"])
        value = _number(row.get("share") or row.get("count") or "")
        levels = found.setdefault(key, {})
        if value is None or row["level"] in levels:
            what = "no number" if value is None else f"{row['level']!r} again"
            faults.append(
                Fault(str(path), line, "", what, "each level once, with a share or count")
            )
            continue
        levels[row["level"]] = value
        size = _number(row.get("n") or "")
        if size is not None:
            sizes[key] = int(size)
    faults += [
        Fault(str(path), None, " ".join(key), "no people", "shares above 0")
        for key, levels in found.items()
        if not sum(levels.values())
    ]
    if faults:
        raise DataError(faults)
    return tuple(
        Margin(population, column, _scaled(levels), sizes.get((population, column)))
        for (population, column), levels in found.items()
    )


def margins_of(table: CensusTable, columns: Mapping[str, str]) -> tuple[Margin, ...]:
    """One margin per dimension of a joint table. `columns`: dimension -> column of the people."""
    return tuple(
        Margin(table.name, columns.get(name, name), table.margin(name), notes=table.notes)
        for name in table.dimensions
    )


def _scaled(levels: Mapping[str, float]) -> dict[str, float]:
    total = sum(levels.values())
    return {level: value / total for level, value in levels.items()}


def _number(text: str) -> float | None:
    try:
        value = float(text.replace(",", "").removesuffix("%"))
    except ValueError:
        return None
    return value if value >= 0 else None


def _header(path: Path) -> Sequence[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return next(csv.reader(file), [])
    except FileNotFoundError:
        raise DataError([Fault(str(path), None, "", "nothing", "a CSV file")]) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError([Fault(str(path), None, "", str(error)[:60], "a CSV in UTF-8")]) from None
