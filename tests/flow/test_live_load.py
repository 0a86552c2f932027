"""The load benchmark, small: it runs, and its proof would notice a loss."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DATABASE = re.compile(r"^(sqlite|postgresql):", re.MULTILINE)


@pytest.mark.slow
def test_ten_people_at_once_lose_nothing(database_url: str) -> None:
    database = database_url.partition(":")[0]
    command = [sys.executable, "-m", "benchmarks.live_load", "--small", "--databases", database]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert DATABASE.findall(done.stdout) == [database]
    proof = re.search(r"holds: ([\d,]+) acknowledged writes", done.stdout)
    assert proof is not None, done.stdout
    assert int(proof[1].replace(",", "")) > 10
    assert "bare page" in done.stdout
