"""What the room offers, and that the page about formats names all of it."""

from __future__ import annotations

import re
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


def test_every_format_is_on_the_page_about_formats() -> None:
    text = PAGE.read_text()
    assert [name for name in FORMATS if f"`{name}`" not in text] == []


def test_every_function_on_the_page_exists() -> None:
    names = re.findall(r"`((?:read|write|verify)_\w+)", PAGE.read_text())
    assert names
    assert [name for name in names if not hasattr(io, name)] == []
