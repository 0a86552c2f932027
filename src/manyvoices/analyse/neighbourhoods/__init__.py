"""Texts that say nearly the same: who wrote them, and how scores differ where all else is fixed.

PRISM, arXiv 2404.16019, appendix S. In: embeddings and a `Dataset`. Out: frozen results for Tables
23 to 25 and Figures 28 and 29. May import what `manyvoices.analyse` may.
"""

from __future__ import annotations

from manyvoices.analyse.neighbourhoods.nearest_earlier import nearest_earlier
from manyvoices.analyse.neighbourhoods.single_link import single_link, single_links
from manyvoices.analyse.neighbourhoods.study import NeighbourhoodStudy, neighbourhood_study

__all__ = [
    "NeighbourhoodStudy",
    "nearest_earlier",
    "neighbourhood_study",
    "single_link",
    "single_links",
]
