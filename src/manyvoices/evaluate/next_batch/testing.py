"""One question asked of the data, and what it found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MOST_PAIRS = 3
"""Pairs of models that are asked about for one difference."""


@dataclass(frozen=True, slots=True)
class Test:
    """One question asked of the data."""

    about: str
    """``group`` or ``prompt``."""
    name: str
    """The survey question, or the prompt."""
    category: str | None
    p: float
    details: Mapping[str, Any]
