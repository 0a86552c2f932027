"""Bradley-Terry with a parameter for ties, on a whole batch of data sets at once.

Counting a tie as half a win each way is enough to order models. These models say how often two
models tie, too, and learn from ties that the two are close. Both log-likelihoods are concave in
the log strengths and the tie parameter used here, so Newton with the shortened step of
`likelihood.bradley_terry` climbs them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from manyvoices.aggregate.connectivity import strongly_connected
from manyvoices.aggregate.kinds import FloatArray, TieModel
from manyvoices.aggregate.likelihood import (
    MAX_STEPS,
    TOLERANCE,
    bradley_terry,
    not_converged,
    shortening,
    solve,
)

Step = Callable[[FloatArray, FloatArray, FloatArray, FloatArray, float],
                tuple[FloatArray, FloatArray]]  # fmt: skip
"""(theta (B, n), tie (B,), won (B, n, n), tied (B, n, n), l2) -> gradient (B, n + 1) and negative
second derivatives (B, n + 1, n + 1), the tie parameter last."""


def with_ties(
    won: FloatArray,
    tied: FloatArray,
    model: TieModel,
    *,
    l2: float = 0.0,
    start: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray, int]:
    """Log strengths (B, n) with mean zero, tie parameters (B,), and the steps taken.

    `won` (B, n, n): decisive wins of i over j. `tied` (B, n, n): ties of i and j, symmetric.

    "davidson" (Davidson, Journal of the American Statistical Association 65, 1970), with strengths
    s: P(i beats j) : P(tie) = s_i : nu sqrt(s_i s_j); the parameter is nu. "rao_kupper" (Rao and
    Kupper, same journal 62, 1967): P(i beats j) = s_i / (s_i + eta s_j); the parameter is eta.

    Declared results: without a tie nu is 0, eta is 1 and the strengths are Bradley-Terry's; where
    all are ties the parameter is infinite and all strengths are equal. No maximum gives NaN.
    """
    batch, n, _ = won.shape
    scores, parameter = np.full((batch, n), np.nan), np.full(batch, np.nan)
    solvable = np.ones(batch, dtype=np.bool_) if l2 > 0 else strongly_connected(won + tied)
    n_won, n_tied = won.sum(axis=(1, 2)), tied.sum(axis=(1, 2)) / 2
    none, only = solvable & (n_tied == 0), solvable & (n_won == 0) & (n_tied > 0)
    scores[none] = bradley_terry(won[none], l2=l2, start=start)[0]
    parameter[none] = 0.0 if model == "davidson" else 1.0
    scores[only], parameter[only] = 0.0, np.inf
    rest = np.flatnonzero(solvable & ~none & ~only)
    theta = np.zeros((len(rest), n)) if start is None else np.tile(start, (len(rest), 1))
    share = n_tied[rest] / (n_won[rest] + n_tied[rest])
    tie = np.log(2 * share / (1 - share)) if model == "davidson" else np.log1p(share / (1 - share))
    steps = _climb(theta, tie, won[rest], tied[rest], l2, _STEPS[model])
    scores[rest] = theta - theta.mean(axis=1, keepdims=True)
    parameter[rest] = np.exp(tie)
    return scores, parameter, steps


def _climb(
    theta: FloatArray, tie: FloatArray, won: FloatArray, tied: FloatArray, l2: float, at: Step
) -> int:
    """Move theta (B, n) and the log tie parameter (B,) to the maxima in place."""
    left = np.arange(len(theta))
    reach = np.zeros(0)
    for step_number in range(MAX_STEPS):
        if not len(left):
            return step_number
        slope, system = at(theta[left], tie[left], won[left], tied[left], l2)
        step = solve(system, slope)
        reach = np.maximum(np.ptp(step[:, :-1], axis=1), np.abs(step[:, -1]))
        step *= shortening(reach)[:, None]
        theta[left] += step[:, :-1]
        # Rao-Kupper's log parameter must stay above zero; a quarter of it is always left.
        tie[left] = np.where(
            (at is _rao_kupper) & (tie[left] + step[:, -1] <= 0),
            tie[left] / 4,
            tie[left] + step[:, -1],
        )
        left = left[~(reach < TOLERANCE)]
    if not len(left):
        return MAX_STEPS
    raise not_converged("bradley_terry with ties", float(reach.max()))


def _davidson(
    theta: FloatArray, tie: FloatArray, won: FloatArray, tied: FloatArray, l2: float
) -> tuple[FloatArray, FloatArray]:
    played = won + won.transpose(0, 2, 1) + tied
    half = np.exp((theta[:, :, None] - theta[:, None, :]) / 2)
    other = 1.0 / half
    total = half + other + np.exp(tie)[:, None, None]
    p_won, p_tie = half / total, np.exp(tie)[:, None, None] / total
    p_lost = other / total
    slope = _joined(
        (won + tied / 2 - played * (p_won + p_tie / 2)).sum(axis=2) - l2 * theta,
        ((tied - played * p_tie).sum(axis=(1, 2))) / 2,
    )
    between = played * (p_won + p_lost - (p_won - p_lost) ** 2) / 4
    across = (played * p_tie * (p_lost - p_won)).sum(axis=2) / 2
    own = (played * p_tie * (1 - p_tie)).sum(axis=(1, 2)) / 2
    return slope, _assembled(between, across, own, l2)


def _rao_kupper(
    theta: FloatArray, tie: FloatArray, won: FloatArray, tied: FloatArray, l2: float
) -> tuple[FloatArray, FloatArray]:
    gap = theta[:, :, None] - theta[:, None, :] - tie[:, None, None]
    p_won = 1.0 / (1.0 + np.exp(-gap))
    not_lost = won + tied
    surprise = not_lost * (1 - p_won)
    n_tied = tied.sum(axis=(1, 2)) / 2
    spread = -np.expm1(-2 * tie)
    slope = _joined(
        surprise.sum(axis=2) - surprise.sum(axis=1) - l2 * theta,
        2 * n_tied / spread - surprise.sum(axis=(1, 2)),
    )
    curve = surprise * p_won
    across = -(curve.sum(axis=2) - curve.sum(axis=1))
    own = curve.sum(axis=(1, 2)) + 4 * n_tied * np.exp(-2 * tie) / spread**2
    return slope, _assembled(curve + curve.transpose(0, 2, 1), across, own, l2)


_STEPS: dict[str, Step] = {"davidson": _davidson, "rao_kupper": _rao_kupper}


def _joined(first: FloatArray, last: FloatArray) -> FloatArray:
    return np.concatenate((first, last[:, None]), axis=1)


def _assembled(between: FloatArray, across: FloatArray, own: FloatArray, l2: float) -> FloatArray:
    """Put together the negative second derivatives: strengths, mixed, tie parameter."""
    batch, n, _ = between.shape
    system = np.zeros((batch, n + 1, n + 1))
    inner = system[:, :n, :n]
    inner -= between
    diagonal = np.arange(n)
    inner[:, diagonal, diagonal] = 0.0
    inner[:, diagonal, diagonal] = l2 - inner.sum(axis=2)
    if l2 == 0.0:
        inner += inner[:, diagonal, diagonal].mean(axis=1)[:, None, None] / n
    system[:, :n, n] = system[:, n, :n] = across
    system[:, n, n] = own
    return system
