"""Web processes and runner killed at random moments: nothing acknowledged is lost or doubled."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_kills_at_random_moments_lose_double_and_ask_again_nothing(database_url: str) -> None:
    command = [sys.executable, "-m", "benchmarks.chaos", "--db", database_url]
    command += ["--conversations", "12", "--kills", "3", "--seconds", "1500"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["conversations"] == 12, found
    assert found["kills"] == {"everything": 1, "runner": 1, "web": 1}
    assert found["acknowledged"] > 60
    assert found["calls"] > 60
    assert found["failures_recorded"] > 0, "one of the models refuses everything"
    broken = ("missing", "doubled", "never_sent", "unsettled", "jobs_left", "asked_too_often")
    assert {name: found[name] for name in broken} == dict.fromkeys(broken, 0), found["examples"]
    assert done.returncode == 0
