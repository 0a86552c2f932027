"""The three estimators, each on a whole batch of count matrices at once.

Every function takes wins (B, n, n), entry [b, i, j] = comparisons that i won over j in data set b,
and returns scores (B, n), higher is better. A data set for which the estimate does not exist gets
a row of NaN; `fit` turns that into an error, `bootstrap` into a count.
"""

from __future__ import annotations

import numpy as np

from manyvoices.aggregate.connectivity import strongly_connected
from manyvoices.aggregate.kinds import BoolArray, FloatArray, IntArray
from manyvoices.schema.errors import ConvergenceError

TOLERANCE = 1e-8
MAX_STEPS = 100
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


def bradley_terry(
    wins: FloatArray, *, l2: float = 0.0, start: FloatArray | None = None
) -> tuple[FloatArray, int]:
    """Log strengths (B, n) with mean zero that maximise the likelihood, and the steps taken.

    Bradley and Terry, Biometrika 39 (1952): P(i beats j) = 1 / (1 + exp(theta_j - theta_i)).
    `l2` subtracts l2 / 2 * sum(theta^2). `start` (n,) is where Newton begins; zero by default.
    Raises `ConvergenceError` when the largest step has not fallen below 1e-8 after 100 steps.

    The step is Newton's, shortened by log(1 + r) / r where r is the largest difference between two
    of its entries. Along any line the third derivative of this likelihood is at most r times the
    second, so the shortened step climbs all the way and needs no line search (Sun and Tran-Dinh,
    Mathematical Programming 178, 2019); near the maximum it tends to the full step.
    """
    batch, n, _ = wins.shape
    scores = np.full((batch, n), np.nan)
    solvable = np.ones(batch, dtype=np.bool_) if l2 > 0 else strongly_connected(wins)
    theta = np.zeros((int(solvable.sum()), n))
    if start is not None:
        theta += start - start.mean()
    steps = _climb(theta, wins[solvable], l2)
    scores[solvable] = theta
    return scores, steps


def _climb(theta: FloatArray, wins: FloatArray, l2: float) -> int:
    """Move theta (B, n) to the maximum in place; finished data sets leave the batch."""
    played = wins + wins.transpose(0, 2, 1)
    won = wins.sum(axis=2)
    open_rows = np.arange(len(theta))
    size = np.zeros(0)
    for step_number in range(MAX_STEPS):
        if not len(open_rows):
            return step_number
        step = _newton_step(theta[open_rows], played, won, l2)
        size = np.ptp(step, axis=1)
        shortened = np.log1p(size) / np.where(size > 0, size, 1.0)
        theta[open_rows] += step * np.where(size > 0, shortened, 1.0)[:, None]
        left = ~(size < TOLERANCE)
        if not left.all():
            open_rows, played, won = open_rows[left], played[left], won[left]
    if not len(open_rows):
        return MAX_STEPS
    raise ConvergenceError(
        f"bradley_terry did not converge in {MAX_STEPS} Newton steps: the last step still moved a "
        f"log strength by {size.max():.2g} (tolerance {TOLERANCE:g}); some pairs are nearly "
        "one-sided, so give a small penalty, e.g. l2=0.01"
    )


def _newton_step(theta: FloatArray, played: FloatArray, won: FloatArray, l2: float) -> FloatArray:
    n = theta.shape[1]
    strength = np.exp(theta - theta.max(axis=1, keepdims=True))
    chance = strength[:, :, None] / (strength[:, :, None] + strength[:, None, :])
    expected = played * chance
    slope = won - expected.sum(axis=2) - l2 * theta
    curve = expected * chance.transpose(0, 2, 1)
    system = -curve
    diagonal = np.arange(n)
    system[:, diagonal, diagonal] += curve.sum(axis=2) + l2
    if l2 == 0.0:
        # Strengths are fixed only up to a common shift; this pins the step's mean at zero.
        system += system[:, diagonal, diagonal].mean(axis=1)[:, None, None] / n
    try:
        step = np.linalg.solve(system, slope[:, :, None])[:, :, 0]
    except np.linalg.LinAlgError as error:
        raise ConvergenceError(
            "bradley_terry met a singular system: some pairs are one-sided beyond the precision "
            "of the machine; give a small penalty, e.g. l2=0.01"
        ) from error
    return np.asarray(step - step.mean(axis=1, keepdims=True))


def log_likelihood(theta: FloatArray, wins: FloatArray, l2: float = 0.0) -> float:
    """Bradley-Terry log-likelihood of theta (n,) for wins (n, n), less the penalty."""
    gap = theta[:, None] - theta[None, :]
    return float(-(wins * np.logaddexp(0.0, -gap)).sum() - 0.5 * l2 * (theta**2).sum())


def gradient(theta: FloatArray, wins: FloatArray, l2: float = 0.0) -> FloatArray:
    """Derivative (n,) of `log_likelihood` by theta."""
    gap = theta[:, None] - theta[None, :]
    chance = np.exp(-np.logaddexp(0.0, -gap))
    surplus = wins - (wins + wins.T) * chance
    return np.asarray(surplus.sum(axis=1) - l2 * theta)


def finite_rows(scores: FloatArray) -> BoolArray:
    """Return (B,), whether a data set has an estimate."""
    return np.asarray(np.isfinite(scores).all(axis=1))
