"""What a newcomer does: start the demo, look in, and run the three commands that it prints."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.serving import PATIENCE_S, Visitor

from manyvoices.collect.server.run import kept_port

pytestmark = pytest.mark.slow


def _environment() -> dict[str, str]:
    """A newcomer's: nothing of ours is set."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("MANYVOICES_", "DJANGO_"))}


class Demo:
    """``manyvoices demo`` as a process, and what it printed."""

    def __init__(self, folder: Path) -> None:
        self._kept = ExitStack()
        self.port = self._kept.enter_context(kept_port())
        self.url = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "manyvoices", "demo", "--port", str(self.port)]
        command += ["--participants", "6", "--dir", "demo"]
        self.process = subprocess.Popen(
            command, cwd=folder, env=_environment(), stdout=subprocess.PIPE, text=True
        )
        self.printed = ""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.printed += line
            if "Ctrl-C" in line:
                return
        pytest.fail(f"the demo ended with status {self.process.wait()}: {self.printed}")

    @property
    def password(self) -> str:
        found = re.search(r"researcher / (\S+)", self.printed)
        assert found is not None, self.printed
        return found[1]

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=PATIENCE_S)


def _run(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "manyvoices", *words],
        cwd=folder,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_newcomer_starts_the_demo_watches_it_gets_release_ranks_and_report_and_comes_back(
    tmp_path: Path,
) -> None:
    demo = Demo(tmp_path)
    try:
        start = urllib.request.urlopen(f"{demo.url}/").read().decode()
        assert "/s/demo/" in start
        assert "/console/" in start
        assert demo.password not in start
        visitor = Visitor(demo.url)
        visitor.get("/console/")
        visitor.post(visitor.path, {"username": "researcher", "password": demo.password})
        assert "Your feedback on AI language models" in visitor.get("/console/")
        folder = tmp_path / "demo"
        assert "6 simulated" in _run(folder, "release", "--study", "demo", "--out", "release")
        assert "persona-" in _run(folder, "rank", "release", "--resamples", "50")
        _run(folder, "validate", "release")
        _run(folder, "report", "release", "--out", "report", "--resamples", "50")
        report = (folder / "report" / "report.html").read_text()
        assert "simulated" in report
    finally:
        demo.interrupt()
    again = Demo(tmp_path)
    try:
        assert again.password != demo.password
        assert "6 simulated" in _run(folder, "release", "--study", "demo", "--out", "second")
    finally:
        again.interrupt()
