"""Where on the scale a person's scores lie, and how much of it she uses.

Source: PRISM (arXiv 2404.16019), appendix O, and its notebook of score distributions, which holds
two definitions of each. Centrality: the person's mean score, or its distance from the middle of the
scale. Expressivity: the mean range within interactions, or the mean standard deviation. All are
means over a person's interactions, so that a long turn does not weigh more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from manyvoices.analyse.scale_use.turns import Interactions
from manyvoices.analyse.table import BoolArray, FloatArray

PRISM_MIDDLE = 50.0
"""PRISM takes 50 for the middle of a scale from 1 to 100; by default it is 50.5 here."""


@dataclass(frozen=True, slots=True, eq=False)
class Habit:
    """How each person used the scale in one part of the talks; arrays (n_people,), NaN = never."""

    part: str
    """``openers`` or ``continuers``."""
    users: tuple[str, ...]
    centrality: FloatArray
    """Mean score."""
    distance: FloatArray
    """|mean score - middle|: the other definition of centrality."""
    expressivity: FloatArray
    """Mean range."""
    spread: FloatArray
    """Mean standard deviation: the other definition of expressivity."""

    @property
    def known(self) -> BoolArray:
        """(n_people,) who has both a mean and a range."""
        return np.asarray(~(np.isnan(self.centrality) | np.isnan(self.expressivity)))


def person_habits(
    shown: Interactions,
    part: Literal["openers", "continuers"],
    scale: tuple[int, int],
    *,
    compat: Literal["prism"] | None = None,
) -> Habit:
    """Everybody's habits in opening turns, or in all later ones."""
    kept = shown.turn == 0 if part == "openers" else shown.turn > 0
    mean, spread, sd = (_by_person(shown, x, kept) for x in (shown.mean, shown.range, shown.sd))
    middle = PRISM_MIDDLE if compat == "prism" else (scale[0] + scale[1]) / 2
    return Habit(part, shown.users, mean, np.abs(mean - middle), spread, sd)


def _by_person(shown: Interactions, values: FloatArray, kept: BoolArray) -> FloatArray:
    used = kept & ~np.isnan(values)
    n = np.bincount(shown.person[used], minlength=len(shown.users))
    total = np.bincount(shown.person[used], weights=values[used], minlength=len(shown.users))
    with np.errstate(invalid="ignore"):
        return np.asarray(total / n, dtype=np.float64)
