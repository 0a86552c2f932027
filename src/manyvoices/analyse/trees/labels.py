"""What raters said of messages: labels, how they go together and with a classifier's scores.

Source: OASST (arXiv 2304.07327), its figures of labels and of their correlation with automatic
toxicity. A release of theirs holds means per message alone, in which a label that was left open may
stand as 0 (their web client sent it so); ours keep "not answered" apart, and single answers too.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from manyvoices.aggregate import krippendorff_alpha
from manyvoices.aggregate.agreement_result import Agreement
from manyvoices.aggregate.units import Units
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.trees.columns import FloatArray, Marks, TreeColumns
from manyvoices.analyse.trees.estimates import tree_means
from manyvoices.analyse.trees.spearman import spearman
from manyvoices.design.trees.labels import BUILT_IN


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One label over all messages that have it."""

    name: str
    n: int
    """Messages."""
    n_ratings: int
    """Answers behind them."""
    coverage: float
    """Share of all messages that have it."""
    share: float
    """Share of these with a value above one half: most raters said yes."""
    mean: float
    """Of the messages' values, 0 to 1."""
    low: float
    high: float
    """Whole trees resampled."""
    sd: float
    q25: float
    median: float
    q75: float
    agreement: Agreement | None
    """Krippendorff's alpha, ordinal, of single answers; None where the file has none."""


@dataclass(frozen=True, slots=True, eq=False)
class Correlations:
    """Spearman's rho of every two, over the messages that have both."""

    names: tuple[str, ...]
    """Labels first, then scores."""
    n_labels: int
    """How many of them are labels of people."""
    rho: FloatArray
    """(k, k), 1 on the diagonal, NaN where it is undefined."""
    low: FloatArray
    high: FloatArray
    n: FloatArray
    """(k, k) messages that have both."""
    level: float


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """Labels, scores of a classifier, and their correlations."""

    rows: tuple[LabelRow, ...]
    """In the order of the label schema, unknown ones last."""
    scores: tuple[LabelRow, ...]
    """The classifier's, by name; `n_ratings` is `n`."""
    correlations: Correlations | None
    """None where fewer than two are there."""
    n_raters: int
    """People behind single answers."""
    n_answers: int
    """Single answers; "cannot tell" is one too."""
    n_cannot_tell: int


def labels_of(columns: TreeColumns, resampling: Resampling) -> Labels:
    """Describe the labels; intervals resample whole trees, those of alpha messages."""
    c = columns
    order = {name: i for i, name in enumerate(BUILT_IN)}
    rows = sorted(
        _rows(c, c.labels, resampling, _agreements(c, resampling)),
        key=lambda row: (order.get(row.name, len(order)), row.name),
    )
    scores = tuple(_rows(c, c.scores, resampling, {}))
    unsure = np.isnan(c.given.value)
    return Labels(
        rows=tuple(rows),
        scores=scores,
        correlations=_correlations(c, [row.name for row in rows], resampling.level),
        n_raters=len(np.unique(c.given.person)),
        n_answers=len(c.given.value),
        n_cannot_tell=int(unsure.sum()),
    )


def _rows(
    c: TreeColumns, marks: Marks, resampling: Resampling, agreements: dict[str, Agreement]
) -> list[LabelRow]:
    tree = c.tree[marks.message]
    n_names = len(marks.names)
    means = tree_means(marks.value, marks.name, tree, n_groups=n_names, resampling=resampling)
    rows = []
    for i, name in enumerate(marks.names):
        here = marks.name == i
        values = marks.value[here]
        q25, median, q75 = np.quantile(values, [0.25, 0.5, 0.75]).tolist()
        rows.append(
            LabelRow(
                name=name,
                n=len(values),
                n_ratings=int(marks.count[here].sum()),
                coverage=len(values) / c.n_messages,
                share=float((values > 0.5).mean()),
                mean=float(means.mean[i]),
                low=float(means.low[i]),
                high=float(means.high[i]),
                sd=float(values.std(ddof=1)) if len(values) > 1 else float("nan"),
                q25=q25,
                median=median,
                q75=q75,
                agreement=agreements.get(name),
            )
        )
    return rows


def _agreements(c: TreeColumns, resampling: Resampling) -> dict[str, Agreement]:
    """Alpha of each label's single answers; "cannot tell" is an answer that was not given."""
    given, found = c.given, {}
    for i, name in enumerate(given.names):
        here = (given.name == i) & ~np.isnan(given.value)
        units = Units.from_columns(given.message[here].tolist(), given.value[here].tolist())
        found[name] = krippendorff_alpha(
            units,
            "ordinal",
            confidence=resampling.level,
            n_resamples=resampling.n_resamples,
            seed=resampling.seed,
        )
    return found


def _correlations(c: TreeColumns, labels: list[str], level: float) -> Correlations | None:
    parts = [(c.labels, labels), (c.scores, list(c.scores.names))]
    columns = [marks.of(name, c.n_messages) for marks, names in parts for name in names]
    if len(columns) < 2:
        return None
    k = len(columns)
    rho, low, high = (np.full((k, k), np.nan) for _ in range(3))
    n = np.zeros((k, k))
    for i, column in enumerate(columns):
        n[i, i] = (~np.isnan(column)).sum()
        rho[i, i] = low[i, i] = high[i, i] = 1.0
    for i, j in combinations(range(k), 2):
        found = spearman(columns[i], columns[j], c.tree, level=level)
        for one, value in ((rho, found.value), (low, found.low), (high, found.high)):
            one[i, j] = one[j, i] = value
        n[i, j] = n[j, i] = found.n
    # A name that labels and scores share ("toxicity") must say whose it is.
    names = [*labels, *(f"{name} (model)" for name in c.scores.names)]
    return Correlations(tuple(names), len(labels), rho, low, high, n, level)
