"""A sample that looks like a census: so many of each cell of a joint table (PRISM, appendix L).

The paper and its code differ. The paper samples "that exact number" of each cell; the code takes
``int(share * n) + 1``, one more than the whole part everywhere, so that even a cell with a share of
0.06% of 300 gets a place. Both are here, and ours, largest remainders: the places sum to n.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import floor
from typing import Literal, TypeAlias

from manyvoices.curate.census_tables import Cell, CensusTable
from manyvoices.curate.columns import Table, columns, unique_ids
from manyvoices.curate.drawing import Method, draw
from manyvoices.schema.errors import DataError, Fault

Quota: TypeAlias = Literal["largest remainder", "exact", "prism"]
Preset: TypeAlias = Literal["prism", "paper"]

PRISM_SEED = 42
"""The seed of the published draw."""
PRISM_N = 300
"""The places that the published samples were cut to."""


@dataclass(frozen=True, slots=True)
class CellCount:
    """One cell: what the census says, and who was there and was taken."""

    cell: Cell
    share: float
    """Of the census population, 0 to 1."""
    quota: int
    """Places."""
    n_available: int
    n_taken: int
    before: float
    """Share of the eligible less share of the census, percentage points."""
    after: float
    """The same for the sample; NaN where nobody was taken."""


@dataclass(frozen=True, slots=True)
class CensusSample:
    """Who is in the sample, who is not and why, and how far it is from the census."""

    included: tuple[str, ...]
    """People, in the order of the table."""
    excluded: Mapping[str, str]
    """Person -> the reason, in words. With `included` it names everybody once."""
    table: CensusTable
    cells: tuple[CellCount, ...]
    """One for each cell of the census, in its order: the quota table."""
    n_people: int
    n_eligible: int
    """People who fall into some cell; shares before are of these."""
    quota: Quota
    method: Method
    n_wanted: int
    seed: int
    notes: tuple[str, ...]

    @property
    def largest_difference(self) -> float:
        """The furthest cell after the draw, percentage points."""
        return max(abs(row.after) for row in self.cells)

    def flags(self, people: Iterable[str | None]) -> list[bool]:
        """``included_in_..._REP`` of people."""
        kept = set(self.included)
        return [one in kept for one in people]

    def differences(
        self, by: Sequence[str], *, when: Literal["before", "after"]
    ) -> dict[Cell, float]:
        """Sample less census in percentage points, over the cells of some dimensions."""
        places = [self.table.dimensions.index(name) for name in by]
        sums: dict[Cell, float] = {}
        for row in self.cells:
            cell = tuple(row.cell[place] for place in places)
            sums[cell] = sums.get(cell, 0.0) + (row.before if when == "before" else row.after)
        return sums


def census_sample(
    people: Table,
    joint: CensusTable,
    *,
    n: int = PRISM_N,
    seed: int = 0,
    quota: Quota = "largest remainder",
    method: Method = "manyvoices",
    preset: Preset | None = None,
) -> CensusSample:
    """Draw people so that the cells of `joint` have their shares, as far as there are people.

    PRISM (arXiv 2404.16019), appendix L. A cell with fewer people than places gives all of them, so
    the sample may be smaller than `n`.

    Args:
        people: ``user_id`` and a column for each dimension of `joint`; see
            `census_tables.prism_cells` for PRISM's. Whoever is to be considered at all (one
            country, the balanced subset) is for the caller to choose.
        quota: Places of a cell. ``"largest remainder"``: they sum to `n`. ``"exact"``: share * n,
            rounded, half up (the paper). ``"prism"``: int(share * n) + 1 (the published code).
        method: How those of a cell are drawn, see `drawing`.
        preset: ``"prism"`` sets quota, method and seed (42) as the published code has them;
            ``"paper"`` the quota as the paper says.

    Raises:
        DataError: A column is missing, an id stands on two rows, or `n` is below 1.
    """
    if n < 1:
        raise DataError([Fault("n", None, "", str(n), "1 or more")])
    if preset == "prism":
        quota, method, seed = "prism", "prism", PRISM_SEED
    elif preset == "paper":
        quota = "exact"
    found = columns(people, ("user_id", *joint.dimensions), what="people")
    users = found["user_id"]
    unique_ids(users, column="user_id", what="people")
    cells = list(zip(*(found[name] for name in joint.dimensions), strict=True))
    groups, excluded = _grouped(users, cells, joint)
    places = quotas(joint, n, quota)
    taken: dict[Cell, list[str]] = {}
    for cell, group in groups.items():
        taken[cell] = draw(group, places[cell], group="\0".join(cell), seed=seed, method=method)
        left = set(group) - set(taken[cell])
        reason = f"the cell {_say(cell)} has {len(group)} people and {places[cell]} places"
        excluded |= dict.fromkeys([one for one in group if one in left], reason)
    kept = {one for group in taken.values() for one in group}
    return CensusSample(
        included=tuple(one for one in users if one in kept),
        excluded={one: excluded[one] for one in users if one not in kept},
        table=joint,
        cells=_counted(joint, groups, taken, places),
        n_people=len(users),
        n_eligible=sum(map(len, groups.values())),
        quota=quota,
        method=method,
        n_wanted=n,
        seed=seed,
        notes=_notes(joint, groups, places, quota, n),
    )


def quotas(joint: CensusTable, n: int, quota: Quota) -> dict[Cell, int]:
    """Places of each cell out of `n`."""
    wanted = {cell: share * n for cell, share in joint.shares.items()}
    if quota == "prism":
        return {cell: int(value) + 1 for cell, value in wanted.items()}
    if quota == "exact":
        return {cell: floor(value + 0.5) for cell, value in wanted.items()}
    places = {cell: floor(value) for cell, value in wanted.items()}
    # Equal remainders go in the order of the table: a rule, so that no draw is needed.
    order = sorted(wanted, key=lambda cell: places[cell] - wanted[cell])
    for cell in order[: n - sum(places.values())]:
        places[cell] += 1
    return places


def _grouped(
    users: list[str], cells: list[Cell], joint: CensusTable
) -> tuple[dict[Cell, list[str]], dict[str, str]]:
    groups: dict[Cell, list[str]] = {cell: [] for cell in joint.shares}
    excluded: dict[str, str] = {}
    for user, cell in zip(users, cells, strict=True):
        if cell in groups:
            groups[cell].append(user)
            continue
        for name, value in zip(joint.dimensions, cell, strict=True):
            if value not in joint.levels[name]:
                said = "nothing" if value is None else repr(value)
                excluded[user] = f"{name} is {said}, which the census table has no cell for"
                break
        else:
            excluded[user] = f"the census table has no cell {_say(cell)}"
    return groups, excluded


def _counted(
    joint: CensusTable,
    groups: dict[Cell, list[str]],
    taken: dict[Cell, list[str]],
    places: dict[Cell, int],
) -> tuple[CellCount, ...]:
    n_before = sum(map(len, groups.values()))
    n_after = sum(map(len, taken.values()))
    return tuple(
        CellCount(
            cell=cell,
            share=share,
            quota=places[cell],
            n_available=len(groups[cell]),
            n_taken=len(taken[cell]),
            before=_points(len(groups[cell]), n_before, share),
            after=_points(len(taken[cell]), n_after, share),
        )
        for cell, share in joint.shares.items()
    )


def _points(n: int, total: int, share: float) -> float:
    return 100 * (n / total - share) if total else float("nan")


def _notes(
    joint: CensusTable,
    groups: dict[Cell, list[str]],
    places: dict[Cell, int],
    quota: Quota,
    n: int,
) -> tuple[str, ...]:
    total = sum(places.values())
    short = [cell for cell, group in groups.items() if len(group) < places[cell]]
    lacking = sum(places[cell] - len(groups[cell]) for cell in short)
    notes = list(joint.notes)
    if total != n:
        notes.append(f"the places sum to {total}, not {n}: that is what the quota {quota!r} gives")
    if short:
        notes.append(
            f"{len(short)} of {len(groups)} cells have fewer people than places; {lacking} of"
            f" {total} places stay empty"
        )
    return tuple(notes)


def _say(cell: Cell) -> str:
    return " x ".join(map(str, cell))
