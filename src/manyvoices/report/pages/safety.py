"""Toxicity and refusals as a page: rates with intervals and bounds, distributions, differences.

Computes nothing: it places what ``results.json`` holds. Every mark stands beside its number as
text, so that nothing is told by a drawing alone; there is no script, and no text of prompts or
replies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from manyvoices.evaluate.files import put
from manyvoices.evaluate.kinds import Result
from manyvoices.report.pages.making import MINUS, filled, hash_of, number, part
from manyvoices.schema.wording import plural

PAGE = "index.html"
KEPT_TYPES = 40
"""Rows of a table by type or category; the rest stands in the tables beside the page."""
ENDS = ("value", "low", "high", "lowest", "highest")
LONG = 12
"""A table of texts with more rows is folded."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One estimate on a scale, as per cent of its width."""

    label: str
    value: str
    between: str
    n: str
    at: float | None
    low: float | None
    high: float | None
    """None: there is no interval, and nothing is drawn of it."""
    bound_low: float | None = None
    bound_high: float | None = None
    """Where it would be if every missing verdict or score were 0, or 1."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Scale:
    """One table of marks."""

    title: str
    said: str
    low: str
    high: str
    zero: float | None
    """Where a line at 0 stands; None: no line."""
    rows: tuple[Mark, ...]

    @property
    def noted(self) -> bool:
        """Whether any row has a note."""
        return any(row.note for row in self.rows)


@dataclass(frozen=True, slots=True)
class Bars:
    """A distribution: bars of equal width over 0 to 1."""

    label: str
    said: str
    heights: tuple[float, ...]
    """Share of the tallest, in per cent."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of texts."""

    title: str
    said: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def long(self) -> bool:
        """Whether it is folded."""
        return len(self.rows) > LONG


@dataclass(frozen=True, slots=True)
class Curve:
    """A line or dots in a square, both axes from 0 to 1."""

    title: str
    said: str
    x: str
    y: str
    points: tuple[tuple[float, float], ...]
    """Per cent, the origin at the lower left."""
    bars: tuple[tuple[float, float, float], ...] = ()
    """(x, low, high) in per cent."""
    diagonal: bool = False

    @property
    def path(self) -> str:
        """For a polyline."""
        return " ".join(f"{x:.2f},{100 - y:.2f}" for x, y in self.points)


@dataclass(frozen=True, slots=True)
class Page:
    """What the template puts in order."""

    kicker: str
    title: str
    lead: str
    notice: str
    scales: tuple[Scale, ...] = ()
    bars: tuple[Bars, ...] = ()
    curves: tuple[Curve, ...] = ()
    tables: tuple[Table, ...] = ()


def write(result: Result) -> Path:
    """``index.html`` in the result's folder."""
    path = result.out / PAGE
    put(path, safety_page(result.results))
    return path


def safety_page(results: Mapping[str, Any]) -> str:
    """The page as HTML; the same results give the same bytes.

    Args:
        results: As ``evaluate toxicity`` or ``evaluate refusals`` leaves them.
    """
    from manyvoices.report.pages import safety_data, safety_refusals, safety_toxicity

    if "decided_by" in results:
        page = safety_refusals.page(results)
    elif results["mode"] == "data":
        page = safety_data.page(results)
    else:
        page = safety_toxicity.page(results)
    style = part("safety.css")
    policy = f"default-src 'none'; style-src {hash_of(style)}; base-uri 'none'; form-action 'none'"
    return filled("safety.html", policy=policy, style=Markup(style), page=page)  # noqa: S704 - ours


def share_scale(title: str, said: str, rows: Sequence[tuple[str, Mapping[str, Any]]]) -> Scale:
    """Estimates between 0 and 1, with their bounds."""
    marks = [mark(label, row, 0.0, 1.0) for label, row in rows]
    return Scale(title, said, "0", "1", None, tuple(marks))


def gap_scales(
    titles: Mapping[str, str], found: Mapping[str, Sequence[Mapping[str, Any]]]
) -> Iterator[Scale]:
    """Differences between models, a table for each measure, all on a scale of its own."""
    for name, pairs in found.items():
        ends = [abs(row[end]) for row in pairs for end in ENDS if known(row[end])]
        reach = max(ends, default=0.0) or 1.0
        rows = [
            mark(f"{row['first']} {MINUS} {row['second']}", row, -reach, reach, p=row["p_holm"])
            for row in pairs
        ]
        said = (
            "First less second, on the prompts that both have; p corrected over all pairs (Holm). "
            "The grey band: everything missing of one as 0 and of the other as 1."
        )
        ends_said = (number(-reach, 3), number(reach, 3))
        yield Scale(f"Difference: {titles[name]}", said, *ends_said, 50.0, tuple(rows))


def mark(
    label: str, row: Mapping[str, Any], low: float, high: float, *, p: float | None = None
) -> Mark:
    """One estimate on a scale from `low` to `high`."""

    def at(value: float | None) -> float | None:
        return None if not known(value) else 100 * (value - low) / (high - low)  # type: ignore[operator]

    inside = known(row["low"]) and known(row["high"])
    between = f"{number(row['low'], 3)} to {number(row['high'], 3)}" if inside else ""
    between_bounds = _bounds(row)
    note = "" if p is None else f"p {number(p, 4)}"
    if between_bounds:
        note = f"{note}; {between_bounds} with what is missing" if note else between_bounds
    return Mark(
        label=label, value=number(row["value"], 3), between=between, n=number(row["n"]),
        at=at(row["value"]), low=at(row["low"]), high=at(row["high"]),
        bound_low=at(_ends(row)[0]), bound_high=at(_ends(row)[1]), note=note,
    )  # fmt: skip


def _ends(row: Mapping[str, Any]) -> tuple[Any, Any]:
    """Both bounds of an estimate, or of a difference; None where it has none."""
    low, high = row.get("if_missing_0"), row.get("if_missing_1")
    return row.get("lowest", low), row.get("highest", high)


def _bounds(row: Mapping[str, Any]) -> str:
    low, high = _ends(row)
    if not known(low) or not known(high) or low == high:
        return ""
    return f"{number(low, 3)} to {number(high, 3)}"


def whose(systems: Mapping[str, Any]) -> str:
    """The one model's name, or how many there are."""
    return next(iter(systems)) if len(systems) == 1 else plural(len(systems), "model")


def estimate(row: Mapping[str, Any]) -> str:
    """``0.972 (0.941 to 0.987)``."""
    value = number(row["value"], 3)
    low, high = number(row["low"], 3), number(row["high"], 3)
    return value if "–" in (low, high) else f"{value} ({low} to {high})"


def known(value: Any) -> bool:
    """Whether there is a number: neither None nor NaN."""
    return value is not None and value == value


def outcomes(results: Mapping[str, Any], names: Sequence[str], said: str) -> Table:
    """How many answers of each kind every system has."""
    rows = [
        (system, *(number(found["counts"][name]) for name in names))
        for system, found in results["systems"].items()
    ]
    head = ("", *(name.replace("_", " ") for name in names))
    return Table("What became of every answer", said, head, tuple(rows))
