"""Whose turn it is to write to an SQLite file, and when what was written is on the disk.

SQLite lets one writer in at a time. Who has to wait sleeps for 1, 2, 5, ... 100 ms and looks again,
so that those who waited longest look least often; and with ``synchronous=FULL`` everybody waits
while the disk takes each commit. Here writers queue for a lock of the kernel, which wakes them in
the order they came and which dies with its holder; and commits are flushed after the lock is given
back, those of one process together. Threads of one process queue inside of it first, so that at the
kernel's lock each process is one: the runner, which stores many answers at a time with its single
thread, waits for one page of each web process, not for all of them. See
docs/decisions/0010-writers-of-sqlite.md.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from contextlib import suppress

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows: SQLite's own waiting has to do
    fcntl = None  # type: ignore[assignment]

_flush_file = getattr(os, "fdatasync", os.fsync)


class Line:
    """Threads of one process, let through one at a time in the order they came."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._is_taken = False

    def enter(self) -> None:
        """Wait until everyone who came before has left."""
        with self._mutex:
            if not self._is_taken:
                self._is_taken = True
                return
            called = threading.Lock()
            called.acquire()
            self._waiting.append(called)
        called.acquire()

    def leave(self) -> None:
        """Call the next one."""
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False


class Turn:
    """One connection's place in the queue of a database file. Not shared between threads."""

    def __init__(self, database: str) -> None:
        self._path = f"{database}-queue"
        self._line = _lines.setdefault(database, Line())
        self._fd: int | None = None
        self.is_held = False

    def take(self) -> None:
        """Wait until it is our turn. Without a queue file SQLite's own waiting has to do."""
        if self.is_held or fcntl is None:
            return
        if self._fd is None:
            try:
                # Reading is enough for the lock, so the file may belong to another user.
                self._fd = os.open(self._path, os.O_RDONLY | os.O_CREAT, 0o644)
            except OSError:
                return
        self._line.enter()
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX)
        except BaseException:
            self._line.leave()
            raise
        self.is_held = True

    def give_back(self) -> None:
        """Let the next one write."""
        if self.is_held and self._fd is not None:
            self.is_held = False
            fcntl.flock(self._fd, fcntl.LOCK_UN)
            self._line.leave()

    def close(self) -> None:
        """Forget the queue, and give back a turn that is held."""
        self.give_back()
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)


class Flusher:
    """Brings the write-ahead log of a database file to the disk, once for all who wait for it."""

    def __init__(self, database: str) -> None:
        self._path = f"{database}-wal"
        self._counting = threading.Lock()
        self._flushing = threading.Lock()
        self._committed = 0
        self._flushed = 0

    def flush(self) -> None:
        """Return once everything that this thread has committed is on the disk."""
        with self._counting:
            self._committed += 1
            mine = self._committed
        with self._flushing:
            if self._flushed >= mine:
                return
            through = self._committed
            # No log: the last connection of all has moved it into the database, and flushed that.
            with suppress(FileNotFoundError):
                self._flush()
            self._flushed = through

    def _flush(self) -> None:
        fd = os.open(self._path, os.O_RDONLY)
        try:
            _flush_file(fd)
        finally:
            os.close(fd)


def flusher(database: str) -> Flusher:
    """The one flusher that the threads of this process share."""
    return _flushers.setdefault(database, Flusher(database))


def _after_fork() -> None:
    # A child has none of the parent's threads, but may have inherited a lock that one of them held.
    _flushers.clear()
    _lines.clear()


_lines: dict[str, Line] = {}
_flushers: dict[str, Flusher] = {}
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
