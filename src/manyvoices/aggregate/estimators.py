"""Estimators that take wins alone, each on a whole batch of count matrices at once.

Every function takes wins (B, n, n), entry [b, i, j] = comparisons that i won over j in data set b,
and returns scores (B, n), higher is better. A data set for which the estimate does not exist gets
a row of NaN; `fit` turns that into an error, `bootstrap` into a count.
"""

from __future__ import annotations

import numpy as np

from manyvoices.aggregate.connectivity import strongly_connected
from manyvoices.aggregate.kinds import BoolArray, FloatArray, IntArray
from manyvoices.aggregate.likelihood import bradley_terry, gradient, log_likelihood

PRISM_STEPS = 1000
PRISM_OFFSET = 1e-6


def rank_centrality(wins: FloatArray, *, alpha: float = 1.0) -> FloatArray:
    """Stationary distribution of the walk that moves to winners; rows sum to 1.

    Negahban, Oh and Shah, "Rank Centrality: Ranking from Pairwise Comparisons", Operations
    Research 65 (2017), section 2: the walk goes from j to i with probability
    A_ij / (A_ij + A_ji) / d_max, and stays otherwise. `alpha` pseudo-wins are added each way to
    every pair, as PRISM did, and 1e-6 alpha to every pair's total, so that the default differs from
    PRISM's computation in the pairing alone (at most 5e-7 of a share; alpha=0 has neither).
    Deviations: d_max is n - 1, not the largest number of opponents met (PRISM's choice; it changes
    how fast the walk mixes, not where it ends); the distribution comes from one linear solve
    instead of powers of the matrix.
    """
    batch, n, _ = wins.shape
    counts = wins + alpha * (1.0 - np.eye(n))
    total = counts + counts.transpose(0, 2, 1) + PRISM_OFFSET * alpha
    share = np.divide(counts, total, out=np.zeros_like(counts), where=total > 0)
    scores = np.full((batch, n), np.nan)
    solvable = np.ones(batch, dtype=np.bool_) if alpha > 0 else strongly_connected(wins)
    scores[solvable] = _stationary(share[solvable] / max(n - 1, 1))
    return scores


def _stationary(moves: FloatArray) -> FloatArray:
    """Solve (T - I) p = 0, sum(p) = 1, for moves (B, n, n) without their stay probabilities."""
    n = moves.shape[-1]
    system = moves.copy()
    diagonal = np.arange(n)
    system[:, diagonal, diagonal] = -(moves.sum(axis=1) - moves[:, diagonal, diagonal])
    system[:, -1, :] = 1.0  # the rows of T - I sum to zero, so one of them is spare
    right = np.zeros((len(moves), n, 1))
    right[:, -1] = 1.0
    return np.asarray(np.linalg.solve(system, right)[:, :, 0])


def rank_centrality_prism(wins: FloatArray, *, alpha: float = 1.0) -> FloatArray:
    """PRISM's published computation (main at a9ec821), with its mismatch of indices.

    The pair totals are formed from the upper and the lower triangle, each listed row by row;
    from four models on, the k-th upper entry (i, j) and the k-th lower entry are different pairs.
    The models are taken in PRISM's order (`prism_order`), on which the mistake depends. The power
    of the matrix is kept, because the chain need not be a proper one with the mistake in it.
    """
    scores = np.empty(wins.shape[:2])
    for one, result in zip(wins, scores, strict=True):
        order = prism_order(one)
        result[order] = _prism_power(one[np.ix_(order, order)], alpha)
    return scores


def prism_order(wins: FloatArray) -> IntArray:
    """Codes by falling number of wins; equal numbers keep their order, as in the sorted models."""
    order: IntArray = np.argsort(-wins.sum(axis=1), kind="stable").astype(np.int64)
    return order


def _prism_power(wins: FloatArray, alpha: float) -> FloatArray:
    n = len(wins)
    counts = wins + alpha * (1.0 - np.eye(n))
    upper, lower = np.triu_indices(n, 1), np.tril_indices(n, -1)
    mismatched = counts[upper] + counts[lower] + PRISM_OFFSET
    counts[upper] /= mismatched
    counts[lower] /= mismatched
    chain = counts / max(n - 1, 1)
    chain[np.diag_indices(n)] = 1.0 - chain.sum(axis=0)
    return np.asarray(np.linalg.matrix_power(chain, PRISM_STEPS) @ np.full(n, 1.0 / n))


def win_rate(wins: FloatArray) -> FloatArray:
    """Mean over the opponents met of the share won against each; between 0 and 1.

    Pairs that never met are left out of the mean. A model that met nobody makes its row NaN.
    """
    total = wins + wins.transpose(0, 2, 1)
    share = np.divide(wins, total, out=np.zeros_like(wins), where=total > 0)
    met = (total > 0).sum(axis=2)
    rate: FloatArray = np.divide(
        share.sum(axis=2), met, out=np.full(met.shape, np.nan), where=met > 0
    )
    rate[~np.isfinite(rate).all(axis=1)] = np.nan
    return rate


def pagerank(wins: FloatArray, *, damping: float = 0.85) -> FloatArray:
    """Stationary distribution of a reader who follows wins and sometimes starts anew.

    Page, Brin, Motwani and Winograd, "The PageRank Citation Ranking" (1999): from j the reader goes
    to i with probability wins_ij over all that j lost, and with probability 1 - `damping` anywhere
    at random; from a model that never lost, anywhere at random. Unlike rank centrality it favours
    models that met many opponents. One linear solve in place of powers of the matrix.
    """
    n = wins.shape[1]
    lost = wins.sum(axis=1, keepdims=True)
    moves = np.divide(wins, lost, out=np.full_like(wins, 1.0 / n), where=lost > 0)
    system = np.eye(n) - damping * moves
    right = np.full((len(wins), n, 1), (1.0 - damping) / n)
    return np.asarray(np.linalg.solve(system, right)[:, :, 0])


def finite_rows(scores: FloatArray) -> BoolArray:
    """Return (B,), whether a data set has an estimate."""
    return np.asarray(np.isfinite(scores).all(axis=1))


__all__ = [
    "bradley_terry",
    "finite_rows",
    "gradient",
    "log_likelihood",
    "pagerank",
    "prism_order",
    "rank_centrality",
    "rank_centrality_prism",
    "win_rate",
]
