"""How people use the scale, and what they say matters: PRISM's appendices N and O.

In: a `Dataset`. Out: `ScoreHabits` (turns, raw and normalised scores, each person's centrality and
expressivity, groups) and `AttributeStudy` (distributions, correlations between people, within
people, and pooled). The scores of models and of turns alone are in `analyse.scores`, the means of
attributes in `analyse.attributes`; this builds on both.
"""

from manyvoices.analyse.scale_use.attribute_study import AttributeStudy, attribute_study
from manyvoices.analyse.scale_use.correlations import Correlations, correlate
from manyvoices.analyse.scale_use.habits import ScaleUse, ScoreHabits, scale_use, score_habits
from manyvoices.analyse.scale_use.persons import Habit, person_habits

__all__ = [
    "AttributeStudy",
    "Correlations",
    "Habit",
    "ScaleUse",
    "ScoreHabits",
    "attribute_study",
    "correlate",
    "person_habits",
    "scale_use",
    "score_habits",
]
