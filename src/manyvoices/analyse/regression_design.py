"""The columns of a regression from the columns of a table: one 0/1 column per group of people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from manyvoices.analyse.regression import RegressionError, dependent_columns
from manyvoices.analyse.table import FloatArray

if TYPE_CHECKING:
    import polars as pl

INTERCEPT = "intercept"
PERSON = "user_id"


@dataclass(frozen=True, slots=True)
class Term:
    """What one column of a design stands for."""

    column: str
    """Column of the table; ``intercept`` for the constant."""
    level: str
    """The group that this 0/1 column marks; empty for the constant and for numbers."""
    n: int
    """People in the group (distinct ``user_id`` where the table has it, else rows)."""
    shown: bool
    """False for a group below `min_group`: it is held fixed in the fit, and not shown."""


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """The right-hand side of a regression."""

    matrix: FloatArray
    """(n, k)."""
    names: tuple[str, ...]
    """(k,) ``intercept``, ``column=level``, or the name of a numeric column."""
    terms: tuple[Term, ...]
    """(k,)."""
    bases: tuple[tuple[str, str], ...]
    """(column, level that all others of the column are compared with)."""
    left_out: tuple[str, ...] = ()
    """Names of columns that `independent` took out, as they repeated others."""

    def independent(self) -> Design:
        """Without the columns that repeat columns before them; `left_out` names those."""
        repeated = dependent_columns(self.matrix)
        kept = [i for i in range(len(self.names)) if i not in repeated]
        return Design(
            matrix=self.matrix[:, kept],
            names=tuple(self.names[i] for i in kept),
            terms=tuple(self.terms[i] for i in kept),
            bases=self.bases,
            left_out=self.left_out + tuple(self.names[i] for i in repeated),
        )


def design_matrix(
    frame: pl.DataFrame,
    factors: Mapping[str, str | None],
    numeric: Sequence[str] = (),
    min_group: int = 0,
) -> Design:
    """A constant, a 0/1 column for every level of `factors` but its base, and `numeric` as it is.

    `factors` maps a column to its base level; None takes the level with most rows (the first in
    the alphabet of equals). Levels are in alphabetical order. Groups of fewer than `min_group`
    people stay in the matrix, as leaving them out would count them to the base; their `Term` says
    that they are not to be shown.

    Raises:
        RegressionError: A column is not in the table, has rows without a value, or lacks its base.
    """
    columns, names = [np.ones(len(frame))], [INTERCEPT]
    terms = [Term(INTERCEPT, "", _people(frame), shown=True)]
    bases = []
    for column, wanted in factors.items():
        values = _values(frame, column)
        base = _base(column, values, wanted)
        bases.append((column, base))
        for level in sorted(set(values) - {base}):
            marked = values == level
            n = _people(frame.filter(marked))
            columns.append(marked.astype(np.float64))
            names.append(f"{column}={level}")
            terms.append(Term(column, level, n, shown=n >= min_group))
    for column in numeric:
        columns.append(_numbers(frame, column))
        names.append(column)
        terms.append(Term(column, "", _people(frame), shown=True))
    return Design(np.stack(columns, axis=1), tuple(names), tuple(terms), tuple(bases))


def _people(frame: pl.DataFrame) -> int:
    return int(frame[PERSON].n_unique()) if PERSON in frame.columns else len(frame)


def _values(frame: pl.DataFrame, column: str) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    _check_filled(frame, column)
    return np.array([str(value) for value in frame[column].to_list()], dtype=object)


def _numbers(frame: pl.DataFrame, column: str) -> FloatArray:
    _check_filled(frame, column)
    return np.asarray(frame[column].to_numpy(), dtype=np.float64)


def _check_filled(frame: pl.DataFrame, column: str) -> None:
    if column not in frame.columns:
        raise RegressionError(f"There is no column {column}.")
    missing = int(frame[column].null_count())
    if missing:
        raise RegressionError(
            f"{missing} rows have no value of {column}: leave them out, or make "
            "them a level of their own with fill_null."
        )


def _base(
    column: str, values: np.ndarray[tuple[int], np.dtype[np.object_]], wanted: str | None
) -> str:
    levels, counts = np.unique(values.astype(str), return_counts=True)
    if wanted is None:
        return str(levels[int(np.argmax(counts))]) if len(levels) else ""
    if wanted not in levels:
        raise RegressionError(
            f"{column} has no level {wanted} to compare with, only: {', '.join(levels)}."
        )
    return wanted
