"""Where the real data lies that tests may read but that the project never contains.

It stands beside the project, at ``../shared/data`` from its root, and is absent on most machines.
"""

from __future__ import annotations

from pathlib import Path

import pytest

_FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data"

REAL: Path | None = _FOLDER if _FOLDER.is_dir() else None
"""Folder of the real data, or None where it is absent."""

needs_real_data = pytest.mark.skipif(
    REAL is None, reason="the real data is not here: ../shared/data beside the project"
)
"""Marks a test that reads real data; it is skipped, saying so, where there is none."""


def real(name: str) -> Path:
    """Path of one real file; call it only under `needs_real_data`."""
    assert REAL is not None
    return REAL / name
