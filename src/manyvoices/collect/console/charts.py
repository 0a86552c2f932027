"""Small column charts as coordinates: templates write them as inline SVG, without any script."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

GAP = 1.0
LEAST_HEIGHT = 2.0
"""A count that is not zero stays visible beside a large one."""


@dataclass(frozen=True)
class Column:
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Columns:
    """A column chart in the units of its view box; `label` says the same in words."""

    width: float
    height: float
    columns: list[Column]
    label: str
    peak: int
    """The count of the tallest column."""


def columns(
    counts: Sequence[int], *, label: str, width: float = 180.0, height: float = 36.0
) -> Columns:
    """One column per count, the tallest as high as the chart; zero has no column."""
    peak = max(counts, default=0)
    step = width / max(len(counts), 1)
    drawn = [
        _column(position, count, peak, step=step, height=height)
        for position, count in enumerate(counts)
        if count
    ]
    return Columns(width=width, height=height, columns=drawn, label=label, peak=peak)


def _column(position: int, count: int, peak: int, *, step: float, height: float) -> Column:
    tall = max(height * count / peak, LEAST_HEIGHT)
    return Column(
        x=round(position * step + GAP / 2, 2),
        y=round(height - tall, 2),
        width=round(step - GAP, 2),
        height=round(tall, 2),
    )


def bins(scores: dict[int, int], *, low: int, high: int, n: int = 20) -> list[int]:
    """How often scores fall into `n` equal parts of [low, high]; those outside, into the ends."""
    counts = [0] * n
    for score, times in scores.items():
        part = math.floor(n * (score - low) / (high - low + 1))
        counts[min(max(part, 0), n - 1)] += times
    return counts


def quantile(scores: dict[int, int], q: float) -> float:
    """The `q` quantile of counted scores, linear between neighbours (numpy's default).

    Raises ValueError where nothing was counted.
    """
    total = sum(scores.values())
    if not total:
        raise ValueError("nothing was counted, so there is no quantile")
    place = q * (total - 1)
    low, high = (_nth(scores, n) for n in (math.floor(place), math.ceil(place)))
    return low + (high - low) * (place - math.floor(place))


def _nth(scores: dict[int, int], n: int) -> int:
    seen = 0
    for score in sorted(scores):
        seen += scores[score]
        if n < seen:
            return score
    raise AssertionError("n is below the total")
