"""People's attributes as codes, for entropies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from manyvoices.analyse.dataset import Dataset, GroupField
from manyvoices.analyse.neighbourhoods.diversity import Attribute
from manyvoices.analyse.table import IntArray

if TYPE_CHECKING:
    import polars as pl

_DECLINED = "Prefer not to say"


def coded_people(
    dataset: Dataset, names: list[str], *, declined: bool = False
) -> tuple[IntArray, tuple[Attribute, ...]]:
    """The demographic fields of the people `names`: codes (n_attributes, n_people), and levels.

    A person without an answer has -1; with `declined` all those are a level of their own, as
    PRISM's code has "Prefer not to say".
    """
    fields = dataset.demographics()
    codes = np.full((len(fields), len(names)), -1, dtype=np.int64)
    attributes = []
    for row, field in enumerate(fields):
        levels = (*field.levels, _DECLINED) if declined else field.levels
        codes[row] = _coded(dataset.people, field, names)
        if declined:
            codes[row][codes[row] < 0] = len(field.levels)
        attributes.append(Attribute(field.label, levels))
    return codes, tuple(attributes)


def _coded(people: pl.DataFrame, field: GroupField, names: list[str]) -> IntArray:
    level = {name: i for i, name in enumerate(field.levels)}
    given = dict(zip(people["user_id"], people[field.column], strict=True))
    return np.array([level.get(given.get(name) or "", -1) for name in names], dtype=np.int64)
