"""A fault of a study as the checks know it; the loader adds file and line."""

from __future__ import annotations

from typing import NamedTuple

from manyvoices.design.sources import Loc


class Finding(NamedTuple):
    """A fault without its file and line."""

    loc: Loc
    found: str
    expected: str
    hint: str = ""
