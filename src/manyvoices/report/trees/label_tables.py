"""Tables of labels: their means, and every pair of them."""

from __future__ import annotations

from itertools import combinations

from manyvoices.analyse.trees.labels import Correlations, LabelRow, Labels
from manyvoices.report.data_table import DataTable
from manyvoices.report.formats import interval, number, share


def labels_table(labels: Labels) -> DataTable:
    """Labels first, then the classifier's scores."""
    rows = [*map(_label, labels.rows)]
    heads = set()
    if labels.scores:
        heads.add(len(rows))
        rows.append(("Scores of a classifier", *[""] * 8))
        rows += map(_label, labels.scores)
    header = ("Label", "Messages", "Ratings", "Of all", "Mean", "Interval", "Above ½")
    return DataTable(
        "trees-labels", "Labels", (*header, "Alpha", "Its interval"), tuple(rows), frozenset(heads)
    )


def _label(row: LabelRow) -> tuple[str, ...]:
    alpha = row.agreement
    return (
        row.name.replace("_", " "),
        number(row.n),
        number(row.n_ratings),
        share(row.coverage),
        number(row.mean, 3),
        interval(row.low, row.high, 3),
        share(row.share),
        number(alpha.value, 2) if alpha else "–",
        interval(alpha.low, alpha.high, 2) if alpha else "–",
    )


def correlations_table(found: Correlations) -> DataTable:
    """Every pair, strongest first."""
    pairs = sorted(
        combinations(range(len(found.names)), 2),
        key=lambda ij: (-abs(found.rho[ij]) if found.rho[ij] == found.rho[ij] else 1, ij),
    )
    rows = tuple(
        (
            found.names[i].replace("_", " "),
            found.names[j].replace("_", " "),
            number(float(found.rho[i, j]), 2),
            interval(float(found.low[i, j]), float(found.high[i, j]), 2),
            number(float(found.n[i, j])),
        )
        for i, j in pairs
    )
    header = ("One", "Other", "Spearman's rho", "Interval", "Messages")
    return DataTable("trees-correlations", "How labels and scores go together", header, rows)
