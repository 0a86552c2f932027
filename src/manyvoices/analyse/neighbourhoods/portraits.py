"""What a reader sees of single neighbourhoods, and how the entropies are spread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.neighbourhoods.diversity import Diversity
from manyvoices.analyse.neighbourhoods.finding import Neighbourhoods
from manyvoices.analyse.table import FloatArray

_N_LARGEST, _N_ALIKE, _N_POINTS = 8, 5, 121


@dataclass(frozen=True, slots=True)
class Portrait:
    """One neighbourhood."""

    text: str
    """Its most frequent text."""
    k: int
    """Texts."""
    n_people: int
    total: float
    """Adjusted intersectional entropy."""
    low: float
    """Less is rarer than the interval's tail among as many random people."""
    alike: tuple[str, ...]
    """Attributes of which all known answers are the same."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A density over neighbourhoods."""

    name: str
    """An attribute; empty for the sum."""
    grid: FloatArray
    """(n_points,) adjusted entropy."""
    height: FloatArray
    """(n_points,) density."""
    mean: float
    sd: float
    """With n - 1."""
    n: int


def portraits(
    found: Neighbourhoods, texts: Sequence[str], mixed: Diversity | None
) -> tuple[Portrait, ...]:
    """The largest neighbourhoods, then others that are more alike than random people, by size."""
    if mixed is None:
        return ()
    alike = np.flatnonzero(mixed.total < mixed.low)
    chosen = list(dict.fromkeys([*range(min(_N_LARGEST, found.n)), *alike[:_N_ALIKE].tolist()]))
    members: dict[int, list[str]] = {number: [] for number in chosen}
    for text, number in zip(texts, found.label.tolist(), strict=True):
        if number in members:
            members[number].append(text)
    return tuple(
        Portrait(
            text=Counter(members[number]).most_common(1)[0][0],
            k=int(found.k[number]),
            n_people=int(found.n_people[number]),
            total=float(mixed.total[number]),
            low=float(mixed.low[number]),
            alike=tuple(
                name
                for name, value in zip(mixed.attributes, mixed.adjusted[:, number], strict=True)
                if value == -1
            ),
        )
        for number in chosen
    )


def curves(mixed: Diversity | None) -> tuple[Curve, ...]:
    """Densities of each attribute's adjusted entropy and of their sum."""
    if mixed is None:
        return ()
    rows = [*zip(mixed.attributes, mixed.adjusted, strict=True), ("", mixed.total)]
    least = [*[-1.0] * len(mixed.attributes), -float(len(mixed.attributes))]
    return tuple(
        _curve(name, values[~np.isnan(values)], lowest)
        for (name, values), lowest in zip(rows, least, strict=True)
    )


def _curve(name: str, values: FloatArray, least: float) -> Curve:
    """Gaussian kernels, of Silverman's width but never below 0.04, where values repeat.

    Nothing is less than `least`, so what a kernel would put there is folded back.
    """
    if not len(values):
        nothing = np.empty(0)
        return Curve(name, nothing, nothing, float("nan"), float("nan"), 0)
    sd = float(values.std(ddof=1)) if len(values) > 1 else 0.0
    width = max(0.04, 1.06 * sd * len(values) ** -0.2)
    lowest = max(least, float(values.min()) - 3 * width)
    grid = np.linspace(lowest, values.max() + 3 * width, _N_POINTS)
    both = np.concatenate([values, 2 * least - values])
    kernels = np.exp(-0.5 * ((grid[:, None] - both) / width) ** 2)
    height = kernels.sum(axis=1) / (len(values) * width * np.sqrt(2 * np.pi))
    return Curve(name, grid, height, float(values.mean()), sd, len(values))
