"""What Django loads as the database's engine: its SQLite backend, with turns for writers.

A transaction waits for its turn before ``BEGIN IMMEDIATE``, gives it back after ``COMMIT``, and
returns once its rows are on the disk. A statement outside of a transaction waits for its turn too
and is flushed by SQLite itself (``synchronous=FULL``). Databases in memory work as Django's do.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.backends.sqlite3.base import SQLiteCursorWrapper

from manyvoices.collect.sqlite.turns import Flusher, Turn, flusher

_WRITES = frozenset({"INSERT", "UPDATE", "DELETE", "REPLAC"})


class QueuedCursor(SQLiteCursorWrapper):
    """A cursor whose writes outside of a transaction wait for their turn."""

    def __init__(self, connection: Any, turn: Turn) -> None:
        super().__init__(connection)
        self._turn = turn

    def execute(self, query: str, params: Any = None) -> Any:
        if self._turn.is_held or query[:6].upper() not in _WRITES:
            return super().execute(query, params)
        self._turn.take()
        try:
            return super().execute(query, params)
        finally:
            self._turn.give_back()


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's connection to an SQLite file, with a place in the queue of the file's writers."""

    _turn: Turn | None = None
    _flusher: Flusher | None = None

    def get_new_connection(self, conn_params: Any) -> Any:
        connection = super().get_new_connection(conn_params)
        self._turn = self._flusher = None
        if not self.is_in_memory_db():
            name = str(self.settings_dict["NAME"])
            self._turn = Turn(name)
            (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
            # Only a write-ahead log can be flushed from outside.
            self._flusher = flusher(name) if mode == "wal" else None
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        if self._turn is None:
            return super().create_cursor(name)
        return self.connection.cursor(factory=partial(QueuedCursor, turn=self._turn))

    def _start_transaction_under_autocommit(self) -> None:
        if self._turn is None:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
            return
        # Outside of the turn: each statement may wait for Python's lock.
        self._flush_at_commit(by_sqlite=False)
        self._turn.take()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._after_transaction()
            raise

    def _commit(self) -> None:
        # Where this fails Django rolls back, or closes the connection: both give the turn back.
        super()._commit()  # type: ignore[misc]
        if self._turn is not None and self._turn.is_held:
            self._after_transaction()
            if self._flusher is not None:
                self._flusher.flush()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._after_transaction()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            if self._turn is not None:
                self._turn.close()

    def _after_transaction(self) -> None:
        if self._turn is None:
            return
        self._turn.give_back()
        self._flush_at_commit(by_sqlite=True)

    def _flush_at_commit(self, *, by_sqlite: bool) -> None:
        """Who flushes what is committed next: SQLite, with the lock held, or we afterwards."""
        if self._flusher is not None and self.connection is not None:
            self.connection.execute(f"PRAGMA synchronous={'FULL' if by_sqlite else 'NORMAL'}")
