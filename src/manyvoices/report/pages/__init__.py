"""Pages of results that stand by themselves: each a file, or a folder, that any browser opens.

A kind of evaluation that has a page names its module in `PAGES`; the module has ``write(result)``,
which leaves the page in the result's folder and returns its path.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PAGES: Mapping[str, str] = {
    "preference": "manyvoices.report.pages.preference",
    "refusals": "manyvoices.report.pages.safety",
    "sampling": "manyvoices.report.pages.sampling",
    "stances": "manyvoices.report.pages.stances",
    "toxicity": "manyvoices.report.pages.safety",
}
"""Kind of evaluation -> module of its page."""


def write_page(kind: str, result: Any) -> Path | None:
    """The page of a result of ``manyvoices evaluate KIND``; None where the kind has none.

    Raises:
        ModuleNotFoundError: The extra ``analysis`` is not installed.
    """
    if kind not in PAGES:
        return None
    path: Path = importlib.import_module(PAGES[kind]).write(result)
    return path


__all__ = ["PAGES", "write_page"]
