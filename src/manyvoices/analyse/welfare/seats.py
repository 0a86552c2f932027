"""A sample in the seat of power chooses one model: many samples at once.

Source: PRISM (arXiv 2404.16019), appendix U.1, MAXRATING and MAXCHOICE. Its code asks a data frame
once per sample; here a matrix of how often each person sits in each sample is multiplied with the
table once. A distribution of welfare is then a pair (how often each model is chosen, what each
model is worth to the population), as the appendix says ("the PMF ... is described by the tuple").
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from manyvoices.analyse.table import BoolArray, FloatArray, IntArray
from manyvoices.analyse.welfare.tables import WelfareTable

DRAWS = 1000
"""Samples drawn per scheme; PRISM's number."""
_BLOCK = 512
"""Samples handled at once."""
_EQUAL = 1e-9
"""Means closer than this share of the scale are equal: sums in another order differ by less."""


def draw_seats(pool: IntArray, n: int, n_draws: int, rng: np.random.Generator) -> IntArray:
    """(n_draws, n) rows of the table: people of `pool`, drawn with replacement."""
    return pool[rng.integers(len(pool), size=(n_draws, n))]


def mean_welfare(table: WelfareTable, seats: IntArray) -> FloatArray:
    """(n_draws, n_models): mean over each sample of those who met the model.

    A person who sits twice counts twice; a model that nobody of a sample met gets the floor.
    """
    n_users, n_models = table.values.shape
    met = table.observed
    both = np.hstack([np.where(met, table.values, 0.0), met.astype(np.float64)])
    blocks = []
    for start in range(0, len(seats), _BLOCK):
        rows = seats[start : start + _BLOCK]
        sums = _times_seated(rows, n_users) @ both
        with np.errstate(invalid="ignore"):
            blocks.append(sums[:, :n_models] / sums[:, n_models:])
    means = np.concatenate(blocks) if blocks else np.zeros((0, n_models))
    return np.where(np.isnan(means), table.floor, means)


def _times_seated(seats: IntArray, n_users: int) -> csr_array:
    """(n_draws, n_users): how often each person sits in each sample.

    Sparse, so that cost grows with the seats and not with the people; somebody who sits twice has
    two entries, which a product adds up.
    """
    n_draws, n = seats.shape
    ends = np.arange(0, n_draws * n + 1, n)
    return csr_array((np.ones(n_draws * n), seats.ravel(), ends), shape=(n_draws, n_users))


def choose(means: FloatArray, lots: FloatArray, limits: tuple[float, float]) -> IntArray:
    """(n_draws,) the model each sample chooses: a highest mean, ties by lot.

    Args:
        means: (n_draws, n_models).
        lots: (n_draws,) uniform on [0, 1): of k equal models, the ``floor(lot * k)``-th.
        limits: Ends of the scale, by which equality is judged.
    """
    slack = _EQUAL * (limits[1] - limits[0])
    best = means >= means.max(axis=1, keepdims=True) - slack
    place = np.floor(lots * best.sum(axis=1)).astype(np.int64)
    return np.asarray(np.argmax(np.cumsum(best, axis=1) > place[:, None], axis=1), dtype=np.int64)


def chosen_models(
    table: WelfareTable, pool: IntArray, n: int, n_draws: int, rng: np.random.Generator
) -> IntArray:
    """(n_draws,) the model that each of `n_draws` samples of `n` people of `pool` chooses."""
    seats = draw_seats(pool, n, n_draws, rng)
    return choose(mean_welfare(table, seats), rng.random(n_draws), table.limits)


def shares(chosen: IntArray, n_models: int) -> FloatArray:
    """(n_models,) how often each model is chosen: the appendix's rho."""
    return np.bincount(chosen, minlength=n_models) / len(chosen)


def worth(table: WelfareTable, members: BoolArray) -> FloatArray:
    """(..., n_models) mean welfare of each model among `members` (..., n_users) who met it.

    NaN where none did. This is the appendix's MEANRATING or MEANCHOICE.
    """
    met = table.observed
    who = members.astype(np.float64)
    with np.errstate(invalid="ignore"):
        mean: FloatArray = (who @ np.where(met, table.values, 0.0)) / (who @ met.astype(float))
    return mean


def expected(values: FloatArray, chosen: IntArray) -> FloatArray:
    """(...,) mean worth of the chosen models, `values` (..., n_models); NaN are left out."""
    drawn = values[..., chosen]
    known = ~np.isnan(drawn)
    with np.errstate(invalid="ignore"):
        mean: FloatArray = np.where(known, drawn, 0.0).sum(axis=-1) / known.sum(axis=-1)
    return mean
