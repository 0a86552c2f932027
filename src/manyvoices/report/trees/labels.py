"""Items on labels: how they are spread, and which go together."""

from __future__ import annotations

import math

from manyvoices.analyse.trees import TreeDescription
from manyvoices.analyse.trees.labels import Correlations, LabelRow
from manyvoices.report.formats import number
from manyvoices.report.section import Item
from manyvoices.report.trees.label_figures import correlations_figure, labels_figure
from manyvoices.report.trees.label_tables import correlations_table, labels_table
from manyvoices.report.trees.wording import OASST, resampled
from manyvoices.schema.wording import plural


def labels_item(found: TreeDescription) -> Item:
    """Means of labels, and how far raters agree."""
    labels = found.labels
    rows = labels.rows or labels.scores
    top = max(rows, key=lambda row: row.mean)
    title = f"Of all labels, {_name(top)} has the highest mean: {number(top.mean, 2)}"
    agreed = (
        f" α: Krippendorff's alpha, ordinal, of {number(labels.n_answers)} single answers by"
        f" {plural(labels.n_raters, 'rater')} ({number(labels.n_cannot_tell)} said “cannot tell”"
        " and count as not given); its interval resamples messages."
        if labels.n_answers
        else ""
    )
    return Item(
        name="trees-labels",
        title=title,
        n=f"{plural(max(row.n for row in rows), 'message')} with labels",
        method=(
            "Each message counts with the mean of its raters, 0 to 1. Dot and line: mean and"
            f" {resampled(found)}; pale bar: the middle half of the messages.{agreed}"
        ),
        source=f"{OASST}, label distributions",
        drawing=labels_figure(rows, f"{title}. {_least_agreed(labels.rows)}".strip()),
        table=labels_table(labels),
    )


def _name(row: LabelRow) -> str:
    return row.name.replace("_", " ")


def _least_agreed(rows: tuple[LabelRow, ...]) -> str:
    known = [r for r in rows if r.agreement is not None and not math.isnan(r.agreement.value)]
    if not known:
        return "The table has the numbers."
    ordered = sorted(known, key=lambda r: r.agreement.value if r.agreement else 0.0)
    return f"Raters agree least on {_name(ordered[0])} and most on {_name(ordered[-1])}."


def correlations_item(labels: Correlations) -> Item:
    """Which labels and scores go together."""
    title = _strongest(labels)
    return Item(
        name="trees-correlations",
        title=title,
        n=f"{number(float(labels.n.max()))} messages; pairs rest on those that have both",
        method=(
            "Spearman's rank correlation over the messages that have both. Size of a square:"
            f" strength; hollow: the {labels.level:.0%} interval holds 0. Intervals come from the"
            " influence function of the coefficient, summed within trees, on Fisher's scale; for"
            " each pair by itself, so with this many a few exclude 0 by chance."
            + (
                " Below the line: scores of a classifier."
                if labels.n_labels < len(labels.names)
                else ""
            )
        ),
        source=f"{OASST}, correlation of human labels and automatic toxicity",
        drawing=correlations_figure(labels, f"{title}. The table has every pair."),
        table=correlations_table(labels),
    )


def _strongest(labels: Correlations) -> str:
    """The strongest pair of a label and a score; of two labels where there are no scores."""
    k, h = len(labels.names), labels.n_labels
    across = [(i, j) for i in range(h) for j in range(h, k)]
    pairs = across or [(i, j) for i in range(k) for j in range(i + 1, k)]
    known = [pair for pair in pairs if not math.isnan(labels.rho[pair])]
    if not known:
        return "No two labels can be correlated: each is constant"
    best = max(known, key=lambda pair: abs(float(labels.rho[pair])))
    rho = float(labels.rho[best])
    names = [labels.names[i].replace("_", " ") for i in best]
    where = "Of labels and scores" if across else "Of all labels"
    return f"{where}, {names[0]} and {names[1]} go together most (rho = {number(rho, 2)})"
