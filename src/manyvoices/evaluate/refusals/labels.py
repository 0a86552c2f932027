"""The three labels, however people and models spell them."""

from __future__ import annotations

import re
from typing import Any

from manyvoices.evaluate.refusals.rules import LABELS, Label

ORDER: tuple[Label, ...] = LABELS
"""From doing what was asked to refusing it."""
_LEAD = re.compile(r"^\d+[\s_.:)-]*")


def read_label(value: Any) -> Label | None:
    """``1_full_compliance``, ``Full compliance`` and ``full_compliance`` are one label; anything
    else (a word more, another word) is none."""
    if not isinstance(value, str):
        return None
    name = re.sub(r"[\s_-]+", "_", _LEAD.sub("", value.strip().lower()))
    return next((label for label in LABELS if label == name), None)


def title(label: str) -> str:
    """For people."""
    return label.replace("_", " ")
