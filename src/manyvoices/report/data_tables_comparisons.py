"""Tables of what people preferred side by side; the numbers come from `manyvoices.curate`."""

from __future__ import annotations

from collections.abc import Iterable

from manyvoices.curate.describe_comparisons import ComparisonCounts, ModelVerdicts
from manyvoices.report.data_table import GAP, DataTable, number, percent


def comparison_tables(found: ComparisonCounts) -> Iterable[DataTable]:
    """How many comparisons came to what, and each model in them."""
    yield _verdicts(found)
    yield _models(found)


def _verdicts(found: ComparisonCounts) -> DataTable:
    n_aside = found.n - found.n_counted - found.n_open
    rows = [
        ("Comparisons handed out", number(found.n), ""),
        ("Judged and counted", number(found.n_counted), percent(_share(found.n_counted, found.n))),
        ("Set aside, kept in the file", number(n_aside), percent(_share(n_aside, found.n))),
        ("Not judged", number(found.n_open), percent(_share(found.n_open, found.n))),
    ]
    heads = set()
    for one in (found.verdicts, found.set_aside, *found.blocks):
        if one.rows:
            heads.add(len(rows))
            rows.append((one.title, "", ""))
            rows += [(row.label, number(row.n), percent(row.share)) for row in one.rows]
    note = (
        f"{number(found.n_judges)} people judged. Shares of verdicts and of the kinds below are of "
        "those that count; shares of rules are of all that were judged."
    )
    return DataTable(
        "comparisons", "What was compared", ("Category", "Count", "Pct"), tuple(rows),
        frozenset(heads), note,
    )  # fmt: skip


def _models(found: ComparisonCounts) -> DataTable:
    header = (
        *("Model", "Shown", "Stood first", "No answer", "Won", "Lost", "Tied", "All bad"),
        *("No verdict", "Won, ties half"),
    )
    note = (
        "Won to No verdict count pairs of places: an order of three is three pairs. All bad counts "
        "as a tie in the last column; pairs without a verdict count for nobody."
    )
    rows = tuple(_model(one) for one in found.models)
    return DataTable("comparisons_models", "Models side by side", header, rows, note=note)


def _model(one: ModelVerdicts) -> tuple[str, ...]:
    counts = (one.won, one.lost, one.tied, one.all_bad, one.no_verdict)
    return (
        one.model,
        number(one.n_shown),
        percent(_share(one.n_first, one.n_shown)),
        number(one.n_silent),
        *(number(count) for count in counts),
        percent(one.share) if one.n_pairs else GAP,
    )


def _share(n: int, of: int) -> float:
    return n / of if of else 0.0
