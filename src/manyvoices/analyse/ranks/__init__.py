"""Case study II of PRISM: how much the order of models depends on who judged, what, and how.

`rank_analysis` computes all of it; each part is a function of its own.
"""

from __future__ import annotations

from manyvoices.analyse.ranks.analysis import RankAnalysis, TextFeatures, rank_analysis
from manyvoices.analyse.ranks.by_group import FieldRanking, GroupRanking, Move, rankings_by_field
from manyvoices.analyse.ranks.cohorts import Cohort, Cohorts, cohorts
from manyvoices.analyse.ranks.comparison import Comparison, compare_leaderboards
from manyvoices.analyse.ranks.differences import MeanDifferences, mean_differences
from manyvoices.analyse.ranks.features import FEATURES, Phrases, features_of, phrases
from manyvoices.analyse.ranks.openers import Openers, openers_of
from manyvoices.analyse.ranks.pairs import Pairs, pairs
from manyvoices.analyse.ranks.refusals import Refusals, refusals
from manyvoices.analyse.ranks.score_models import ScoreModel, fit_model, score_models
from manyvoices.analyse.ranks.sensitivity import (
    MethodComparison,
    RankGrid,
    by_alpha,
    by_subset,
    by_threshold,
    compare_functions,
)
from manyvoices.analyse.ranks.style import StyleControl, style_control

__all__ = [
    "FEATURES",
    "Cohort",
    "Cohorts",
    "Comparison",
    "FieldRanking",
    "GroupRanking",
    "MeanDifferences",
    "MethodComparison",
    "Move",
    "Openers",
    "Pairs",
    "Phrases",
    "RankAnalysis",
    "RankGrid",
    "Refusals",
    "ScoreModel",
    "StyleControl",
    "TextFeatures",
    "by_alpha",
    "by_subset",
    "by_threshold",
    "cohorts",
    "compare_functions",
    "compare_leaderboards",
    "features_of",
    "fit_model",
    "mean_differences",
    "openers_of",
    "pairs",
    "phrases",
    "rank_analysis",
    "rankings_by_field",
    "refusals",
    "score_models",
    "style_control",
]
