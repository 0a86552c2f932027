"""The subsets of one release: drawn from its files, written as tables, and kept as flags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from manyvoices.curate.census import CensusSample, Preset, census_sample
from manyvoices.curate.census_tables import (
    CensusTable,
    prism_cells,
    read_joint,
    read_uk_census,
    read_us_census,
)
from manyvoices.curate.csv_files import write_csv
from manyvoices.curate.subsets import CONVERSATION_COLUMNS, Subset, balanced_subset
from manyvoices.io.prism import find, read_prism_file
from manyvoices.schema import PrismSurveyRow

COUNTRIES = {"uk": "GBR", "us": "USA"}
"""Samples of PRISM's two countries -> the code of that country."""


@dataclass(frozen=True, slots=True)
class Subsets:
    """What was drawn."""

    balanced: Subset | None = None
    census: Mapping[str, CensusSample] = field(default_factory=dict)
    """Name -> sample; ``uk`` fills ``included_in_UK_REP``."""

    @property
    def people(self) -> dict[str, frozenset[str]]:
        """Column of the survey -> who is in."""
        flags = {
            f"included_in_{name.upper()}_REP": frozenset(sample.included)
            for name, sample in self.census.items()
        }
        if self.balanced is not None:
            flags["included_in_balanced_subset"] = frozenset(self.balanced.people)
        return flags

    @property
    def conversations(self) -> frozenset[str] | None:
        """Whatever is in the balanced subset; None where none was drawn."""
        return None if self.balanced is None else frozenset(self.balanced.included)


def draw_subsets(
    prism: Path,
    people: Sequence[PrismSurveyRow],
    *,
    balanced: bool,
    census: Mapping[str, Path],
    preset: Preset | None,
    seed: int,
) -> Subsets:
    """Draw what is asked for from PRISM's files.

    Census samples are of whoever is in the balanced subset, where that is drawn, and, for ``uk``
    and ``us``, took part there (``study_locale``, else the country of residence).

    Args:
        people: The survey's rows, with categories filled in.
        census: Name -> file of the joint table. ``uk`` and ``us`` are read as PRISM's two files,
            any other as `read_joint` has it, its dimensions being columns of the survey.

    Raises:
        DataError: A table cannot be read, or the people have no such columns.
    """
    subset = _balanced(prism, seed, preset) if balanced else None
    inside = {row["user_id"] for row in people} if subset is None else set(subset.people)
    samples = {}
    for name, path in census.items():
        eligible = [r for r in people if r["user_id"] in inside and _took_part_in(r, name)]
        table = _table(name, path)
        samples[name] = census_sample(
            _cells(eligible, name, table), table, preset=preset, seed=seed
        )
    return Subsets(subset, samples)


def write_subsets(subsets: Subsets, folder: Path) -> None:
    """Write who is in and why others are not, and the tables before and after, as CSV."""
    if subsets.balanced is not None:
        _write_balanced(subsets.balanced, folder)
    for name, sample in subsets.census.items():
        ids = dict.fromkeys(sample.included, (True, "")) | {
            user: (False, why) for user, why in sample.excluded.items()
        }
        rows = [(user, included, why) for user, (included, why) in ids.items()]
        write_csv(folder / f"census_{name}.csv", ("user_id", "included", "reason"), rows)
        dimensions = sample.table.dimensions
        header = (*dimensions, "share", "places", "available", "taken", "before", "after")
        cells = [
            (*c.cell, c.share, c.quota, c.n_available, c.n_taken, c.before, c.after)
            for c in sample.cells
        ]
        write_csv(folder / f"census_{name}_cells.csv", header, cells)


def notes_of(subsets: Subsets) -> list[str]:
    """What a reader of the release must know of them."""
    return [f"census {name}: {note}" for name, s in subsets.census.items() for note in s.notes]


def _balanced(prism: Path, seed: int, preset: Preset | None) -> Subset:
    rows = read_prism_file(find(prism, "conversations"), "conversations")
    table: dict[str, list[Any]] = {name: [] for name in CONVERSATION_COLUMNS}
    for row in rows:
        for name in CONVERSATION_COLUMNS:
            table[name].append(getattr(row, name))
    return balanced_subset(table, seed=seed, method="prism" if preset == "prism" else "manyvoices")


def _write_balanced(subset: Subset, folder: Path) -> None:
    rows = [(name, True, "") for name in subset.included]
    rows += [(name, False, why) for name, why in subset.excluded.items()]
    write_csv(folder / "balanced.csv", ("conversation_id", "included", "reason"), rows)
    reasons = Counter(_kind(why) for why in subset.excluded.values())
    counts = [("kept", kind, n) for kind, n in subset.per_type.items()]
    counts += [("left out", reason, n) for reason, n in sorted(reasons.items())]
    write_csv(folder / "balanced_counts.csv", ("what", "which", "conversations"), counts)


def _kind(reason: str) -> str:
    """A reason without the numbers of one person."""
    return "more of one type than of another" if "are kept" in reason else reason


def _took_part_in(row: PrismSurveyRow, name: str) -> bool:
    return name not in COUNTRIES or _country(row) in (name, COUNTRIES[name])


def _country(row: PrismSurveyRow) -> Any:
    locale, location = row.get("study_locale"), row.get("location")
    if locale is not None:
        return locale
    return location.get("reside_countryISO") if isinstance(location, dict) else None


def _table(name: str, path: Path) -> CensusTable:
    readers = {"uk": read_uk_census, "us": read_us_census}
    return readers[name](path) if name in readers else read_joint(path, name=name)


def _cells(people: Sequence[PrismSurveyRow], name: str, table: CensusTable) -> dict[str, list[Any]]:
    if name in COUNTRIES:
        found = {n: [row.get(n) for row in people] for n in ("user_id", "age")}
        found["gender"] = [r.get("gender_categorised") or r.get("gender") for r in people]
        ethnicity = [_part(row.get("ethnicity"), ("categorised",)) for row in people]
        return prism_cells(found | {"ethnicity_categorised": ethnicity})
    there = dict.fromkeys(key for row in people for key in row)
    names = [d for d in table.dimensions if d in there]
    return {"user_id": [row["user_id"] for row in people]} | {
        d: [_part(row.get(d), ("simplified", "categorised")) for row in people] for d in names
    }


def _part(value: Any, keys: Sequence[str]) -> Any:
    """The group that a free text was put into, where the column has that form."""
    if not isinstance(value, dict):
        return value
    return next((value[key] for key in keys if value.get(key) is not None), None)
