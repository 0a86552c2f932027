"""How much of the scores' variance is people, models, prompts, taste, and none of these.

In: arrays, a `Dataset`, or a rated table. Out: frozen results. Both papers left open how much of
the disagreement they saw is disagreement: people talked of different things with different models.
"""

from __future__ import annotations

from manyvoices.analyse.variance.components import (
    RESIDUAL,
    Component,
    VarianceComponents,
    variance_components,
)
from manyvoices.analyse.variance.release import Disagreement, disagreement
from manyvoices.analyse.variance.repeats import FixedContext, Repeats, fixed_context

__all__ = [
    "RESIDUAL",
    "Component",
    "Disagreement",
    "FixedContext",
    "Repeats",
    "VarianceComponents",
    "disagreement",
    "fixed_context",
    "variance_components",
]
