"""What the room offers, and that the page about formats names all of it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import manyvoices.io as io
from manyvoices.io import FORMATS

PAGE = Path(__file__).resolve().parents[2] / "docs/formats.md"


def test_all_names_every_public_name() -> None:
    public = {
        name
        for name, value in vars(io).items()
        if not name.startswith("_") and getattr(value, "__module__", "").startswith("manyvoices.")
    }
    assert public <= set(io.__all__)
    assert all(hasattr(io, name) for name in io.__all__)


def test_every_format_and_conversion_is_on_the_page_about_formats() -> None:
    script = PAGE.parents[1] / "scripts/format_tables.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [name for name in FORMATS if f"`{name}`" not in PAGE.read_text()] == []


def test_every_function_on_the_page_exists() -> None:
    names = re.findall(r"`((?:read|write|verify)_\w+)", PAGE.read_text())
    assert names
    assert [name for name in names if not hasattr(io, name)] == []
