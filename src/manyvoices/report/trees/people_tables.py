"""Tables of the people behind trees."""

from __future__ import annotations

from collections.abc import Sequence

from manyvoices.analyse.trees.contributors import Contributors
from manyvoices.analyse.trees.survey import SurveyBlock
from manyvoices.report.data_table import DataTable
from manyvoices.report.formats import interval, number, share
from manyvoices.report.trees.wording import ACTIVITY_NAMES, language_name


def contributors_table(found: Contributors) -> DataTable:
    """Inequality by kind of contribution."""
    rows = tuple(
        (
            ACTIVITY_NAMES[one.what],
            *map(number, (one.n_people, one.n_items)),
            number(one.mean, 1),
            number(one.median),
            number(one.most),
            number(one.gini, 3),
            interval(one.low, one.high, 3),
            *map(share, one.top),
        )
        for one in found.activities
    )
    header = ("Kind", "People", "Contributions", "Mean", "Median", "Most", "Gini", "Interval")
    return DataTable(
        "trees-contributors", "How contributions are shared out",
        (*header, "Busiest 1%", "5%", "10%"), rows,
    )  # fmt: skip


def overlap_table(found: Contributors) -> DataTable:
    """Which roles the same people have."""
    rows = tuple(
        (" + ".join(roles), number(n), share(n / found.n_people)) for roles, n in found.overlap
    )
    return DataTable("trees-roles", "Roles of people", ("Roles", "People", "Share"), rows)


def contributors_by_language_table(found: Contributors) -> DataTable:
    """People and what they did, by language."""
    rows = tuple(
        (
            language_name(row.language),
            *map(number, (row.n_people, row.n_messages, row.n_reviews, row.n_rankings)),
            number(row.gini, 2),
        )
        for row in found.languages
    )
    header = ("Language", "People", "Messages", "Reviews", "Rankings", "Gini of messages")
    return DataTable("trees-people", "Contributors by language", header, rows)


def survey_table(blocks: Sequence[SurveyBlock]) -> DataTable:
    """Each group's share of the people beside its share of what they did."""
    rows: list[tuple[str, ...]] = []
    heads = set()
    for block in blocks:
        heads.add(len(rows))
        unsaid = f"not said: {number(block.n_unsaid)}" if block.n_unsaid else ""
        rows.append((block.label, unsaid, "", "", ""))
        messages = sum(row.n_messages for row in block.rows)
        judgements = sum(row.n_judgements for row in block.rows)
        rows += [
            (
                row.label,
                number(row.n_people),
                share(row.n_people / block.n_people),
                share(row.n_messages / messages if messages else None),
                share(row.n_judgements / judgements if judgements else None),
            )
            for row in block.rows
        ]
    header = ("Group", "People", "Of people", "Of messages", "Of reviews and rankings")
    return DataTable(
        "trees-survey", "Contributors and their answers", header, tuple(rows), frozenset(heads)
    )
