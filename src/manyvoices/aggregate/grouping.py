"""Rows and participants by the value of one field, for comparisons between groups."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from manyvoices.aggregate.battles import NOT_GIVEN
from manyvoices.aggregate.columns import encode_names
from manyvoices.aggregate.kinds import BoolArray, IntArray
from manyvoices.aggregate.resampling import Data, Resampler
from manyvoices.aggregate.scores import Scores
from manyvoices.aggregate.settings import Settings


def grouped(
    data: Data, by: str, min_participants: int
) -> tuple[Data, IntArray, tuple[str, ...], tuple[int, ...]]:
    """Keep the rows of groups that are large enough, and the models that all of them judged."""
    if by not in data.groups:
        known = ", ".join(data.groups) or "none"
        raise ValueError(f"no group field {by!r}; the fields read are: {known}")
    if data.cluster is None:
        raise ValueError("groups of people need participants, and these battles name none")
    codes, labels = encode_names(data.groups[by])
    n_people = [len(np.unique(data.cluster[codes == g])) for g in range(len(labels))]
    large = [g for g, n in enumerate(n_people) if n >= min_participants and labels[g] != NOT_GIVEN]
    if len(large) < 2:
        sizes = ", ".join(f"{name} {n}" for name, n in zip(labels, n_people, strict=True))
        raise ValueError(
            f"a comparison needs two groups of at least {min_participants} participants; "
            f"{by} has {sizes}"
        )
    kept = np.isin(codes, large) & _judged_by_all(data, codes, large)
    part, codes = data.select(kept), codes[kept]
    new = np.full(len(labels), -1)
    new[large] = np.arange(len(large))
    return (part, new[codes], tuple(labels[g] for g in large), tuple(n_people[g] for g in large))


def _judged_by_all(data: Data, codes: IntArray, large: list[int]) -> BoolArray:
    sides = [data.model] if isinstance(data, Scores) else [data.a, data.b]
    common = np.ones(len(data.models), dtype=np.bool_)
    for g in large:
        seen = np.zeros(len(data.models), dtype=np.bool_)
        for side in sides:
            seen[side[codes == g]] = True
        common &= seen
    kept = np.ones(len(data), dtype=np.bool_)
    for side in sides:
        kept &= common[side]
    return kept


def of_group(data: Data, rows: BoolArray, method: str, settings: Settings) -> Resampler:
    """Reduce the rows of one group, with a column for every participant of the data."""
    weight = np.ones(len(data)) if data.weight is None else data.weight
    part = replace(data, weight=np.where(rows, weight, 0.0))
    return Resampler.of(part, "cluster", methods=(method,), settings=settings)


def group_of_each_person(data: Data, codes: IntArray, by: str) -> IntArray:
    """Return the group (units,) of each participant; they must not have several."""
    assert data.cluster is not None
    people, person = np.unique(data.cluster, return_inverse=True)
    group = np.zeros(len(people), dtype=np.int64)
    group[person] = codes
    if (group[person] != codes).any():
        raise ValueError(
            f"{by} varies within a participant, so labels cannot be dealt out to participants; "
            "use compare_groups, which compares within people"
        )
    return group
