"""What several raters said of the same units, as counts of categories.

Every coefficient of agreement over units rests on one table: how often each unit got each category.
Resampling units then only re-weights its rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from manyvoices.aggregate.kinds import FloatArray

CHUNK_BYTES = 32 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """Counts of categories per unit."""

    counts: FloatArray
    """(units, categories) how many ratings of a unit were that category."""
    categories: tuple[Any, ...]
    """In sorted order, or in the order given."""

    @classmethod
    def of(cls, values: Units | Iterable[Iterable[Any]], order: Sequence[Any] | None) -> Units:
        """Read values, one row to a unit: a table (units, raters), or rows of any length.

        None and NaN are ratings that were not given. `order` lists the categories, lowest first,
        where they are not numbers; a value outside it is refused.
        """
        if isinstance(values, Units):
            return values
        if isinstance(values, np.ndarray) and values.ndim != 2:
            raise ValueError(f"values need a row for each unit, found shape {values.shape}")
        rows = [[value for value in _plain(row) if not _is_missing(value)] for row in values]
        units = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
        return cls.from_columns(units.tolist(), [v for row in rows for v in row], order, len(rows))

    @classmethod
    def from_columns(
        cls,
        units: Sequence[Any],
        values: Sequence[Any],
        order: Sequence[Any] | None = None,
        n_units: int | None = None,
    ) -> Units:
        """Read two columns of one length: which unit, and what it was rated."""
        if len(units) != len(values):
            raise ValueError(f"{len(units)} units and {len(values)} values: one for each is needed")
        kept = [(u, v) for u, v in zip(units, values, strict=True) if not _is_missing(v)]
        categories = _categories([value for _, value in kept], order)
        code = {value: place for place, value in enumerate(categories)}
        if n_units is None:
            row = {unit: place for place, unit in enumerate(dict.fromkeys(units))}
        else:
            row = {place: place for place in range(n_units)}
        counts = np.zeros((len(row), len(categories)))
        at = [row[unit] for unit, _ in kept], [code[value] for _, value in kept]
        np.add.at(counts, at, 1.0)
        return cls(counts, categories)

    def paired(self) -> Units:
        """Return the units that at least two ratings were given to."""
        return Units(self.counts[self.counts.sum(axis=1) >= 2], self.categories)

    def numbers(self, level: str) -> FloatArray:
        """Return the categories as numbers (categories,); raise where they are none."""
        try:
            return np.array([float(value) for value in self.categories])
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"level {level!r} needs numbers, found {self.categories[0]!r}: use 'nominal', or "
                "'ordinal' with order=[lowest, ..., highest]"
            ) from error


def resampled(n_units: int, n_resamples: int, seed: int) -> Iterator[FloatArray]:
    """Yield how often each unit was drawn (some resamples, units), in chunks of bounded size."""
    rng = np.random.default_rng(seed)
    size = max(1, CHUNK_BYTES // (8 * max(n_units, 1)))
    for begin in range(0, n_resamples, size):
        some = min(size, n_resamples - begin)
        drawn = rng.integers(0, n_units, (some, n_units)) + np.arange(some)[:, None] * n_units
        flat = np.bincount(drawn.ravel(), minlength=some * n_units)
        yield flat.reshape(some, n_units).astype(np.float64)


def _plain(row: Any) -> list[Any]:
    return list(row.tolist()) if isinstance(row, np.ndarray) else list(row)


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and value != value)


def _categories(values: list[Any], order: Sequence[Any] | None) -> tuple[Any, ...]:
    found = set(values)
    if order is None:
        try:
            return tuple(sorted(found))
        except TypeError as error:
            kinds = ", ".join(sorted({type(value).__name__ for value in found}))
            raise ValueError(f"values of several kinds ({kinds}) have no order; give order=") from (
                error
            )
    if len(set(order)) != len(order):
        raise ValueError("order names a category twice")
    unknown = found - set(order)
    if unknown:
        raise ValueError(f"order lacks {', '.join(sorted(map(repr, unknown)))}")
    return tuple(order)
