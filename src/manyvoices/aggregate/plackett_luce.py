"""The Plackett-Luce model: strengths under which a ranking is a row of choices.

Luce, Individual Choice Behavior (1959); Plackett, "The analysis of permutations", Applied
Statistics 24 (1975); existence of the maximum Hunter, "MM algorithms for generalized Bradley-Terry
models", Annals of Statistics 32 (2004). On rankings of two it is Bradley-Terry.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from manyvoices.aggregate.ballot_errors import NoBallotsError
from manyvoices.aggregate.ballot_reading import UNRANKED
from manyvoices.aggregate.ballots import Ballots, preferences
from manyvoices.aggregate.choice_sets import ChoiceSets
from manyvoices.aggregate.connectivity import connectivity
from manyvoices.aggregate.errors import NotConnectedError
from manyvoices.aggregate.kinds import FloatArray
from manyvoices.aggregate.standing import Standing, stand
from manyvoices.schema.errors import ConvergenceError

MAX_STEPS = 100
TOLERANCE = 1e-9
"""Largest step of a log strength at which the search ends."""
FLOOR = 1e-13
"""Slope, as a share of the largest count, below which a sum of that length is rounding."""
REMEDY = "give a penalty (l2=0.01) or leave those candidates out"


def plackett_luce(ballots: Ballots, *, l2: float = 0.0) -> Standing:
    """Order candidates by their strength under the Plackett-Luce model (maximum likelihood).

    Scores are log strengths with mean 0; `settings` holds the log likelihood, the steps taken and
    `l2`, the penalty l2 / 2 times the sum of squared scores. A ballot that ranks some candidates is
    a row of choices among those it ranks ("no_opinion"), or among all, where it stops before the
    unranked ones ("last"). A tied group counts as all its orders, equally often and once in
    total, so a tie of two is half a win each way. Newton's method with conjugate gradients.

    Raises `NotConnectedError` where no finite maximum exists: some candidates always, or never,
    stand above all others. `NoBallotsError` where no ballot compares anybody; `ConvergenceError`
    after 100 steps.
    """
    if not (np.isfinite(l2) and l2 >= 0):
        raise ValueError(f"l2 must be a finite number of at least 0, found {l2!r}")
    wins = _wins(ballots)
    if not wins.any() and not l2:
        raise NoBallotsError("plackett_luce")
    found = connectivity(wins, tuple(map(str, ballots.candidates)))
    if not l2 and not found.is_strong:
        raise NotConnectedError("plackett_luce", REMEDY, found)
    sets = ChoiceSets.of(ballots)
    logs, steps = _maximise(sets, l2, _start(wins))
    return stand(
        "plackett_luce",
        ballots.candidates,
        logs,
        near=1e-7,
        l2=l2,
        iterations=steps,
        log_likelihood=sets.value(logs),
    )


def _start(wins: FloatArray) -> FloatArray:
    """Log odds of standing above others: a rough guess that saves half of the steps."""
    logs = np.log((wins.sum(axis=1) + 0.5) / (wins.sum(axis=0) + 0.5))
    return np.asarray(logs - logs.mean())


def _maximise(sets: ChoiceSets, l2: float, logs: FloatArray) -> tuple[FloatArray, int]:
    value = _penalised(sets, logs, l2)
    for taken in range(1, MAX_STEPS + 1):
        step = _newton_step(sets, logs, l2)
        size = 1.0
        # The likelihood is concave: halving a step that overshoots always ends on higher ground.
        while size > 1e-8:
            moved = logs + size * step
            reached = _penalised(sets, moved, l2)
            if reached >= value - 1e-12 * abs(value):
                break
            size /= 2
        logs, value = moved - moved.mean(), reached
        if np.abs(step).max() <= TOLERANCE:
            return logs, taken
    raise ConvergenceError(
        f"plackett_luce still moved by {np.abs(step).max():.2g} after {MAX_STEPS} steps; {REMEDY}"
    )


def _penalised(sets: ChoiceSets, logs: FloatArray, l2: float) -> float:
    return sets.value(logs) - l2 / 2 * float(logs @ logs)


def _newton_step(sets: ChoiceSets, logs: FloatArray, l2: float) -> FloatArray:
    here = sets.at(logs)
    slope = here.gradient - l2 * logs
    largest = float(here.expected.max())
    # Far from the maximum a rough direction will do; near it Newton's speed is kept.
    share = min(0.1, max(1e-6, float(np.abs(slope).max()) / largest))
    enough = max(share * float(np.linalg.norm(slope)), FLOOR * largest * len(logs) ** 0.5)
    scale = 1.0 / np.maximum(here.expected + l2, 1e-12)
    step = _solve(lambda way: here.curvature(way) + l2 * way, slope, scale, enough)
    return np.asarray(step - step.mean())


def _solve(
    curve: Callable[[FloatArray], FloatArray], slope: FloatArray, scale: FloatArray, enough: float
) -> FloatArray:
    """Solve curve(step) = slope by conjugate gradients until the rest is as short as `enough`.

    `scale` (n,), the inverse of the diagonal, evens out candidates ranked often and seldom.
    """
    step, rest = np.zeros_like(slope), slope
    way = scale * rest
    energy = float(rest @ way)
    for _ in range(2 * len(slope)):
        if np.linalg.norm(rest) <= enough:
            break
        curved = curve(way)
        length = energy / float(way @ curved)
        step, rest = step + length * way, rest - length * curved
        before, energy = energy, float(rest @ (scale * rest))
        way = scale * rest + energy / before * way
    return step


def _wins(ballots: Ballots) -> FloatArray:
    """Return (n, n): weight of ballots with i above j, and half of those that rank them equal."""
    wins = preferences(ballots).astype(np.float64)
    places = ballots.places
    for code in range(len(wins)):
        level = (places == places[:, [code]]) & (places[:, [code]] != UNRANKED)
        wins[code] += ballots.weights @ level / 2
    np.fill_diagonal(wins, 0.0)
    return wins
