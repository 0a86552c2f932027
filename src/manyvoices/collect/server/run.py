"""The web server and the runner, started together and stopped together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

from manyvoices.schema.errors import ManyvoicesError

RESTART_PAUSE_S = 1.0


class RunnerProcess:
    """The runner as a child process, started again if it dies while the server lives."""

    def __init__(self) -> None:
        self._owner = os.getpid()
        self._stopping = threading.Event()
        self._process = self._start()
        self._watch = threading.Thread(target=self._keep_alive, daemon=True)
        self._watch.start()

    def stop(self) -> None:
        """End the child and wait for it."""
        if os.getpid() != self._owner:
            # A web process that gunicorn forked comes by here when it ends; the runner is not its.
            return
        self._stopping.set()
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        # A session of its own: Ctrl-C reaches this process first, which then ends the runner.
        return subprocess.Popen(
            [sys.executable, "-m", "manyvoices.collect.jobs"], start_new_session=True
        )

    def _keep_alive(self) -> None:
        while not self._stopping.is_set():
            self._process.wait()
            if self._stopping.wait(RESTART_PAUSE_S):
                return
            sys.stderr.write("manyvoices: the runner ended and is started again\n")
            self._process = self._start()


def serve(
    *,
    host: str,
    port: int,
    workers: int,
    threads: int = 8,
    on_ready: Callable[[], None] | None = None,
) -> None:
    """Serve until a signal ends it. Django must be configured, tables and studies in place."""
    from django.db import connections

    refuse_taken_port(host, port)
    # Worker processes are forked: none may inherit an open connection of this one.
    connections.close_all()
    runner = RunnerProcess()
    try:
        _application(
            {
                "bind": f"{host}:{port}",
                "workers": workers,
                "threads": threads,
                "worker_class": "gthread",
                "timeout": 60,
                "graceful_timeout": 10,
                "loglevel": "warning",
                "control_socket_disable": True,
                "when_ready": lambda _server: on_ready() if on_ready else None,
            }
        ).run()
    finally:
        runner.stop()


class PortTakenError(ManyvoicesError):
    """Something else listens where this server should."""


def refuse_taken_port(host: str, port: int) -> None:
    """Raise `PortTakenError` where nobody could listen on `port` of `host`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTakenError(
                f"cannot listen on {host}:{port} ({error.strerror}); name another with --port"
            ) from error


def _application(options: dict[str, Any]) -> Any:
    from gunicorn.app.base import BaseApplication

    class Application(BaseApplication):  # type: ignore[misc]
        """gunicorn with settings from here rather than from a file."""

        def load_config(self) -> None:
            for name, value in options.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> Any:
            from manyvoices.collect.wsgi import application

            return application

    return Application()


class ServerProcess:
    """``manyvoices serve`` as a child process: what rehearsals and tests talk to."""

    def __init__(
        self,
        arguments: list[str],
        *,
        url: str,
        env: dict[str, str] | None = None,
        log: IO[bytes] | None = None,
    ) -> None:
        """`log`: where its warnings go; then it says nothing on this process's own output."""
        self.url = url
        command = [sys.executable, "-m", "manyvoices", "serve", *arguments]
        self.process = subprocess.Popen(  # noqa: S603 - our own command, no shell
            command,
            env=env or dict(os.environ),
            stdout=subprocess.DEVNULL if log else None,
            stderr=log,
        )

    def wait_until_ready(self, timeout_s: float = 300.0) -> None:
        """Return once the health page answers; RuntimeError where it does not come up.

        On a busy machine the tables of a new database alone take more than a minute.
        """
        import http.client
        from urllib.parse import urlsplit

        parts = urlsplit(self.url)
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with status {self.process.returncode}")
            connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
            try:
                connection.request("GET", "/api/v1/health")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                time.sleep(0.1)
            finally:
                connection.close()
        raise RuntimeError(f"the server at {self.url} did not answer within {timeout_s:.0f} s")

    def kill(self) -> None:
        """End it as a power cut would (its children notice and end themselves)."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """End it in order."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()

    def __enter__(self) -> ServerProcess:
        self.wait_until_ready()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()


@contextmanager
def kept_port(host: str = "127.0.0.1") -> Iterator[int]:
    """A free port for a server of ours: the system gives it to nobody else before the server is up.

    Only on Linux, where a second socket may be bound to it as long as the first does not listen;
    elsewhere it is no more than `free_port`.
    """
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind((host, 0))
        port = int(held.getsockname()[1])
        if not sys.platform.startswith("linux"):
            held.close()
        yield port


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
