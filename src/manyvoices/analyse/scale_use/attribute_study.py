"""What people say matters and how well models did by it: distributions, and what goes together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.attributes import AttributeBlock, attribute_blocks
from manyvoices.analyse.dataset import Dataset
from manyvoices.analyse.scale_use.correlations import (
    MOST_RESAMPLES,
    Correlations,
    correlate,
    tree_order,
)
from manyvoices.analyse.settings import Settings
from manyvoices.analyse.table import FloatArray, IntArray

STATED, PERFORMANCE, CHOICE = "stated", "performance", "choice"
_OTHER = "other"
"""What people name themselves: not one attribute, so it correlates with nothing."""
BINS = 20


@dataclass(frozen=True, slots=True)
class Attribute:
    """One slider of one block."""

    block: str
    """stated | performance | choice"""
    id: str
    n: int
    """Values given: by people, or in conversations."""
    missing: float
    """Share without a value: said not to apply, or left untouched."""
    q25: float
    median: float
    q75: float
    histogram: tuple[int, ...]
    """Counts in `BINS` bins over the block's scale."""
    scale: tuple[int, int]

    @property
    def name(self) -> str:
        """``performance: fluency``."""
        return f"{self.block}: {self.id}"


@dataclass(frozen=True, slots=True, eq=False)
class AttributeStudy:
    """Appendix N of PRISM, for any release."""

    attributes: tuple[Attribute, ...]
    between: Correlations
    within: Correlations
    pooled: Correlations
    order: tuple[int, ...]
    """The attributes in the order of the tree of `between`: complete linkage of Euclidean
    distances between rows, as in seaborn's clustermap."""
    blocks: tuple[AttributeBlock, ...]
    """Means and "does not apply", as `analyse.attributes` has them."""
    n_people: int
    n_conversations: int
    n_resamples: int


def attribute_study(dataset: Dataset, settings: Settings) -> AttributeStudy | None:
    """Distributions and the three correlations; None where fewer than two attributes were asked."""
    drawn = settings.resampling
    columns = _columns(dataset)
    if len(columns) < 2:
        return None
    row_of = {user: row for row, user in enumerate(dataset.people["user_id"].to_list())}
    owner = dataset.conversations["user_id"].to_list()
    person = np.array([row_of.get(user, -1) for user in owner], dtype=np.int64)
    stated, said = _values(dataset, columns)
    attributes = tuple(
        _attribute(block, name, stated[:, k] if block == STATED else said[:, k], scale)
        for k, (block, name, _, scale) in enumerate(columns)
    )
    repeated = np.where(
        [block == STATED for block, *_ in columns],
        np.where(person[:, None] >= 0, stated[person], np.nan),
        said,
    )
    means = np.where(
        [block == STATED for block, *_ in columns], stated, _person_means(said, person, len(stated))
    )
    everyone = np.arange(len(stated), dtype=np.int64)
    between = correlate(means, everyone, "between", drawn)
    return AttributeStudy(
        attributes=attributes,
        between=between,
        within=correlate(repeated, person, "within", drawn),
        pooled=correlate(repeated, person, "pooled", drawn),
        order=tree_order(between.r),
        blocks=attribute_blocks(dataset.table, resampling=drawn),
        n_people=len(stated),
        n_conversations=len(said),
        n_resamples=min(drawn.n_resamples, MOST_RESAMPLES),
    )


Column = tuple[str, str, str, tuple[int, int]]
"""(block, attribute, column of its table, scale)."""


def _columns(dataset: Dataset) -> list[Column]:
    words, found = dataset.table.words, []
    asked = [
        (question, text) for (_, question), text in words.questions.items() if text.kind == "vas"
    ]
    for question, text in asked:
        names = (name for name, _ in text.options if name != _OTHER)
        columns = [(name, f"{question}_{name}") for name in names]
        found += [
            (STATED, name, c, text.scale) for name, c in columns if c in dataset.people.columns
        ]
    for block, prefix, scale in (
        (PERFORMANCE, "performance_attributes_", words.performance.scale),
        (CHOICE, "choice_attributes_", words.choice.scale),
    ):
        names = (c for c in dataset.conversations.columns if c.startswith(prefix))
        found += [
            (block, name.removeprefix(prefix), name, scale)
            for name in names
            if name.removeprefix(prefix) not in (_OTHER, f"{_OTHER}_text")
        ]
    return [one for one in found if _numbers(dataset, one) is not None]


def _numbers(dataset: Dataset, column: Column) -> FloatArray | None:
    """A column as floats, NaN for no number; None where it holds none at all."""
    import polars as pl

    block, _, name, _ = column
    frame = dataset.people if block == STATED else dataset.conversations
    values = frame[name].cast(pl.Float64, strict=False).to_numpy().astype(np.float64)
    return None if np.isnan(values).all() else values


def _values(dataset: Dataset, columns: list[Column]) -> tuple[FloatArray, FloatArray]:
    """(n_people, k) and (n_conversations, k); NaN where a column is of the other table."""
    stated = np.full((dataset.people.height, len(columns)), np.nan)
    said = np.full((dataset.conversations.height, len(columns)), np.nan)
    for k, column in enumerate(columns):
        values = _numbers(dataset, column)
        (stated if column[0] == STATED else said)[:, k] = values
    return stated, said


def _attribute(block: str, name: str, values: FloatArray, scale: tuple[int, int]) -> Attribute:
    known = values[~np.isnan(values)]
    q25, median, q75 = (float(q) for q in np.quantile(known, [0.25, 0.5, 0.75]))
    counts, _ = np.histogram(known, bins=BINS, range=scale)
    return Attribute(
        block=block,
        id=name,
        n=len(known),
        missing=1 - len(known) / len(values),
        q25=q25,
        median=median,
        q75=q75,
        histogram=tuple(int(n) for n in counts),
        scale=scale,
    )


def _person_means(said: FloatArray, person: IntArray, n_people: int) -> FloatArray:
    """(n_people, k) means over each person's conversations."""
    kept = person >= 0
    known = ~np.isnan(said[kept])
    total, n = np.zeros((n_people, said.shape[1])), np.zeros((n_people, said.shape[1]))
    np.add.at(total, person[kept], np.where(known, said[kept], 0.0))
    np.add.at(n, person[kept], known)
    with np.errstate(invalid="ignore"):
        return np.asarray(total / n)


def block_names(attributes: Iterable[Attribute]) -> tuple[str, ...]:
    """The blocks that a release has, in the order asked."""
    return tuple(dict.fromkeys(one.block for one in attributes))
