"""Reads that every page makes, without what Django spends on building their statements."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


def the_one(rows: QuerySet[Row]) -> Row | None:
    """The row that a unique key leaves; None where there is none.

    ``first()`` would sort it, and building an ORDER BY costs more than reading the row.
    """
    return next(iter(rows.order_by()[:1]), None)
