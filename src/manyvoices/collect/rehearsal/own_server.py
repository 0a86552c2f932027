"""The server of a rehearsal: the real one, on this machine, for as long as bots play."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from manyvoices.collect.server.run import ServerProcess, kept_port
from manyvoices.llm.providers.scripted import NO_DELAYS
from manyvoices.schema.errors import ManyvoicesError

MOST_PROCESSES = 6
"""One process of bots keeps about this many web processes busy."""


class RehearsalError(ManyvoicesError):
    """The rehearsal could not be held."""


def web_processes() -> int:
    """How many web processes a rehearsal's server gets: its pages are nearly all of the work."""
    return max(1, min(os.cpu_count() or 1, MOST_PROCESSES))


@contextmanager
def own_server(db: str, log: Path, workers: int = 1, *, delays: bool = True) -> Iterator[str]:
    """A server for the length of a rehearsal; gives its address. An empty log is removed."""
    with kept_port() as port, log.open("wb") as stream:
        url = f"http://127.0.0.1:{port}"
        server = ServerProcess(
            ["--db", db, "--port", str(port), "--workers", str(workers)],
            url=url,
            env=dict(os.environ) if delays else os.environ | {NO_DELAYS: "1"},
            log=stream,
        )
        try:
            server.wait_until_ready()
            yield url
        except RuntimeError as error:
            raise RehearsalError(f"{error}; what it said is in {log}") from error
        finally:
            server.stop()
    if not log.stat().st_size:
        log.unlink()
