"""Joint tables of a population: the two that PRISM used, read from their published files, and any.

Both published tables have 60 cells, age (6) x gender (2) x ethnicity (5), and both need a word of
caution that stands in their notes: "the UK" is England and Wales, and the US table counts Hispanic
people of colour twice.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeAlias

from manyvoices.curate.columns import Table, columns
from manyvoices.schema.errors import DataError, Fault

Cell: TypeAlias = tuple[str, ...]
"""One level of each dimension."""

AGES = {
    "18-24 years old": (18, 24),
    "25-34 years old": (25, 34),
    "35-44 years old": (35, 44),
    "45-54 years old": (45, 54),
    "55-64 years old": (55, 64),
    "65+ years old": (65, None),
}
GENDERS = ("Female", "Male")
ETHNICITIES = ("Asian", "Black", "Mixed", "Other", "White")
DIMENSIONS = ("age", "gender", "ethnicity")

CENSUS_ETHNICITY = {
    "White": "White",
    "Black / African": "Black",
    "Asian": "Asian",
    "Mixed": "Mixed",
    "Other": "Other",
    "Hispanic / Latino": "Other",
    "Middle Eastern / Arab": "Other",
    "Indigenous / First Peoples": "Other",
}
"""PRISM's nine groups -> the five of its census tables; the same map for both countries."""

_US_TOTAL = 298_477_760
_US_ADULTS = 260_000_000
_HISPANIC_OF_OTHER = 0.91
"""PRISM, appendix L, note 21: "over 91% of the Other census category are Hispanic"."""


@dataclass(frozen=True)
class CensusTable:
    """Shares of a population over the cells of some dimensions."""

    name: str
    dimensions: tuple[str, ...]
    shares: Mapping[Cell, float]
    """Cell -> share of the population; they sum to 1. A missing cell has nobody."""
    population: float | None = None
    """People, where known."""
    notes: tuple[str, ...] = ()
    """What a reader of a result must know."""

    @cached_property
    def levels(self) -> dict[str, tuple[str, ...]]:
        """Dimension -> its levels, in the order of first appearance."""
        return {
            name: tuple(dict.fromkeys(cell[place] for cell in self.shares))
            for place, name in enumerate(self.dimensions)
        }

    def margin(self, *names: str) -> dict[Any, float]:
        """Shares over one dimension, or over several together (keys are tuples): for `rake`."""
        places = [self.dimensions.index(name) for name in names]
        sums: dict[Any, float] = {}
        for cell, share in self.shares.items():
            level = tuple(cell[place] for place in places)
            key = level[0] if len(level) == 1 else level
            sums[key] = sums.get(key, 0.0) + share
        return sums


def census_table(
    name: str,
    dimensions: Sequence[str],
    counts: Mapping[Cell, float],
    *,
    notes: Sequence[str] = (),
    is_population: bool = True,
) -> CensusTable:
    """A table from counts (or shares in any unit), scaled to sum to 1.

    Raises:
        DataError: A count is negative, all are zero, or a cell has not one level per dimension.
    """
    faults = [
        Fault(name, None, " x ".join(cell), repr(value), "a number of 0 or more")
        for cell, value in counts.items()
        if not value >= 0
    ]
    faults += [
        Fault(name, None, " x ".join(cell), f"{len(cell)} levels", f"{len(dimensions)}")
        for cell in counts
        if len(cell) != len(dimensions)
    ]
    total = sum(counts.values())
    if not faults and not total:
        faults = [Fault(name, None, "", "no people", "counts or shares")]
    if faults:
        raise DataError(faults)
    shares = {cell: value / total for cell, value in counts.items()}
    population = float(total) if is_population else None
    return CensusTable(name, tuple(dimensions), shares, population, tuple(notes))


def read_uk_census(path: Path | str) -> CensusTable:
    """The ONS single-year file of the 2021 census (``census/uk.csv``): adults.

    It covers England and Wales; PRISM calls it the UK.

    Raises:
        DataError: The columns are not those of that file.
    """
    rows, header = _rows(path)
    wanted = [name for name in header if name.endswith(" 2021 (number)")]
    if not wanted or "Age" not in header:
        expected = "Age, and columns '<group>: <part>, <sex> 2021 (number)'"
        raise DataError([Fault(str(path), 1, "", f"{len(header)} other columns", expected)])
    counts = _empty()
    for row in rows:
        age = _age_group(int(row["Age"].rstrip("+")))
        if age is None:
            continue
        for name in wanted:
            group, _, rest = name.partition(": ")
            gender = "Female" if ", Female " in rest else "Male"
            counts[age, gender, _uk_ethnicity(group)] += float(row[name])
    note = "census: ONS 2021, England and Wales (PRISM's table; not the whole of the UK)"
    return census_table("uk", DIMENSIONS, counts, notes=(note,))


def read_us_census(
    path: Path | str, *, hispanic: Literal["published", "once"] = "published"
) -> CensusTable:
    """PRISM's aggregate of eight ACS 2022 tables of age by sex: ``us_census_aggregate.csv``.

    Its White is "not Hispanic", its other races include Hispanic people, and all Hispanic people
    are added to Other: whoever is Hispanic and not White counts twice (298.5 million adults of
    about 260). ``hispanic="published"`` is that table. ``"once"`` takes the double count away: 91%
    of the census's own Other (PRISM's note 21) and, for the rest up to 260 million adults, a share
    of Mixed, the same in every cell. It is an approximation: race by Hispanic origin is in none of
    the eight tables. Black and Asian keep their few Hispanic people.

    Raises:
        DataError: The columns are not those of that file.
    """
    rows, header = _rows(path)
    parts = ("White", "Black", "Hispanic", "Mixed", "Other", "Asian")
    missing = [f"{e}_{g}" for e in parts for g in GENDERS if f"{e}_{g}" not in header]
    if missing:
        raise DataError([Fault(str(path), 1, name, "nothing", "a column") for name in missing])
    shares = {
        (row["age_category"], gender, part): float(row[f"{part}_{gender}"])
        for row in rows
        if row["age_category"] in AGES
        for gender in GENDERS
        for part in parts
    }
    of_mixed = _mixed_counted_twice(shares) if hispanic == "once" else 0.0
    of_other = _HISPANIC_OF_OTHER if hispanic == "once" else 0.0
    counts = _empty()
    for (age, gender, part), share in shares.items():
        kept = 1 - {"Other": of_other, "Mixed": of_mixed}.get(part, 0.0)
        cell = (age, gender, "Other" if part == "Hispanic" else part)
        counts[cell] += share * kept * _US_TOTAL
    note = (
        "census: eight ACS 2022 tables as PRISM added them; Hispanic people of colour count twice"
        if hispanic == "published"
        else "census: eight ACS 2022 tables, the double count of Hispanic people taken away from"
        f" Other (91%) and Mixed ({100 * of_mixed:.0f}%); an approximation"
    )
    return census_table("us", DIMENSIONS, counts, notes=(note,))


def read_joint(path: Path | str, *, name: str = "") -> CensusTable:
    """Any joint table as a CSV: one column per dimension and a last one, ``count`` or ``share``.

    Raises:
        DataError: There is no such column, a number is none, or a cell stands twice; all named.
    """
    rows, header = _rows(path)
    value = header[-1] if header else ""
    if value not in {"count", "share"} or len(header) < 2:
        expected = "columns of dimensions and a last column 'count' or 'share'"
        raise DataError([Fault(str(path), 1, "", ", ".join(header) or "nothing", expected)])
    counts: dict[Cell, float] = {}
    faults = []
    for line, row in enumerate(rows, start=2):
        cell = tuple(row[dimension] or "" for dimension in header[:-1])
        try:
            number = float(row[value])
        except (TypeError, ValueError):
            faults.append(Fault(str(path), line, value, repr(row[value])[:60], "a number"))
            continue
        if cell in counts:
            faults.append(Fault(str(path), line, "", f"{' x '.join(cell)} again", "each cell once"))
        counts[cell] = number
    if faults:
        raise DataError(faults)
    return census_table(
        name or Path(path).stem, header[:-1], counts, is_population=value == "count"
    )


def prism_cells(people: Table) -> dict[str, list[str | None]]:
    """PRISM's people in the cells of its census tables.

    Takes ``user_id``, ``age``, ``gender`` and ``ethnicity_categorised``; gives ``user_id``,
    ``age``, ``gender``, ``ethnicity``. What has no cell (no answer, another gender) is None.
    """
    names = ("user_id", "age", "gender", "ethnicity_categorised")
    found = columns(people, names, what="people")
    return {
        "user_id": found["user_id"],
        "age": [value if value in AGES else None for value in found["age"]],
        "gender": [value if value in GENDERS else None for value in found["gender"]],
        "ethnicity": [CENSUS_ETHNICITY.get(v) for v in found["ethnicity_categorised"]],
    }


def _mixed_counted_twice(shares: Mapping[tuple[str, str, str], float]) -> float:
    """The share of Mixed that, with 91% of Other, makes up the double count."""
    sums = {
        part: sum(v for (_, _, p), v in shares.items() if p == part) for part in ("Other", "Mixed")
    }
    twice = 1 - _US_ADULTS / _US_TOTAL
    return (twice - _HISPANIC_OF_OTHER * sums["Other"]) / sums["Mixed"]


def _empty() -> dict[Cell, float]:
    return {(a, g, e): 0.0 for a in AGES for g in GENDERS for e in ETHNICITIES}


def _age_group(age: int) -> str | None:
    for name, (low, high) in AGES.items():
        if age >= low and (high is None or age <= high):
            return name
    return None


def _uk_ethnicity(group: str) -> str:
    return next(name for name in ETHNICITIES if group.startswith(name))


def _rows(path: Path | str) -> tuple[list[dict[str, str]], list[str]]:
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
            return rows, list(reader.fieldnames or ())
    except FileNotFoundError:
        raise DataError([Fault(str(path), None, "", "nothing", "a CSV file")]) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError([Fault(str(path), None, "", str(error)[:60], "a CSV in UTF-8")]) from None
