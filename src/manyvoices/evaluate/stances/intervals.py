"""Intervals of means over items, from draws of items.

An item is drawn as a whole, with the answers that it got: the spread between items already holds
the chance of their answers, so that redrawing answers within drawn items would count it twice
(Davison & Hinkley 1997, 3.8). What the same people share over items is not in it and is added
(`shared_variance`). ``benchmarks/stance_coverage.py`` measures how often the intervals cover.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, stdtrit

from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.table import FloatArray


def interval(draws: FloatArray, level: float) -> tuple[float, float]:
    """Percentile interval of draws (n,) (Efron & Tibshirani 1993, ch. 13); NaN without draws."""
    drawn = draws[~np.isnan(draws)]
    if not len(drawn):
        return (float("nan"), float("nan"))
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def expanded(draws: FloatArray, level: float, n: int) -> tuple[float, float]:
    """Percentile interval of draws of `n` items, expanded for few of them; NaN with fewer than two.

    The percentiles are those of the normal distribution at sqrt(n / (n - 1)) times Student's
    quantile (n - 1 degrees of freedom), so that means of normal items get the t interval
    (Hesterberg, The American Statistician 69, 2015).
    """
    if n < 2:
        return (float("nan"), float("nan"))
    reach = np.sqrt(n / (n - 1)) * stdtrit(n - 1, (1 + level) / 2)
    return interval(draws, float(2 * ndtr(reach) - 1))


def of_places(
    values: FloatArray, sizes: FloatArray, resampling: Resampling, *, shared: float = 0.0
) -> tuple[float, float]:
    """Interval of a place on an axis from its items' places `values` (n,), -1 to 1, weighed by
    `sizes` (n,); `shared`: further variance, of what people share over items.

    Views are often lopsided: of fifteen items fourteen lie on one side, and those that would lie on
    the other are missing or one. So half an unseen item on either side, as far from the middle as
    the items are on average, is drawn with those that were seen; of sides alone this is Jeffreys'
    prior. It widens the interval of a lopsided place, and hardly that of a balanced one.
    """
    n, r = len(values), resampling.n_resamples
    if n == 0 or r == 0:
        return (float("nan"), float("nan"))
    value = float(values @ sizes / sizes.sum())
    if np.ptp(values) == 0:
        return all_alike(value, n, resampling.level, (-1.0, 1.0))
    far = float(np.abs(values).mean())
    all_values, all_sizes = np.append(values, [far, -far]), np.append(sizes, [sizes.mean()] * 2)
    chances = np.append(np.ones(n), [0.5, 0.5]) / (n + 1)
    rng = np.random.default_rng(resampling.seed)
    times = rng.multinomial(n, chances, size=r).astype(np.float64)
    drawn: FloatArray = times @ (all_values * all_sizes) / (times @ all_sizes)
    if shared > 0:
        drawn += rng.normal(0.0, np.sqrt(shared), r)
    low, high = expanded(drawn, resampling.level, n)
    return max(low, -1.0), min(high, 1.0)


def all_alike(value: float, n: int, level: float, ends: tuple[float, float]) -> tuple[float, float]:
    """Interval where all `n` items say `value`: draws have no spread then, yet other items may.

    With the chance (1 - level) / 2 at most, a share above d = 1 - ((1 - level) / 2)^(1 / n) of all
    items says something else (Clopper & Pearson 1934), at worst an end of the scale, `ends`.
    """
    if n == 0:
        return (float("nan"), float("nan"))
    share = 1 - ((1 - level) / 2) ** (1 / n)
    return value - share * (value - ends[0]), value + share * (ends[1] - value)


def drawn_times(n: int, resampling: Resampling) -> FloatArray:
    """(n_resamples, n): how often each of `n` items is drawn."""
    rng = np.random.default_rng(resampling.seed)
    if n == 0:
        return np.zeros((resampling.n_resamples, 0))
    drawn = rng.multinomial(n, np.full(n, 1 / n), size=resampling.n_resamples)
    return drawn.astype(np.float64)


def shared_variance(influence: FloatArray) -> float:
    """What people add to the variance of a mean over items by answering several items alike.

    `influence`: (n_people, n_items), by how much each answer moves the mean; 0 where there is none.
    The variance of people's sums, less the part that each item's answers have of their own (which
    the spread between items holds).
    """
    n = len(influence)
    if n < 2:
        return 0.0
    whole = (influence.sum(axis=1) ** 2).sum() - (influence**2).sum()
    return max(0.0, float(whole)) * n / (n - 1)
