"""Raters of the same texts: do groups of them judge differently, and how far does anybody agree?

In: any table that `manyvoices.io.read_rated` reads. Out: a frozen result. It needs no models and no
conversations, so that data other than a study's can be asked the same questions.
"""

from __future__ import annotations

from manyvoices.analyse.raters.comparison import (
    GroupRating,
    RaterReport,
    rater_comparison,
    rater_report,
)
from manyvoices.analyse.raters.table import RatedTable, rated_table, read_rated_table

__all__ = [
    "GroupRating",
    "RatedTable",
    "RaterReport",
    "rated_table",
    "rater_comparison",
    "rater_report",
    "read_rated_table",
]
