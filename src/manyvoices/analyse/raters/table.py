"""A table of ratings with its raters, as arrays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from manyvoices.analyse.dataset import MAX_LEVELS, GroupField, NotEnough, column_label
from manyvoices.analyse.table import FloatArray, IntArray
from manyvoices.analyse.words import declines
from manyvoices.io import read_rated
from manyvoices.schema import RatedText


@dataclass(frozen=True, slots=True, eq=False)
class RatedTable:
    """One scale of a table of ratings; rows without a rating on it are not here."""

    scale: str
    rating: FloatArray
    """(n,)."""
    item: IntArray
    """(n,)."""
    rater: IntArray
    """(n,) index into `raters`."""
    items: tuple[str, ...]
    raters: tuple[str, ...]
    fields: tuple[GroupField, ...]
    """What splits raters into groups: attributes that are the same in all rows of a rater."""
    groups: tuple[IntArray, ...]
    """For each of `fields` (raters,) place in its levels; -1 = would rather not say."""
    n_simulated: int
    """Rows of bots, among the others."""


def read_rated_table(path: Path | str, scale: str | None = None) -> RatedTable:
    """Read a table of ratings (`io.read_rated`); `scale` None takes its first.

    Raises:
        DataError: The file has faults, or no column for an item, a rater or a rating.
        NotEnough: Nobody rated on that scale.
    """
    return rated_table(read_rated(path), scale)


def rated_table(rows: Iterable[RatedText], scale: str | None = None) -> RatedTable:
    """Rows of ratings as arrays; see `read_rated_table`."""
    kept: list[RatedText] = []
    values: list[float] = []
    for row in rows:
        scale = scale or next(iter(row.ratings), None)
        value = row.ratings.get(scale or "")
        if value is not None:
            kept.append(row)
            values.append(value)
    if not kept:
        raise NotEnough(f"The table holds no rating on the scale {scale or 'asked for'}.")
    item, items = _coded([row.item_id for row in kept])
    rater, raters = _coded([row.participant_id for row in kept])
    fields, groups = _fields(kept, rater, len(raters))
    return RatedTable(
        scale or "", np.array(values), item, rater, items, raters, fields, groups,
        sum(row.simulated for row in kept),
    )  # fmt: skip


def _coded(labels: list[str]) -> tuple[IntArray, tuple[str, ...]]:
    number = {label: place for place, label in enumerate(dict.fromkeys(labels))}
    return np.array([number[label] for label in labels], dtype=np.int64), tuple(number)


def _fields(
    rows: list[RatedText], rater: IntArray, n_raters: int
) -> tuple[tuple[GroupField, ...], tuple[IntArray, ...]]:
    fields, groups = [], []
    for name in dict.fromkeys(name for row in rows for name in row.attributes):
        answer = _of_raters(rows, rater, name, n_raters)
        if answer is None:
            continue
        levels = sorted({one for one in answer if one and not declines(one)})
        if not 2 <= len(levels) <= MAX_LEVELS:
            continue
        place = {level: number for number, level in enumerate(levels)}
        fields.append(GroupField(name, column_label(name), tuple(levels)))
        groups.append(np.array([place.get(one, -1) for one in answer], dtype=np.int64))
    return tuple(fields), tuple(groups)


def _of_raters(
    rows: list[RatedText], rater: IntArray, name: str, n_raters: int
) -> list[str] | None:
    """Each rater's answer, or None where it is one of the row and not of the rater."""
    answer: list[str | None] = [None] * n_raters
    for row, who in zip(rows, rater.tolist(), strict=True):
        value = row.attributes.get(name)
        said = "" if value is None else str(value).strip()
        if answer[who] is not None and answer[who] != said:
            return None
        answer[who] = said
    return [one or "" for one in answer]
