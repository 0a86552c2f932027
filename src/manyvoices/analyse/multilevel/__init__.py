"""Which differences between groups of people are real: estimates seen together and shrunk.

In: scores with people, models and groups. Out: frozen results. With five questions, twenty groups
and twenty models there are hundreds of differences to look at, of which some are large by luck.
"""

from __future__ import annotations

from manyvoices.analyse.multilevel.effects import (
    FieldEffects,
    GroupEffect,
    adjusted,
    field_effects,
)
from manyvoices.analyse.multilevel.release import (
    GroupDifferences,
    OpeningScores,
    group_codes,
    group_differences,
    opening_scores,
)
from manyvoices.analyse.multilevel.shrinkage import (
    Shrunk,
    paule_mandel,
    reml,
    shrink,
)
from manyvoices.analyse.multilevel.within import GroupFit, PeopleStats, fit_group

__all__ = [
    "FieldEffects",
    "GroupDifferences",
    "GroupEffect",
    "GroupFit",
    "OpeningScores",
    "PeopleStats",
    "Shrunk",
    "adjusted",
    "field_effects",
    "fit_group",
    "group_codes",
    "group_differences",
    "opening_scores",
    "paule_mandel",
    "reml",
    "shrink",
]
