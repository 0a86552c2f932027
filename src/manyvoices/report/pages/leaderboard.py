"""The leaderboard as a folder that any web server can show: one page, a style, a script.

Style and script are files of their own, so that the page works under a policy that allows nothing
inline. Every board stands in the page; the script only picks and sorts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import floor, log10
from pathlib import Path
from typing import Any

from manyvoices.evaluate.files import put
from manyvoices.report.pages.making import MINUS, filled, number, part, percent

PAGE, STYLE, SCRIPT = "index.html", "leaderboard.css", "leaderboard.js"
WIDTH, HEIGHT, MARGIN = 240, 20, 6
"""Of a row of the forest plot, in its own units."""
RUNS = 8
"""Runs of the history that the page shows; the file holds them all."""
METHODS = {
    "bradley_terry": (
        "Bradley–Terry",
        "The chance that one model is preferred to another depends on the difference of their "
        "ratings alone: 400 points more are odds of 10 to 1 (Bradley and Terry 1952).",
    ),
    "rank_centrality": (
        "Rank centrality",
        "A walk goes from model to model, more often towards the one that was preferred; a rating "
        "says how often it is there, as Elo points (Negahban, Oh and Shah 2017).",
    ),
    "win_rate": ("Win rate", "The mean over its opponents of the share won against each."),
}
FIELDS = {"conversation_type": "type of conversation", "pool": "pool of raters"}


@dataclass(frozen=True, slots=True)
class Axis:
    """Where a rating stands in the plot of a board."""

    low: float
    high: float

    def x(self, value: float) -> float:
        """Within the plot, one decimal."""
        share = (value - self.low) / (self.high - self.low)
        return round(MARGIN + share * (WIDTH - 2 * MARGIN), 1)

    def ticks(self) -> list[float]:
        """Two to five round values."""
        raw = (self.high - self.low) / 4
        power = 10 ** floor(log10(raw))
        step = next(power * m for m in (1, 2, 5, 10) if power * m >= raw)
        first = floor(self.low / step) + 1
        found = [first * step + i * step for i in range(6)]
        return [value for value in found if value <= self.high]


def write(results: Mapping[str, Any], out: Path) -> Path:
    """The page and its two files; the path of the page. See `leaderboard_page`."""
    put(out / STYLE, part("leaderboard.css"))
    put(out / SCRIPT, part("leaderboard.js"))
    path = out / PAGE
    put(path, leaderboard_page(results))
    return path


def leaderboard_page(results: Mapping[str, Any]) -> str:
    """``index.html`` of what `make_leaderboard` found; the same results give the same bytes."""
    settings = results["settings"]
    digits = 0 if settings["scale"] == "elo" else 3
    everybody = results["boards"][0]
    name, what = METHODS[settings["method"]]
    return filled(
        "leaderboard.html",
        results=results,
        settings=settings,
        everybody=everybody,
        boards=[_board(one, digits) for one in results["boards"]],
        in_short=_in_short(everybody),
        style=_style(results["style"]),
        history=_history(results, digits),
        method=name,
        method_what=what,
        simulated=results["data"]["n_simulated"] > 0,
        width=WIDTH,
        height=HEIGHT,
    )


def _axis(rows: Sequence[Mapping[str, Any]]) -> Axis:
    """From the lowest to the highest end of an interval."""
    ends = [row[name] for row in rows for name in ("low", "high")] or [0.0, 1.0]
    low, high = min(ends), max(ends)
    return Axis(low, high) if high > low else Axis(low - 1, high + 1)


def _board(board: Mapping[str, Any], digits: int) -> dict[str, Any]:
    field, axis = board["field"], _axis(board["rows"])
    return {
        **board,
        "title": "Everybody" if field is None else board["value"],
        "field_name": "" if field is None else FIELDS.get(field, field.replace("_", " ")),
        "ticks": [(axis.x(value), number(value, digits)) for value in axis.ticks()],
        "rows": [_row(row, axis, digits) for row in board["rows"]],
    }


def _row(row: Mapping[str, Any], axis: Axis, digits: int) -> dict[str, Any]:
    return {
        **row,
        "ranks": _ranks(row["rank_low"], row["rank_high"]),
        "rating": number(row["score"], digits),
        "between": _between(row["low"], row["high"], digits),
        "won": percent(row["win_rate"], 1),
        "x": axis.x(row["score"]),
        "x1": axis.x(row["low"]),
        "x2": axis.x(row["high"]),
    }


def _in_short(board: Mapping[str, Any]) -> str:
    """What may be said of the first place, and nothing more."""
    rows = board["rows"]
    first = [row["model"] for row in rows if row["rank_low"] == 1]
    if not rows:
        return "No model is ranked."
    if len(first) == 1:
        return f"{first[0]} is first: no other model’s range of ranks reaches the first place."
    if len(first) == len(rows):
        return "No order can be told: every model may be first."
    named = ", ".join(first[:-1]) + f" and {first[-1]}"
    if len(first) > 4:
        named = f"{len(first)} of {len(rows)} models"
    return f"{named} may be first: the data do not tell them apart."


def _style(style: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    if style is None:
        return None
    rows = [
        {
            "model": row["model"],
            "rating": number(row["score"]),
            "between": _between(row["low"], row["high"], 0),
            "moved": _signed(row["score"] - row["plain"]),
        }
        for row in style["rows"]
    ]
    worth = [
        {
            "name": one["name"],
            "value": _signed(one["value"], 2),
            "between": _between(one["low"], one["high"], 2),
        }
        for one in style["coefficients"]
    ]
    return {**style, "rows": rows, "worth": worth}


def _history(results: Mapping[str, Any], digits: int) -> Mapping[str, Any] | None:
    """The last runs as columns, and each model's way as a line with its intervals."""
    method = results["settings"]["method"]
    entries = [one for one in results["history"] if one["method"] == method][-RUNS:]
    if len(entries) < 2:
        return None
    ends = [end for one in entries for row in one["models"].values() for end in row[1:3]]
    axis = Axis(min(ends), max(ends)) if max(ends) > min(ends) else Axis(ends[0] - 1, ends[0] + 1)
    models = sorted(
        {model for one in entries for model in one["models"]},
        key=lambda model: -entries[-1]["models"].get(model, [-1e9])[0],
    )
    return {
        "runs": entries,
        "rows": [
            {
                "model": model,
                "line": _line([one["models"].get(model) for one in entries], axis),
                "cells": [_cell(one["models"].get(model), digits) for one in entries],
            }
            for model in models
        ],
    }


def _cell(found: Sequence[float] | None, digits: int) -> tuple[str, str]:
    if found is None:
        return "–", ""
    return number(found[0], digits), _between(found[1], found[2], digits)


def _line(points: Sequence[Sequence[float] | None], axis: Axis) -> Mapping[str, Any]:
    """A drawing of 120 x 36: a bar for each interval, a line through the ratings."""

    def y(value: float) -> float:
        return round(33 - 30 * (value - axis.low) / (axis.high - axis.low), 1)

    step = 108 / max(1, len(points) - 1)
    known = [(round(6 + i * step, 1), p) for i, p in enumerate(points) if p is not None]
    bars = "".join(f"M{x} {y(p[1])}V{y(p[2])}" for x, p in known)
    way = "".join(f"M{x1} {y(p[0])}L{x2} {y(q[0])}" for (x1, p), (x2, q) in pairwise(known))
    return {"bars": bars, "way": way, "dots": [(x, y(p[0])) for x, p in known]}


def _ranks(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}–{high}"


def _between(low: float, high: float, digits: int) -> str:
    join = " to " if low < 0 or high < 0 else "–"
    return f"{number(low, digits)}{join}{number(high, digits)}"


def _signed(value: float, digits: int = 0) -> str:
    text = number(value, digits)
    return text if text.startswith((MINUS, "–")) or value == 0 else f"+{text}"
