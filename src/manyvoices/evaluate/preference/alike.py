"""What votes that are all the same say of the votes to come.

Their spread is 0, which is not how sure they are: five people of five who prefer one model may come
of a rate of one half. Votes of different people on different prompts are independent, whatever
people and prompts share; there are at most as many at once as the largest matching of people with
prompts has edges. So with m of them, all alike, a rate t of such votes is too low where t^m is
below half of what the level leaves: the interval of Clopper and Pearson, Biometrika 26 (1934), of m
of m. It is never too narrow.
"""

from __future__ import annotations

from math import nan

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from manyvoices.analyse.table import IntArray
from manyvoices.evaluate.preference.clustered import Measure


def of_alike(
    value: float,
    rater: IntArray,
    prompt: IntArray,
    *,
    level: float,
    bounds: tuple[float, float],
) -> Measure:
    """The mean of rows that are all `value`, between `bounds`; at least two people and prompts.

    Of votes to come a share t is `value` as well, and the others lie anywhere between `bounds`.
    """
    _, person = np.unique(rater, return_inverse=True)
    _, asked = np.unique(prompt, return_inverse=True)
    apart = independent(person, asked)
    share = ((1 - level) / 2) ** (1 / apart)
    low, high = (value * share + end * (1 - share) for end in bounds)
    size = (len(rater), int(person.max()) + 1, int(asked.max()) + 1)
    return Measure(value, low, high, 0.0, nan, *size, alike=apart, bounds=bounds)


def independent(rater: IntArray, prompt: IntArray) -> int:
    """How many rows at most share neither person nor prompt; codes from 0 without gaps."""
    graph = coo_array((np.ones(len(rater), dtype=np.int8), (rater, prompt))).tocsr()
    return int((maximum_bipartite_matching(graph, perm_type="column") >= 0).sum())
