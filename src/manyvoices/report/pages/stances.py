"""The page of stances."""

from __future__ import annotations

from pathlib import Path

from manyvoices.evaluate.stances.running import StancesResult
from manyvoices.report.pages.chaptered import write_chapters
from manyvoices.report.stances.chapters import chapters


def write(result: StancesResult) -> Path:
    """``index.html``, ``figures/`` and ``tables/`` in the result's folder."""
    found = result.results
    return write_chapters(
        result.out,
        "stances",
        chapters(found),
        results=found,
        about=found["instrument"],
        models=list(dict.fromkeys(one["model"] for one in found["subjects"])),
    )
