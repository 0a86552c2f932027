"""No tracked file names one machine, a package index, or work that was left unfinished."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Written in pieces, so that this file does not hold what it looks for.
MACHINE_PATHS = re.compile(
    r"(?<![\w.~-])/" + r"(?:work|root|home/\w+|Users/\w+|tmp/mv)" + r"(?:/|\b(?![-\w]))"
)
INDEX_OPTIONS = re.compile(r"--(?:extra-)?" + r"index-url|--find-" + r"links")
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")


def tracked_files() -> list[Path]:
    """What git tracks, and what it would track next."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in done.stdout.split("\0") if name]


def lines_that_match(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for path in tracked_files():
        if not path.is_file():
            continue
        data = path.read_bytes()
        if b"\0" in data:
            continue
        for number, line in enumerate(data.decode("utf-8").splitlines(), start=1):
            if pattern.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}")
    return found


@pytest.mark.parametrize("folder", ["work", "root", "home/ann"])
def test_a_path_of_one_machine_is_recognised(folder: str) -> None:
    assert MACHINE_PATHS.search(f"/{folder}/data")
    assert MACHINE_PATHS.search(f'cd "/{folder}"')
    assert MACHINE_PATHS.search(f"x=/{folder}/.ssh")


@pytest.mark.parametrize("path", ["src/work/x", "https://e.org/home", "at/root/x", "/rooted"])
def test_other_paths_are_left_alone(path: str) -> None:
    assert not MACHINE_PATHS.search(path)


def test_no_tracked_file_names_a_path_of_one_machine() -> None:
    assert lines_that_match(MACHINE_PATHS) == []


def test_no_tracked_file_names_a_package_index() -> None:
    assert lines_that_match(INDEX_OPTIONS) == []


def test_nothing_tracked_is_marked_as_unfinished() -> None:
    assert lines_that_match(UNFINISHED) == []


def test_the_licence_is_the_whole_apache_licence() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert all(f"\n   {number}. " in text for number in range(1, 10))
