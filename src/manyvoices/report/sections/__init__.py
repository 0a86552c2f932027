"""The chapters of a report beyond its first pages, one module each.

A module defines ``CHAPTER``; the order of `NAMES` is the order in the report. Modules are imported
when a report is made, so that one chapter's libraries are not asked of another's readers.
"""

from __future__ import annotations

import importlib

from manyvoices.report.section import Chapter

NAMES = (
    "people",
    "words",
    "ranks",
    "topics",
    "neighbourhoods",
    "welfare",
    "scores",
    "open_questions",
    "multiverse",
    "trees",
    "raters",
    "raters_welfare",
    "comparison",
)


def chapters() -> tuple[Chapter, ...]:
    """All chapters, in order."""
    package = "manyvoices.report.sections"
    return tuple(importlib.import_module(f"{package}.{name}").CHAPTER for name in NAMES)
