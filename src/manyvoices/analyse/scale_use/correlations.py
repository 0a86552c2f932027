"""Do attributes go together? Three different questions, which PRISM's figure and caption mix.

- ``between``: do people who say more of one also say more of the other? Correlation over people of
  what they stated and of the means over their conversations. Figure 9's caption says this.
- ``within``: in conversations in which a person says more of one than she usually does, does she
  say more of the other? Correlation over conversations of deviations from the person's own mean.
  What was stated once has no such deviations.
- ``pooled``: both at once, over conversations, with what a person stated repeated in each of them.
  This is what the figure's code computes.

Source: PRISM (arXiv 2404.16019), appendix N; the split into between and within is that of
Snijders & Bosker, "Multilevel Analysis" (2012), section 3.6. All are Pearson's, over the pairs that
have both values. Intervals resample people.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from manyvoices.aggregate.intervals import of_known_columns
from manyvoices.analyse.attributes import AttributeBlock, attribute_blocks
from manyvoices.analyse.dataset import Dataset
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.settings import Settings
from manyvoices.analyse.table import FloatArray, IntArray

STATED, PERFORMANCE, CHOICE = "stated", "performance", "choice"
_OTHER = "other"
"""What people name themselves: not one attribute, so it correlates with nothing."""
_BLOCK = 100
BINS = 20
MOST_RESAMPLES = 500


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
class Correlations:
    """One of the three questions; arrays (k, k), NaN where nothing can be said."""

    kind: str
    """between | within | pooled"""
    r: FloatArray
    low: FloatArray
    high: FloatArray
    n: IntArray
    """People (between) or conversations (within, pooled) with both values."""


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


def correlate(
    values: FloatArray, person: IntArray, kind: str, resampling: Resampling
) -> Correlations:
    """Pearson's r of every two columns over the rows that have both.

    Args:
        values: (n_rows, k), NaN = no value.
        person: (n_rows,) whose row it is; -1 is left out. Intervals resample persons.
        kind: ``within`` takes each person's mean, over the rows that have both values, away first.
    """
    kept = person >= 0
    values, person = values[kept], person[kept]
    k = values.shape[1]
    first, second = np.triu_indices(k)
    sums = _sums(values, person, first, second, centre=kind == "within")
    r = _pearson(sums.sum(axis=0))
    low, high = _interval(sums, resampling)
    n = _square(sums.sum(axis=0)[:, 0], k)
    square = [_square(one, k) for one in (r, low, high)]
    return Correlations(kind, square[0], square[1], square[2], np.rint(n).astype(np.int64))


def _sums(
    values: FloatArray, person: IntArray, first: IntArray, second: IntArray, *, centre: bool
) -> FloatArray:
    """(n_people, n_pairs, 6): n, x, y, xx, yy, xy of each person and pair."""
    names, code = np.unique(person, return_inverse=True)
    known = ~np.isnan(values)
    # Taking away the column's mean changes no correlation, and keeps squares small.
    with np.errstate(invalid="ignore"):
        mean = np.where(known, values, 0.0).sum(axis=0) / known.sum(axis=0)
    shifted = np.where(known, values - mean, 0.0)
    found = np.zeros((len(names), len(first), 6))
    for pair, (i, j) in enumerate(zip(first, second, strict=True)):
        both = known[:, i] & known[:, j]
        x, y, who = shifted[both, i], shifted[both, j], code[both]
        if centre:
            x, y = _centred(x, who, len(names)), _centred(y, who, len(names))
        for place, part in enumerate((np.ones(len(x)), x, y, x * x, y * y, x * y)):
            found[:, pair, place] = np.bincount(who, weights=part, minlength=len(names))
    return found


def _centred(values: FloatArray, who: IntArray, n: int) -> FloatArray:
    with np.errstate(invalid="ignore"):
        mean = np.bincount(who, weights=values, minlength=n) / np.bincount(who, minlength=n)
    return np.asarray(values - mean[who])


def _pearson(sums: FloatArray) -> FloatArray:
    """(..., n_pairs) from (..., n_pairs, 6); NaN where a column does not vary."""
    n, x, y, xx, yy, xy = np.moveaxis(sums, -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        vx, vy = xx - x * x / n, yy - y * y / n
        tiny = 1e-9 * np.maximum(n, 1)
        r = (xy - x * y / n) / np.sqrt(vx * vy)
    return np.asarray(np.where((vx > tiny) & (vy > tiny) & (n > 2), np.clip(r, -1, 1), np.nan))


def _interval(sums: FloatArray, resampling: Resampling) -> tuple[FloatArray, FloatArray]:
    n_people, n_pairs, _ = sums.shape
    n_resamples = min(resampling.n_resamples, MOST_RESAMPLES)
    if n_resamples == 0 or n_people == 0:
        return np.full(n_pairs, np.nan), np.full(n_pairs, np.nan)
    rng, flat = np.random.default_rng(resampling.seed), sums.reshape(n_people, -1)
    drawn = []
    for start in range(0, n_resamples, _BLOCK):
        rows = min(_BLOCK, n_resamples - start)
        weights = rng.multinomial(n_people, np.full(n_people, 1 / n_people), size=rows)
        drawn.append(_pearson((weights @ flat).reshape(rows, n_pairs, 6)))
    return of_known_columns(np.concatenate(drawn), resampling.level)


def _square(pairs: FloatArray, k: int) -> FloatArray:
    found = np.zeros((k, k))
    first, second = np.triu_indices(k)
    found[first, second] = found[second, first] = pairs
    return found


def tree_order(r: FloatArray) -> tuple[int, ...]:
    """Order of the leaves of a tree by complete linkage, rows as points, NaN as 0."""
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import pdist

    if len(r) < 3:
        return tuple(range(len(r)))
    # Given the rows themselves, linkage takes a symmetric matrix for distances and warns.
    return tuple(int(x) for x in leaves_list(linkage(pdist(np.nan_to_num(r)), "complete")))


def block_names(attributes: Iterable[Attribute]) -> tuple[str, ...]:
    """The blocks that a release has, in the order asked."""
    return tuple(dict.fromkeys(one.block for one in attributes))
