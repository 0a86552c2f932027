"""Bradley-Terry by maximum likelihood, for one data set or a thousand at once.

Every function takes wins (B, n, n), entry [b, i, j] = comparisons that i won over j in data set b.
"""

from __future__ import annotations

import numpy as np

from manyvoices.aggregate.connectivity import strongly_connected
from manyvoices.aggregate.kinds import BoolArray, FloatArray
from manyvoices.schema.errors import ConvergenceError

TOLERANCE = 1e-8
MAX_STEPS = 100
CHORD_TOLERANCE = 1e-11
CHORD_STEPS = 20
CHORD_FROM = 10
"""Number of models from which a common matrix for all data sets is cheaper than one each."""
CHORD_CELLS = 1 << 17
"""Cells of the sums of strengths handled at a time, so that they stay in the cache."""


def bradley_terry(
    wins: FloatArray, *, l2: float = 0.0, start: FloatArray | None = None
) -> tuple[FloatArray, int]:
    """Log strengths (B, n) with mean zero that maximise the likelihood, and the steps taken.

    Bradley and Terry, Biometrika 39 (1952): P(i beats j) = 1 / (1 + exp(theta_j - theta_i)).
    `l2` subtracts l2 / 2 * sum(theta^2). `start` (n,) is where the search begins; zero by default.
    Raises `ConvergenceError` when the largest step has not fallen below 1e-8 after 100 steps. A
    data set whose likelihood has no maximum gets a row of NaN.

    The step is Newton's, shortened by log(1 + r) / r where r is the largest difference between two
    of its entries. Along any line the third derivative of this likelihood is at most r times the
    second, so the shortened step climbs all the way and needs no line search (Sun and Tran-Dinh,
    Mathematical Programming 178, 2019); near the maximum it tends to the full step.

    Many data sets of many models near a common `start` first share one matrix of second
    derivatives (the chord method, Ortega and Rheinboldt 1970, 7.1): a step is then a product
    instead of a factorisation. Where that shrinks too slowly, Newton takes over.
    """
    batch, n, _ = wins.shape
    scores = np.full((batch, n), np.nan)
    solvable = np.ones(batch, dtype=np.bool_) if l2 > 0 else strongly_connected(wins)
    if not solvable.any():
        return scores, 0
    kept = wins if solvable.all() else wins[solvable]
    theta = np.zeros((len(kept), n))
    played, won = kept + kept.transpose(0, 2, 1), kept.sum(axis=2)
    left = np.ones(len(kept), dtype=np.bool_)
    if start is not None:
        theta += start - start.mean()
        if n >= CHORD_FROM and len(kept) > 1:
            left = ~_chord(theta, played, won, l2)
            theta[left] = start - start.mean()
    steps = _climb(theta, played, won, l2, np.flatnonzero(left))
    scores[solvable] = theta
    return scores, steps


def _chord(theta: FloatArray, played: FloatArray, won: FloatArray, l2: float) -> BoolArray:
    """Move theta (B, n) to the maxima in place; return (B,), where that was reached."""
    batch, n = theta.shape
    try:
        inverse = np.linalg.inv(information(theta[:1], played.mean(axis=0, keepdims=True), l2)[0])
    except np.linalg.LinAlgError:
        return np.zeros(batch, dtype=np.bool_)
    reached = np.zeros(batch, dtype=np.bool_)
    size = max(1, CHORD_CELLS // (n * n))
    for begin in range(0, batch, size):
        part = slice(begin, begin + size)
        reached[part] = _chord_part(theta[part], played[part], won[part], l2, inverse)
    return reached


def _chord_part(
    theta: FloatArray, played: FloatArray, won: FloatArray, l2: float, inverse: FloatArray
) -> BoolArray:
    room = np.empty_like(played)
    for _ in range(CHORD_STEPS):
        step = _slope(theta, played, won, l2, room) @ inverse
        step -= step.mean(axis=1, keepdims=True)
        theta += step
        size = np.ptp(step, axis=1)
        if not (size > CHORD_TOLERANCE).any() or not np.isfinite(size).all():
            break
    return np.asarray(size <= CHORD_TOLERANCE)


def _slope(
    theta: FloatArray, played: FloatArray, won: FloatArray, l2: float, room: FloatArray
) -> FloatArray:
    """Derivative (B, n) of the log-likelihood; `room` (B, n, n) is written over."""
    strength = np.exp(theta - theta.max(axis=1, keepdims=True))
    np.add(strength[:, :, None], strength[:, None, :], out=room)
    np.divide(played, room, out=room)
    return np.asarray(won - strength * room.sum(axis=2) - l2 * theta)


def _climb(
    theta: FloatArray,
    played: FloatArray,
    won: FloatArray,
    l2: float,
    open_rows: np.ndarray[tuple[int], np.dtype[np.intp]],
) -> int:
    """Move `open_rows` of theta (B, n) to the maximum in place; finished ones leave the batch."""
    if len(open_rows) < len(theta):
        played, won = played[open_rows], won[open_rows]
    size = np.zeros(0)
    for step_number in range(MAX_STEPS):
        if not len(open_rows):
            return step_number
        step = _newton_step(theta[open_rows], played, won, l2)
        size = np.ptp(step, axis=1)
        theta[open_rows] += step * shortening(size)[:, None]
        left = ~(size < TOLERANCE)
        if not left.all():
            open_rows, played, won = open_rows[left], played[left], won[left]
    if not len(open_rows):
        return MAX_STEPS
    raise not_converged("bradley_terry", float(size.max()))


def shortening(size: FloatArray) -> FloatArray:
    """Return log(1 + r) / r for the reach r (B,) of a step, 1 where it is zero."""
    return np.where(size > 0, np.log1p(size) / np.where(size > 0, size, 1.0), 1.0)


def not_converged(method: str, size: float) -> ConvergenceError:
    """Build the error that says how far the last step still went."""
    return ConvergenceError(
        f"{method} did not converge in {MAX_STEPS} Newton steps: the last step still moved a "
        f"log strength by {size:.2g} (tolerance {TOLERANCE:g}); some pairs are nearly "
        "one-sided, so give a small penalty, e.g. l2=0.01"
    )


def _newton_step(theta: FloatArray, played: FloatArray, won: FloatArray, l2: float) -> FloatArray:
    slope = _slope(theta, played, won, l2, np.empty_like(played))
    step = solve(information(theta, played, l2), slope)
    return np.asarray(step - step.mean(axis=1, keepdims=True))


def solve(system: FloatArray, right: FloatArray) -> FloatArray:
    """Solve system (B, n, n) for right (B, n); singular systems are a `ConvergenceError`."""
    try:
        return np.asarray(np.linalg.solve(system, right[:, :, None])[:, :, 0])
    except np.linalg.LinAlgError as error:
        raise ConvergenceError(
            "the likelihood met a singular system: some pairs are one-sided beyond the precision "
            "of the machine; give a small penalty, e.g. l2=0.01"
        ) from error


def information(theta: FloatArray, played: FloatArray, l2: float = 0.0) -> FloatArray:
    """Negative second derivatives (B, n, n) of the log-likelihood at theta (B, n).

    Strengths are fixed only up to a common shift; without a penalty a constant is added to every
    cell, which pins the mean of a step at zero and changes no difference.
    """
    n = theta.shape[1]
    strength = np.exp(theta - theta.max(axis=1, keepdims=True))
    room = strength[:, :, None] + strength[:, None, :]
    system = played / room
    np.divide(system, room, out=system)
    system *= -strength[:, :, None]
    system *= strength[:, None, :]
    diagonal = np.arange(n)
    system[:, diagonal, diagonal] = 0.0
    system[:, diagonal, diagonal] = l2 - system.sum(axis=2)
    if l2 == 0.0:
        system += system[:, diagonal, diagonal].mean(axis=1)[:, None, None] / n
    return np.asarray(system)


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
