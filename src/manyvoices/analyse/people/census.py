"""People of one country against its census, cell by cell, before and after rebalancing (figure 8).

The people are those of the balanced subset, where the release marks one, who took part in the
census's country. Before: all of them. After: PRISM's draw (`census_sample(preset="prism")`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from manyvoices.analyse.dataset import Dataset
from manyvoices.analyse.people.against import Comparison, compare, corrected
from manyvoices.analyse.people.reference import Margin
from manyvoices.analyse.settings import Settings
from manyvoices.curate.census import CensusSample, census_sample
from manyvoices.curate.census_tables import DIMENSIONS, CensusTable, prism_cells

_ISO = {"uk": "GBR", "us": "USA"}


@dataclass(frozen=True, slots=True)
class CensusComparison:
    """One joint table."""

    sample: CensusSample
    by_dimension: tuple[Comparison, ...]
    """Each dimension of the table, over the people who fall into a cell of it."""
    joint: Comparison
    """All cells at once."""
    of_balanced: bool
    """Whether the release marks a balanced subset; else everybody of the country is in."""


def census_comparison(
    dataset: Dataset, rows: Sequence[Mapping[str, Any]], table: CensusTable, settings: Settings
) -> CensusComparison | None:
    """None where the people lack a dimension of the table, or nobody is in any cell."""
    kept = set(dataset.balanced().people["user_id"].to_list())
    eligible = [row for row in rows if row["user_id"] in kept and took_part_in(row, table.name)]
    people = _cells(eligible, table)
    if people is None:
        return None
    sample = census_sample(people, table, preset="prism")
    if not sample.n_eligible:
        return None
    cells = list(zip(*(people[name] for name in table.dimensions), strict=True))
    cells = [cell for cell in cells if cell in table.shares]
    drawn = settings.resampling
    margins = [
        (i, Margin(table.name, name, table.margin(name))) for i, name in enumerate(table.dimensions)
    ]
    whole = Margin(
        table.name,
        " × ".join(table.dimensions),
        {" × ".join(cell): share for cell, share in table.shares.items()},
    )
    return CensusComparison(
        sample=sample,
        by_dimension=corrected(
            [
                compare((cell[i] for cell in cells), margin, level=drawn.level, seed=drawn.seed)
                for i, margin in margins
            ]
        ),
        joint=compare(
            (" × ".join(map(str, cell)) for cell in cells),
            whole,
            level=drawn.level,
            seed=drawn.seed,
        ),
        of_balanced=len(kept) < dataset.people.height,
    )


def took_part_in(row: Mapping[str, Any], name: str) -> bool:
    """Whether a person belongs to the country of a census; to any table that names none."""
    if name not in _ISO:
        return True
    locale = row.get("study_locale")
    place = row.get("location") or {}
    return locale == name if locale is not None else place.get("reside_countryISO") == _ISO[name]


def _cells(
    rows: Sequence[Mapping[str, Any]], table: CensusTable
) -> dict[str, list[str | None]] | None:
    names = ("user_id", "age", "gender", "ethnicity_categorised")
    if table.dimensions == DIMENSIONS and rows and all(name in rows[0] for name in names):
        return prism_cells({name: [row[name] for row in rows] for name in names})
    wanted = ("user_id", *table.dimensions)
    if not rows or any(name not in rows[0] for name in wanted):
        return None
    return {name: [row[name] for row in rows] for name in wanted}
