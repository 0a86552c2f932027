"""Do attributes go together? Three different questions, which PRISM's figure and caption mix.

- ``between``: do people who say more of one also say more of the other? Correlation over people of
  what they stated and of the means over their conversations. Figure 9's caption says this.
- ``within``: in conversations in which a person says more of one than she usually does, does she
  say more of the other? Correlation over conversations of deviations from the person's own mean.
  What was stated once has no such deviations.
- ``pooled``: both at once, over conversations, with what a person stated repeated in each of them.
  This is what the figure's code computes.

Source: PRISM (arXiv 2404.16019), appendix N; the split into between and within is that of
Snijders & Bosker, "Multilevel Analysis" (2012), section 3.6. All are Pearson's, over the pairs that
have both values. Intervals resample people.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from manyvoices.aggregate.intervals import of_known_columns
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.table import FloatArray, IntArray

_BLOCK = 100
MOST_RESAMPLES = 500


@dataclass(frozen=True, slots=True, eq=False)
class Correlations:
    """One of the three questions; arrays (k, k), NaN where nothing can be said."""

    kind: str
    """between | within | pooled"""
    r: FloatArray
    low: FloatArray
    high: FloatArray
    n: IntArray
    """People (between) or conversations (within, pooled) with both values."""


def correlate(
    values: FloatArray, person: IntArray, kind: str, resampling: Resampling
) -> Correlations:
    """Pearson's r of every two columns over the rows that have both.

    Args:
        values: (n_rows, k), NaN = no value.
        person: (n_rows,) whose row it is; -1 is left out. Intervals resample persons.
        kind: ``within`` takes each person's mean, over the rows that have both values, away first.
    """
    kept = person >= 0
    values, person = values[kept], person[kept]
    k = values.shape[1]
    first, second = np.triu_indices(k)
    sums = _sums(values, person, first, second, centre=kind == "within")
    r = _pearson(sums.sum(axis=0))
    low, high = _interval(sums, resampling)
    n = _square(sums.sum(axis=0)[:, 0], k)
    square = [_square(one, k) for one in (r, low, high)]
    return Correlations(kind, square[0], square[1], square[2], np.rint(n).astype(np.int64))


def _sums(
    values: FloatArray, person: IntArray, first: IntArray, second: IntArray, *, centre: bool
) -> FloatArray:
    """(n_people, n_pairs, 6): n, x, y, xx, yy, xy of each person and pair."""
    names, code = np.unique(person, return_inverse=True)
    known = ~np.isnan(values)
    # Taking away the column's mean changes no correlation, and keeps squares small.
    with np.errstate(invalid="ignore"):
        mean = np.where(known, values, 0.0).sum(axis=0) / known.sum(axis=0)
    shifted = np.where(known, values - mean, 0.0)
    found = np.zeros((len(names), len(first), 6))
    for pair, (i, j) in enumerate(zip(first, second, strict=True)):
        both = known[:, i] & known[:, j]
        x, y, who = shifted[both, i], shifted[both, j], code[both]
        if centre:
            x, y = _centred(x, who, len(names)), _centred(y, who, len(names))
        for place, part in enumerate((np.ones(len(x)), x, y, x * x, y * y, x * y)):
            found[:, pair, place] = np.bincount(who, weights=part, minlength=len(names))
    return found


def _centred(values: FloatArray, who: IntArray, n: int) -> FloatArray:
    with np.errstate(invalid="ignore"):
        mean = np.bincount(who, weights=values, minlength=n) / np.bincount(who, minlength=n)
    return np.asarray(values - mean[who])


def _pearson(sums: FloatArray) -> FloatArray:
    """(..., n_pairs) from (..., n_pairs, 6); NaN where a column does not vary."""
    n, x, y, xx, yy, xy = np.moveaxis(sums, -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        vx, vy = xx - x * x / n, yy - y * y / n
        tiny = 1e-9 * np.maximum(n, 1)
        r = (xy - x * y / n) / np.sqrt(vx * vy)
    return np.asarray(np.where((vx > tiny) & (vy > tiny) & (n > 2), np.clip(r, -1, 1), np.nan))


def _interval(sums: FloatArray, resampling: Resampling) -> tuple[FloatArray, FloatArray]:
    n_people, n_pairs, _ = sums.shape
    n_resamples = min(resampling.n_resamples, MOST_RESAMPLES)
    if n_resamples == 0 or n_people == 0:
        return np.full(n_pairs, np.nan), np.full(n_pairs, np.nan)
    rng, flat = np.random.default_rng(resampling.seed), sums.reshape(n_people, -1)
    drawn = []
    for start in range(0, n_resamples, _BLOCK):
        rows = min(_BLOCK, n_resamples - start)
        weights = rng.multinomial(n_people, np.full(n_people, 1 / n_people), size=rows)
        drawn.append(_pearson((weights @ flat).reshape(rows, n_pairs, 6)))
    return of_known_columns(np.concatenate(drawn), resampling.level)


def _square(pairs: FloatArray, k: int) -> FloatArray:
    found = np.zeros((k, k))
    first, second = np.triu_indices(k)
    found[first, second] = found[second, first] = pairs
    return found


def tree_order(r: FloatArray) -> tuple[int, ...]:
    """Order of the leaves of a tree by complete linkage, rows as points, NaN as 0."""
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import pdist

    if len(r) < 3:
        return tuple(range(len(r)))
    # Given the rows themselves, linkage takes a symmetric matrix for distances and warns.
    return tuple(int(x) for x in leaves_list(linkage(pdist(np.nan_to_num(r)), "complete")))
