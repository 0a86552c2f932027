"""Numbers as a reader meets them: rounded to what they bear, with real minus signs and dashes."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence

from manyvoices.analyse.overview import Count

METHOD_NAMES = {"rank_centrality": "Rank centrality", "bradley_terry": "Bradley–Terry"}
_METHOD_DIGITS = {"rank_centrality": 3, "bradley_terry": 2}


def number(value: float, digits: int = 0) -> str:
    """``12,345`` or ``−0.42``; an en dash where there is no number."""
    if math.isnan(value):
        return "–"
    text = f"{value:,.{digits}f}"
    if text.startswith("-"):
        text = text[1:] if float(text.replace(",", "")) == 0 else "−" + text[1:]
    return text


def share(value: float | None) -> str:
    """``12%``; one decimal below ten per cent, where a whole number would say too little."""
    if value is None or math.isnan(value):
        return "–"
    percent = 100 * value
    whole = percent == 0 or percent >= 9.95
    if percent < 100 and round(percent) == 100:
        return f"{math.floor(percent * 10) / 10:.1f}%"
    return f"{percent:.0f}%" if whole else f"{percent:.1f}%"


def out_of(count: Count) -> str:
    """``12 of 400 (3.0%)``."""
    if not count.of:
        return f"{number(count.n)} of 0"
    return f"{number(count.n)} of {number(count.of)} ({share(count.share)})"


def interval(low: float, high: float, digits: int = 0) -> str:
    """``48–61``; "to" between numbers of which one is negative."""
    if math.isnan(low) or math.isnan(high):
        return "–"
    join = " to " if low < 0 or high < 0 else "–"
    return f"{number(low, digits)}{join}{number(high, digits)}"


def ranks(low: int, high: int) -> str:
    """``2`` or ``2–4``."""
    return str(low) if low == high else f"{low}–{high}"


def day(value: dt.date | None) -> str:
    """``3 March 2026``."""
    return f"{value.day} {value:%B %Y}" if value else "–"


def days(first: dt.date | None, last: dt.date | None) -> str:
    """``3 March 2026`` or ``3 March 2026 to 9 April 2026``."""
    if first is None or first == last:
        return day(first)
    return f"{day(first)} to {day(last)}"


def listed(names: Sequence[str], *, last: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"


def statement(label: str) -> str:
    """A statement without the dots that join it to its opener: ``...was safe`` is ``was safe``."""
    return label.strip().lstrip(".… ") or label


def method_name(method: str) -> str:
    """A method as people write it."""
    return METHOD_NAMES.get(method, method.replace("_", " "))


def method_digits(method: str) -> int:
    """Decimals that a method's scores are shown with."""
    return _METHOD_DIGITS.get(method, 2)
