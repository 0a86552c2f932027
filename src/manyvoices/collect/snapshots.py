"""Reading one state of the database while others go on writing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from django.db import connection, transaction


@contextlib.contextmanager
def snapshot() -> Iterator[None]:
    """See one state of the database, without keeping anybody from writing."""
    if connection.vendor == "postgresql":
        with transaction.atomic():
            if not connection.savepoint_ids:
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    if connection.in_atomic_block or _is_inside():
        yield
        return
    # Django would begin IMMEDIATE and so lock writers out; a deferred transaction only reads.
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def _is_inside() -> bool:
    """Whether a snapshot of ours is open: Django knows nothing of it."""
    wrapped = connection.connection
    return wrapped is not None and bool(getattr(wrapped, "in_transaction", False))
