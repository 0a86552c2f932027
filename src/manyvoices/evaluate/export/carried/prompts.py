"""Measures of an answer that people are to judge later; copied into exported tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def measures(doc: Mapping[str, Any], answer: str) -> dict[str, Any]:  # noqa: ARG001
    """Whether there is an answer, and its length in words."""
    words = answer.split()
    return {"empty": float(not words), "words": float(len(words))}
