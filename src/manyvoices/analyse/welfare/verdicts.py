"""What the tests allow to be said of the reference against a scheme, corrected for their number."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from manyvoices.analyse.many_tests import holm
from manyvoices.analyse.welfare.result import (
    CROSSES,
    DOMINATED,
    DOMINATES,
    OPEN,
    THESE_PEOPLE,
    Comparison,
    Panel,
)

ALPHA = 0.05


def corrected(panels: list[Panel], column: str) -> list[Panel]:
    """Holm's correction of one column of p-values over all comparisons of all panels."""
    found = np.array([getattr(row, column) for p in panels for row in p.comparisons], dtype=float)
    values = iter(holm(found).tolist())
    return [
        replace(
            panel,
            comparisons=tuple(replace(x, **{column: next(values)}) for x in panel.comparisons),
        )
        for panel in panels
    ]


def judged(panel: Panel) -> Panel:
    return replace(
        panel, comparisons=tuple(replace(x, verdict=_verdict(x)) for x in panel.comparisons)
    )


def _verdict(row: Comparison) -> str:
    """What the tests allow to be said of the reference against the scheme."""
    better, worse = row.p_draws_better < ALPHA, row.p_draws_worse < ALPHA
    if better and worse:
        return CROSSES
    if not better and not worse:
        return OPEN
    if math.isnan(row.p_people) or row.p_people >= ALPHA:
        return THESE_PEOPLE
    return DOMINATES if better else DOMINATED
