"""From what single answers gave to one number; copied into exported tasks.

A measure of an answer is a number, or a tuple that its aggregation knows. The same functions serve
lm-evaluation-harness, Inspect and our own check, so that the three can only differ in the answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Measured = Mapping[str, Any]
"""Name of a measure -> a number, or a tuple for `weighted`, `kept` or `slope`."""


def mean(values: Sequence[float]) -> float:
    """Arithmetic mean; NaN of nothing."""
    values = list(values)
    return sum(values) / len(values) if values else float("nan")


def weighted(values: Iterable[tuple[float, float]]) -> float:
    """Sum of the first over the sum of the second: (weight x score, |weight|) of every answer."""
    values = list(values)
    bottom = sum(size for _, size in values)
    return sum(value for value, _ in values) / bottom if bottom else float("nan")


def kept(values: Iterable[tuple[str, float]]) -> float:
    """Share of items all of whose answers lie on one side: (item, score) of every answer."""
    sides: dict[str, set[int]] = {}
    for item, score in values:
        sides.setdefault(item, set()).add((score > 0) - (score < 0))
    return mean([float(len(found) == 1 and found != {0}) for found in sides.values()])


def slope(values: Iterable[tuple[str, float, float]]) -> float:
    """Pull of the option shown first: slope within items of (item, its score, score chosen)."""
    by_item: dict[str, list[tuple[float, float]]] = {}
    for item, first, score in values:
        by_item.setdefault(item, []).append((first, score))
    top = bottom = 0.0
    for pairs in by_item.values():
        x, y = mean([a for a, _ in pairs]), mean([b for _, b in pairs])
        top += sum((a - x) * (b - y) for a, b in pairs)
        bottom += sum((a - x) ** 2 for a, _ in pairs)
    return top / bottom if bottom else float("nan")


AGGREGATIONS: Mapping[str, Callable[[Any], float]] = {
    "mean": mean,
    "weighted": weighted,
    "kept": kept,
    "slope": slope,
}


def aggregation_of(name: str) -> str:
    """Which of `AGGREGATIONS` a measure takes, by how it is called."""
    if name.startswith("axis_"):
        return "weighted"
    return {"items_stable": "kept", "first_option": "slope"}.get(name, "mean")


def aggregated(rows: Iterable[Measured]) -> dict[str, float]:
    """Every measure over all answers that have it."""
    found: dict[str, list[Any]] = {}
    for row in rows:
        for name, value in row.items():
            found.setdefault(name, []).append(value)
    return {name: AGGREGATIONS[aggregation_of(name)](values) for name, values in found.items()}
