"""What a voting rule returns: scores, and an order in which ties stay ties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from manyvoices.aggregate.kinds import AnyArray, FloatArray

NEAR = 1e-9
"""Scores that differ by less than this share of the largest are equal: sums of weights that are
not whole differ in their last digits by the order of adding."""


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """Where one voting rule puts every candidate."""

    rule: str
    candidates: tuple[Any, ...]
    """Labels in the order of `scores`."""
    scores: FloatArray
    """(n,), higher is better; the rule's own unit, stated by the function that made it."""
    order: tuple[tuple[Any, ...], ...]
    """Groups of labels, best first; the rule does not tell apart the members of one group."""
    winners: tuple[Any, ...]
    """Whom the rule elects; usually the first group."""
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def is_strict(self) -> bool:
        """Whether no two candidates are tied."""
        return len(self.order) == len(self.candidates)


def stand(
    rule: str,
    candidates: Sequence[Any],
    scores: AnyArray,
    *,
    winners: Sequence[Any] | None = None,
    near: float = NEAR,
    **settings: Any,
) -> Standing:
    """Build a `Standing` from scores (n,); the winners are the first group unless given.

    Scores closer than `near` times the largest are a tie.
    """
    values = np.asarray(scores, dtype=np.float64)
    order = tuple(tuple(candidates[code] for code in group) for group in groups_of(values, near))
    first = order[0] if order else ()
    return Standing(
        rule=rule,
        candidates=tuple(candidates),
        scores=values,
        order=order,
        winners=first if winners is None else tuple(winners),
        settings=settings,
    )


def groups_of(scores: FloatArray, near: float = NEAR) -> list[list[int]]:
    """Return codes in groups of equal scores, highest first; within a group by code."""
    if not len(scores):
        return []
    best_first = np.argsort(-scores, kind="stable")
    gap = -np.diff(scores[best_first])
    starts = np.flatnonzero(gap > near * max(1.0, float(np.abs(scores).max()))) + 1
    return [sorted(part.tolist()) for part in np.split(best_first, starts)]
