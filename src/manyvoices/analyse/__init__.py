"""Answers to research questions about a release, as frozen results without any drawing.

In: a release and the estimates of `manyvoices.aggregate`. Out: frozen dataclasses that `report`
renders. May import: aggregate, curate, llm, design, io, schema.

`read_release` or `tabulate` makes a `ReleaseTable`; each analysis is a function of it.
"""

from __future__ import annotations

from manyvoices.analyse.attributes import AttributeBlock, AttributeSummary, attribute_blocks
from manyvoices.analyse.battles import opening_battles
from manyvoices.analyse.composition import ChoiceRow, Composition, compositions
from manyvoices.analyse.dataset import Dataset, GroupField, NotEnough
from manyvoices.analyse.dataset_reading import read_dataset
from manyvoices.analyse.groups import Agreement, GroupComparison, compare_groups
from manyvoices.analyse.leaderboard import Board, Leaderboard, Standing, leaderboard
from manyvoices.analyse.overview import Count, Overview, overview
from manyvoices.analyse.reading import read_release
from manyvoices.analyse.resampling import Resampling, cluster_means
from manyvoices.analyse.scores import ScoreDistribution, ScoreSummary, score_distribution
from manyvoices.analyse.settings import Settings
from manyvoices.analyse.study_report import ReleaseAnalysis, analyse_release
from manyvoices.analyse.table import ReleaseTable, tabulate
from manyvoices.analyse.words import StudyWords, study_words

__all__ = [
    "Agreement",
    "AttributeBlock",
    "AttributeSummary",
    "Board",
    "ChoiceRow",
    "Composition",
    "Count",
    "Dataset",
    "GroupComparison",
    "GroupField",
    "Leaderboard",
    "NotEnough",
    "Overview",
    "ReleaseAnalysis",
    "ReleaseTable",
    "Resampling",
    "ScoreDistribution",
    "ScoreSummary",
    "Settings",
    "Standing",
    "StudyWords",
    "analyse_release",
    "attribute_blocks",
    "cluster_means",
    "compare_groups",
    "compositions",
    "leaderboard",
    "opening_battles",
    "overview",
    "read_dataset",
    "read_release",
    "score_distribution",
    "study_words",
    "tabulate",
]
