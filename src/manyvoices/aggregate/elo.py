"""Elo: ratings that move with every battle, so the order of the battles decides the result.

Three ways to the same numbers: a plain loop, a loop over rows with all resamples side by side in
NumPy, and a compiled loop where Numba is installed. The last is used when it is there; a test holds
all of them equal.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Literal

import numpy as np

from manyvoices.aggregate.kinds import FloatArray, IntArray

Engine = Literal["auto", "numba", "numpy"]
INITIAL, BASE, SCALE = 1000.0, 10.0, 400.0
K = 4.0
"""Step of one battle, as in FastChat and PRISM."""


@dataclass(frozen=True, slots=True, eq=False)
class Played:
    """Battles in the order in which they are played."""

    a: IntArray
    b: IntArray
    outcome: FloatArray
    """(rows,) 1.0 where a won, 0.5 for a tie, 0.0 where b won."""
    step: FloatArray
    """(rows,) K times the weight of the row."""
    unit: IntArray
    """(rows,) code of the participant, or of the row, that is drawn."""
    n_models: int


def elo(played: Played, times: FloatArray | None = None, *, engine: Engine = "auto") -> FloatArray:
    """Ratings (B, n) after all battles; B is 1 without `times`.

    Elo, "The Rating of Chessplayers" (1978), with FastChat's constants: start at 1000, a difference
    of 400 points means odds of 10 to 1, and each battle moves both sides by K (outcome - expected).

    `times` (units, B): how often each unit is in each resample. A row is played that often in a
    row, at its place in the order, so that resamples differ in people and not in order.
    """
    if times is None:
        times = np.ones((int(played.unit.max(initial=0)) + 1, 1))
    kernel = _compiled() if engine != "numpy" else None
    if kernel is None and engine == "numba":
        raise ImportError("numba is not installed")
    if kernel is None:
        return _side_by_side(played, times)
    repeats = np.ascontiguousarray(times.T.astype(np.int32))
    return np.asarray(
        kernel(
            played.a, played.b, played.outcome, played.step, played.unit, repeats, played.n_models
        )
    )


def _side_by_side(played: Played, times: FloatArray) -> FloatArray:
    """Play each row in all resamples that hold it at once; scores are kept as (n, B)."""
    scores = np.full((played.n_models, times.shape[1]), INITIAL)
    if times.shape[1] == 1:
        _plain(played, times[:, 0], scores[:, 0])
        return scores.T
    factor = math.log(BASE) / SCALE
    rows = zip(
        played.a.tolist(), played.b.tolist(), played.outcome.tolist(), played.step.tolist(),
        played.unit.tolist(), strict=True,
    )  # fmt: skip
    for a, b, outcome, step, unit in rows:
        often = times[unit]
        first, second = scores[a], scores[b]
        for turn in range(int(often.max())):
            expected = 1.0 / (1.0 + np.exp((second - first) * factor))
            move = np.where(often > turn, step * (outcome - expected), 0.0)
            first += move
            second -= move
    return np.ascontiguousarray(scores.T)


def _plain(played: Played, times: FloatArray, scores: FloatArray) -> None:
    """Play one data set, in Python numbers, which is faster than arrays of one."""
    now = scores.tolist()
    factor = math.log(BASE) / SCALE
    rows = zip(
        played.a.tolist(), played.b.tolist(), played.outcome.tolist(), played.step.tolist(),
        times[played.unit].astype(np.int64).tolist(), strict=True,
    )  # fmt: skip
    for a, b, outcome, step, often in rows:
        for _ in range(often):
            move = step * (outcome - 1.0 / (1.0 + math.exp((now[b] - now[a]) * factor)))
            now[a] += move
            now[b] -= move
    scores[:] = now


@cache
def _compiled() -> Callable[..., Any] | None:
    """Return the compiled loop, or None where Numba is not installed."""
    try:
        numba = import_module("numba")
    except ImportError:
        return None
    compiled: Callable[..., Any]
    try:
        compiled = numba.njit(cache=True, nogil=True)(_loop)
    except RuntimeError:  # no folder can be written to: compile anew in each process
        compiled = numba.njit(nogil=True)(_loop)
    return compiled


def _loop(
    a: Any, b: Any, outcome: Any, step: Any, unit: Any, repeats: Any, n_models: int
) -> Any:  # pragma: no cover - runs compiled
    """Play every resample from the first row to the last. Written for Numba: plain loops."""
    n_resamples = repeats.shape[0]
    scores = np.full((n_resamples, n_models), 1000.0)
    factor = math.log(10.0) / 400.0
    for resample in range(n_resamples):
        often = repeats[resample]
        for row in range(len(a)):
            i, j = a[row], b[row]
            for _ in range(often[unit[row]]):
                gap = (scores[resample, j] - scores[resample, i]) * factor
                move = step[row] * (outcome[row] - 1.0 / (1.0 + math.exp(gap)))
                scores[resample, i] += move
                scores[resample, j] -= move
    return scores


def played_in_order(
    a: IntArray,
    b: IntArray,
    outcome: FloatArray,
    *,
    n_models: int,
    weight: FloatArray | None = None,
    unit: IntArray | None = None,
    order: IntArray | None = None,
    k: float = K,
) -> Played:
    """Arrange rows for `elo`. `order` (rows,) lists the rows as they are played, each once."""
    rows = np.arange(len(a)) if order is None else np.asarray(order)
    if not np.array_equal(np.sort(rows), np.arange(len(a))):
        raise ValueError(f"order must list each of the {len(a)} rows exactly once")
    if not (math.isfinite(k) and k > 0):
        raise ValueError(f"k must be a finite number above 0, found {k!r}")
    step = np.full(len(a), k) if weight is None else k * weight
    units = np.zeros(len(a), dtype=np.int64) if unit is None else unit
    if order is None:
        return Played(a, b, outcome, step, units, n_models)
    return Played(a[rows], b[rows], outcome[rows], step[rows], units[rows], n_models)
