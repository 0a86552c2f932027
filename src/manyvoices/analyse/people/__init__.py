"""Who took part: against whom, from where, with which experience (PRISM, appendices G, H, I, L).

In: a `Dataset` and files of reference populations. Out: one frozen `People`. The counting is that
of `manyvoices.curate.describe_people`; here come intervals, tests against populations, and places.
"""

from __future__ import annotations

from manyvoices.analyse.people.against import Comparison, Level, compare
from manyvoices.analyse.people.census import CensusComparison
from manyvoices.analyse.people.chapter import People, ShareBlock, people_chapter
from manyvoices.analyse.people.places import PlaceCounts, Places
from manyvoices.analyse.people.reference import Margin, References, read_references

__all__ = [
    "CensusComparison",
    "Comparison",
    "Level",
    "Margin",
    "People",
    "PlaceCounts",
    "Places",
    "References",
    "ShareBlock",
    "compare",
    "people_chapter",
    "read_references",
]
