"""Medians inside the database, in one query, the same on SQLite and PostgreSQL.

PostgreSQL's ``percentile_cont`` does not exist on SQLite, and fetching every value would grow with
the study. Rows are numbered within their group by a window function; only the middle one or two of
each group come back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db.models import Count, F, FloatField, Func, QuerySet, Window
from django.db.models.functions import RowNumber


class SecondsBetween(Func):
    """Seconds from the second moment to the first, to the millisecond.

    Django's own difference of two columns is a Python function on SQLite, called several times for
    each row: half of what a page of medians cost.
    """

    arity = 2
    output_field = FloatField()
    template = "EXTRACT(EPOCH FROM (%(expressions)s))::double precision"
    arg_joiner = " - "

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:  # noqa: ARG002
        """Days as a number; whole milliseconds are inside."""
        first, second = (compiler.compile(part) for part in self.get_source_expressions())
        sql = f"ROUND((julianday({first[0]}) - julianday({second[0]})) * 86400.0, 3)"
        return sql, (*first[1], *second[1])


def medians(
    rows: QuerySet[Any, Any], value: str, *, by: Sequence[str]
) -> dict[tuple[Any, ...], Any]:
    """Group -> median of the column `value`; the mean of the middle two where their number is even.

    `by`: columns that make up a group, in the order of the key's parts. NULL values do not count,
    and a group without values is not in the result.
    """
    groups = [F(name) for name in by]
    middle = (
        rows.filter(**{f"{value}__isnull": False})
        .annotate(
            place=Window(RowNumber(), partition_by=groups, order_by=F(value).asc()),
            size=Window(Count("pk"), partition_by=groups),
        )
        .filter(place__gte=F("size") / 2.0, place__lte=F("size") / 2.0 + 1)
        .order_by()
        .values_list(*by, value)
    )
    found: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    for *group, number in middle:
        found[tuple(group)].append(number)
    return {group: sum(pair[1:], pair[0]) / len(pair) for group, pair in found.items()}
