"""The page of a preference study."""

from __future__ import annotations

from pathlib import Path

from manyvoices.evaluate.preference.study import PreferenceResult
from manyvoices.report.pages.chaptered import write_chapters
from manyvoices.report.preference.chapters import chapters


def write(result: PreferenceResult) -> Path:
    """``index.html``, ``figures/`` and ``tables/`` in the result's folder; the same results give
    the same bytes."""
    found = result.results
    return write_chapters(
        result.out, "preference", chapters(found), results=found, counts=found["counts"]
    )
