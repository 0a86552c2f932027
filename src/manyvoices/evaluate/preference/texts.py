"""How measures are written: percentages, points, p-values, names."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan
from typing import Any

from manyvoices.evaluate.files import shown

TITLES = {
    "won": "won", "tied": "tied", "lost": "lost", "all_bad": "both bad",
    "cannot_judge": "cannot judge", "failed": "failed", "set_aside": "set aside", "open": "open",
}  # fmt: skip
AGREEMENTS = {
    "alpha": "Krippendorff's alpha",
    "pairs": "pairs of people who agree",
    "items": "the same, every item alike",
    "decided": "the same, without ties",
}


def percent(measure: Mapping[str, Any] | None) -> str:
    """``48.3% (41.0 to 55.6)``; a dash where nothing was measured."""
    if measure is None or measure["value"] is None or isnan(measure["value"]):
        return "–"
    scaled = {
        name: None if measure[name] is None else 100 * measure[name]
        for name in ("value", "low", "high")
    }
    text = shown(scaled, 1)  # type: ignore[arg-type]
    head, _, rest = text.partition(" ")
    return f"{head}%{' ' + rest if rest else ''}".replace("-", "−")


def points(measure: Mapping[str, Any] | None) -> str:
    """A difference of shares: ``+2.2 points (-4.6 to 9.0)``; a dash where nothing was measured."""
    text = percent(measure)
    if text == "–":
        return text
    sign = "" if text.startswith("−") else "+"
    return sign + text.replace("%", " points", 1)


def pair_name(row: Mapping[str, Any]) -> str:
    """``ours against base``."""
    return f"{row['model']} against {row['against']}"


def p_text(p: float | None) -> str:
    """``0.012``, ``<0.001``, or a dash."""
    if p is None or isnan(p):
        return "–"
    return "<0.001" if p < 0.001 else f"{p:.3f}"
