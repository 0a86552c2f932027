"""How conclusions move with the analyst's choices: every reasonable analysis, not one.

In: rated answers and the forks of their analysis. Out: frozen results: orders, conclusions and the
share of universes in which each holds. Steegen, Tuerlinckx, Gelman & Vanpaemel 2016 (the
multiverse); Simonsohn, Simmons & Nelson 2020 (the specification curve).
"""

from __future__ import annotations

from manyvoices.analyse.multiverse.choices import (
    ALPHAS,
    METHODS,
    THRESHOLDS,
    Choice,
    Ratings,
    choices_of,
    distinct,
    universes,
)
from manyvoices.analyse.multiverse.conclusions import (
    EFFECT_HEARS,
    Conclusion,
    GroupClaim,
    Influence,
    Multiverse,
    conclude,
    group_claim,
    influences,
)
from manyvoices.analyse.multiverse.orders import Orders, orders
from manyvoices.analyse.multiverse.release import multiverse, release_ratings, straight_liners

__all__ = [
    "ALPHAS",
    "EFFECT_HEARS",
    "METHODS",
    "THRESHOLDS",
    "Choice",
    "Conclusion",
    "GroupClaim",
    "Influence",
    "Multiverse",
    "Orders",
    "Ratings",
    "choices_of",
    "conclude",
    "distinct",
    "group_claim",
    "influences",
    "multiverse",
    "orders",
    "release_ratings",
    "straight_liners",
    "universes",
]
