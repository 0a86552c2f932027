"""Do two groups score a model differently where they talk about the same?  PRISM, Figure 30.

PRISM sets the difference between men's and women's mean score of each model in each topic into a
coloured cell, without saying which differ by more than chance. Here each has an interval over
people, and the number of cells that differ stands beside the number that chance alone would give.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from manyvoices.aggregate import Scores
from manyvoices.aggregate.kinds import ObjectArray
from manyvoices.analyse.dataset import GroupField
from manyvoices.analyse.table import BoolArray, FloatArray, IntArray

MIN_PEOPLE = 5
"""People that each group needs in a cell; with fewer a variance is hardly known."""


@dataclass(frozen=True, slots=True, eq=False)
class MeanDifferences:
    """Mean score in group `first` less in group `second`, by model and context."""

    field: str
    first: str
    second: str
    by: str
    """What the contexts are: "conversation type" or "topic"."""
    contexts: tuple[str, ...]
    models: tuple[str, ...]
    difference: FloatArray
    """(models, contexts) points; NaN where a group has fewer than `min_people` in the cell."""
    low: FloatArray
    high: FloatArray
    """95 % interval over people (normal, from the variance of sums over people)."""
    p: FloatArray
    people: IntArray
    """(models, contexts) people in the cell, both groups."""
    min_people: int

    @property
    def n_cells(self) -> int:
        """Cells with a difference."""
        return int((~np.isnan(self.difference)).sum())

    @property
    def n_apart(self) -> int:
        """Cells whose 95 % interval is off 0; chance alone would give a twentieth of `n_cells`."""
        return int((self.p < 0.05).sum())

    def discoveries(self, rate: float = 0.05) -> BoolArray:
        """(models, contexts) cells that differ with a false discovery rate of at most `rate`.

        Benjamini and Hochberg, JRSS B 57 (1995).
        """
        found = np.zeros(self.p.shape, dtype=np.bool_)
        known = ~np.isnan(self.p)
        values = np.sort(self.p[known])
        if not len(values):
            return found
        passed = np.flatnonzero(values <= rate * np.arange(1, len(values) + 1) / len(values))
        if len(passed):
            found[known] = self.p[known] <= values[passed[-1]]
        return found


def mean_differences(
    scores: Scores,
    groups: ObjectArray,
    contexts: ObjectArray,
    *,
    field: GroupField,
    by: str,
    order: Sequence[str],
    pair: tuple[str, str] | None = None,
    min_people: int = MIN_PEOPLE,
) -> MeanDifferences | None:
    """Compare the two largest groups of `field`, or `pair`; None where there are not two.

    `groups`, `contexts`: (rows,) labels of each opener, None = in none. `order`: the models as
    rows.
    """
    pair = pair or _largest_two(scores, groups, field.levels)
    if pair is None:
        return None
    names = tuple(sorted({c for c in contexts if c is not None}))
    code = {name: i for i, name in enumerate(names)}
    place = {model: i for i, model in enumerate(order)}
    context = np.array([code.get(c, -1) for c in contexts], dtype=np.int64)
    model = np.array([place[m] for m in scores.models], dtype=np.int64)[scores.model]
    cell, n_cells = model * len(names) + context, len(order) * len(names)
    sides = [
        _means(scores, cell, (groups == g) & (context >= 0), n_cells, min_people) for g in pair
    ]
    gap = sides[0][0] - sides[1][0]
    error = np.sqrt(sides[0][1] + sides[1][1])
    shape = (len(order), len(names))
    with np.errstate(invalid="ignore", divide="ignore"):
        z = np.where(error > 0, np.abs(gap) / error, np.nan)
    reach = float(ndtri(0.975)) * error
    return MeanDifferences(
        field=field.label,
        first=pair[0],
        second=pair[1],
        by=by,
        contexts=names,
        models=tuple(order),
        difference=gap.reshape(shape),
        low=(gap - reach).reshape(shape),
        high=(gap + reach).reshape(shape),
        p=(2 * ndtr(-z)).reshape(shape),
        people=(sides[0][2] + sides[1][2]).reshape(shape),
        min_people=min_people,
    )


def _largest_two(
    scores: Scores, groups: ObjectArray, levels: tuple[str, ...]
) -> tuple[str, str] | None:
    size = {level: len(np.unique(scores.cluster[groups == level])) for level in levels}
    first, *rest = sorted((x for x in levels if size[x]), key=lambda level: -size[level]) or [""]
    if not first or not rest:
        return None
    # Male less Female, as PRISM; all others as the study lists them.
    two = {first, rest[0]}
    if two == {"Male", "Female"}:
        return "Male", "Female"
    a, b = (level for level in levels if level in two)
    return a, b


def _means(
    scores: Scores, cell: IntArray, rows: BoolArray, n_cells: int, min_people: int
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Mean (cells,), its variance over people, and people; NaN where there are too few.

    Variance of a ratio of sums over people, G/(G-1) sum of squared sums of residuals over n
    squared: CR1 of a regression on the constant alone.
    """
    score, at, person = scores.score[rows], cell[rows], scores.cluster[rows]
    n = np.bincount(at, minlength=n_cells)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(at, weights=score, minlength=n_cells) / n
        both, where = np.unique(person * n_cells + at, return_inverse=True)
        off = np.bincount(where, weights=score - mean[at], minlength=len(both))
        people = np.bincount(both % n_cells, minlength=n_cells)
        squares = np.bincount(both % n_cells, weights=off**2, minlength=n_cells)
        variance = squares / n**2 * people / (people - 1)
    few = people < min_people
    return np.where(few, np.nan, mean), np.where(few, np.nan, variance), people.astype(np.int64)
