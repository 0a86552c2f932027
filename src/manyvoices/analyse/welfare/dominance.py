"""Is one distribution of welfare better at every level than another, and is that more than chance?

First-order stochastic dominance: A dominates B when A's distribution function lies nowhere above
B's. PRISM compares two sorted lists of 1,000 draws (`sorted_relation`) and calls that dominance.
Two kinds of chance can make or break it, and each has its test here:

- the draws of samples: `draws_test`, Barrett & Donald, Econometrica 71 (2003), first order. Their
  two tests together: B's dominance over A is rejected (A is better somewhere), A's over B is not
  (A is worse nowhere);
- the people who happened to take part: in `people.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.table import BoolArray, FloatArray, IntArray


def sorted_relation(first: FloatArray, second: FloatArray) -> bool:
    """Whether every order statistic of `first` is at least that of `second`; equal counts.

    PRISM's relation. Both are samples of the same size; `ValueError` otherwise.
    """
    if len(first) != len(second):
        raise ValueError(f"samples of {len(first)} and {len(second)}: sorted lists need one length")
    return bool(np.all(np.sort(first) >= np.sort(second)))


@dataclass(frozen=True, slots=True, eq=False)
class Gaps:
    """How far two distributions over the same support lie apart; arrays of any one shape.

    `rise` and `fall` are the largest differences of the distribution functions, in probability;
    `gain` and `loss` the areas between them, in units of welfare.
    """

    rise: FloatArray
    """Largest amount by which the first is the less likely to stay below a level."""
    fall: FloatArray
    """The same for the second."""
    gain: FloatArray
    """Mean welfare gained over the levels at which the first is better."""
    loss: FloatArray
    """Mean welfare lost over the others; gain - loss is the difference of the means."""

    @property
    def violation(self) -> FloatArray:
        """loss / (gain + loss): 0 = the first dominates, 1 = the second; NaN where they are equal.

        The epsilon of "almost stochastic dominance": Leshno & Levy, Management Science 48 (2002).
        """
        with np.errstate(invalid="ignore"):
            return np.asarray(self.loss / (self.gain + self.loss))


def gaps(worth: FloatArray, first: FloatArray, second: FloatArray) -> Gaps:
    """Compare two lotteries over the same models.

    Args:
        worth: (..., n_models) what each model is worth; a model of unknown worth (NaN) is left
            out of both lotteries.
        first: (..., n_models) probability of each model; broadcast against `worth`.
        second: The same.
    """
    worth, first, second = np.broadcast_arrays(worth, first, second)
    known = ~np.isnan(worth)
    order: IntArray = np.argsort(np.where(known, worth, np.inf), axis=-1).astype(np.int64)
    level = np.take_along_axis(np.where(known, worth, np.nan), order, axis=-1)
    ahead = np.cumsum(_sorted(second, known, order) - _sorted(first, known, order), axis=-1)
    # Beyond the last known level both functions are 1.
    step = np.nan_to_num(np.diff(level, axis=-1), nan=0.0)
    ahead = np.where(step > 0, ahead[..., :-1], 0.0)
    ahead = np.where(np.abs(ahead) < 1e-12, 0.0, ahead)
    better, worse = np.clip(ahead, 0, None), np.clip(-ahead, 0, None)
    return Gaps(
        rise=better.max(axis=-1, initial=0.0),
        fall=worse.max(axis=-1, initial=0.0),
        gain=(better * step).sum(axis=-1),
        loss=(worse * step).sum(axis=-1),
    )


def _sorted(lottery: FloatArray, known: BoolArray, order: IntArray) -> FloatArray:
    kept = np.where(known, lottery, 0.0)
    with np.errstate(invalid="ignore"):
        kept = kept / kept.sum(axis=-1, keepdims=True)
    return np.asarray(np.take_along_axis(np.nan_to_num(kept), order, axis=-1), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class DrawsTest:
    """Barrett and Donald's two tests, on the draws alone: these people are taken as everybody."""

    p_better: float
    """Of "the second dominates the first": small when the first is better at some level."""
    p_worse: float
    """Of "the first dominates the second": small when the first is worse at some level."""


def draws_test(rise: float, fall: float, n_first: int, n_second: int) -> DrawsTest:
    """p-values from the largest differences of two empirical distribution functions.

    Barrett & Donald 2003, section 3: for first-order dominance the limit of
    sqrt(nm / (n + m)) sup(F - G) exceeds x with probability exp(-2 x^2). Welfare takes few values,
    which makes the tests conservative.
    """
    size = n_first * n_second / (n_first + n_second)
    return DrawsTest(math.exp(-2 * size * rise**2), math.exp(-2 * size * fall**2))
