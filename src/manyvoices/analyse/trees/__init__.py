"""OASST's description of its data, for any release of message trees.

In: a file of trees in any form that `manyvoices.io` reads, or a release folder. Out: one frozen
`TreeDescription`. The file is read once, tree by tree, into columns (`TreeColumns`); everything
else is a function of these, and none of it depends on the order of the trees.
"""

from __future__ import annotations

from manyvoices.analyse.trees.columns import TreeColumns
from manyvoices.analyse.trees.contributors import Inequality, gini, lorenz
from manyvoices.analyse.trees.description import (
    TreeDescription,
    describe_columns,
    describe_trees,
)
from manyvoices.analyse.trees.flatten import flatten, read_columns
from manyvoices.analyse.trees.spearman import Rho, spearman

__all__ = [
    "Inequality",
    "Rho",
    "TreeColumns",
    "TreeDescription",
    "describe_columns",
    "describe_trees",
    "flatten",
    "gini",
    "lorenz",
    "read_columns",
    "spearman",
]
