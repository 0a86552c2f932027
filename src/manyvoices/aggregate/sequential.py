"""A test that may be looked at after every person, and stops as soon as enough is known.

A z test at 5 % that is looked at after every person errs far more often than 5 %. Here a bet is
placed on every value before it is seen; if the mean is m, no way of betting against m can be
expected to win, so its capital passes 1 / alpha at any time with probability alpha at most (Ville's
inequality). The means against which no capital has ever grown that far are the interval.

Notation: n sequences, t values each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from manyvoices.aggregate.betting import NEVER, Evidence, evidence_of
from manyvoices.aggregate.kinds import FloatArray, IntArray, ObjectArray

Decision = Literal["a", "b", "equal", "open"]
Method = Literal["betting", "plug_in", "empirical_bernstein"]

GO_ON: Decision = "open"
"""The decision that none can be made yet."""

_MOST_CELLS = 4_000_000
"""Values times candidates that are held in memory at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Sequential:
    """What is known of one mean after the values seen so far."""

    decision: Decision
    """``a``: the mean is above the null; ``b``: below; ``equal``: no further from it than the
    margin; ``open``: not known yet. The first that was reached stays."""
    low: float
    high: float
    """Ends of the interval that holds at all times at once. Low above high says that the values do
    not have the same mean throughout (otherwise it happens with probability alpha at most)."""
    log_e: float
    """Natural logarithm of the e-value against the null now: log(1 / alpha) rejects it."""
    n: int
    """Values seen."""
    decided_at: int | None
    """Values after which the decision was reached; None while it is open."""
    path: FloatArray
    """(n, 2) ends of the interval after each value; of the betting methods they are rounded
    outwards to multiples of 1 / 400."""
    alpha: float
    margin: float
    null: float
    method: Method


@dataclass(frozen=True, slots=True, eq=False)
class SequentialMany:
    """The same for many sequences of one length, as arrays (n,); see `Sequential`."""

    decision: ObjectArray
    log_e: FloatArray
    decided_at: IntArray
    """-1 while it is open."""
    low: FloatArray | None
    """None where the ends were not asked for."""
    high: FloatArray | None


def sequential_test(
    values: Sequence[float] | FloatArray,
    *,
    alpha: float = 0.05,
    margin: float = 0.0,
    null: float = 0.5,
    method: Method = "betting",
    with_path: bool = True,
) -> Sequential:
    """Say whether the mean of values in [0, 1] is above, below or as good as `null`, at any time.

    All methods bet against each mean from both sides, half of alpha on either, after Waudby-Smith
    and Ramdas, "Estimating means of bounded random variables by betting", Journal of the Royal
    Statistical Society B 86 (2024), theorem 3. ``betting``: several fixed shares of the capital at
    once, `betting.SHARES` (their diversified Kelly betting), which needs the fewest people.
    ``plug_in``: their predictable plug-in bets, cut at `betting.TRUNCATION`.
    ``empirical_bernstein``: their theorem 2, in closed form: the cheapest, and the widest.

    Assumes that each value's mean given all earlier ones is the same; nothing of its distribution.
    One value per person, in order of arrival, the mean of what they said.

    Args:
        values: (t,) in order of arrival; none is right.
        alpha: Chance, over all looks together, that the interval ever misses the mean, and so that
            ``a`` or ``b`` is said of a mean that is `null`.
        margin: ``equal`` once the interval lies within `null` plus or minus this; 0 means never.
        with_path: Without it `Sequential.path` is empty, in a tenth of the time.

    Raises:
        ValueError: A value lies outside [0, 1], or an argument outside its range.
    """
    row = _checked(np.asarray(values, dtype=np.float64)[None], alpha, margin, null)
    found = _tested(row, alpha, margin, null, method, ends=True)
    assert found.low is not None
    assert found.high is not None
    at = int(found.decided_at[0])
    return Sequential(
        decision=found.decision[0].item(),
        low=float(found.low[0]),
        high=float(found.high[0]),
        log_e=float(found.log_e[0]),
        n=row.shape[1],
        decided_at=None if at < 0 else at,
        path=evidence_of(row, alpha, method).path() if with_path and row.size else np.zeros((0, 2)),
        alpha=alpha,
        margin=margin,
        null=null,
        method=method,
    )


def sequential_many(
    values: FloatArray,
    *,
    alpha: float = 0.05,
    margin: float = 0.0,
    null: float = 0.5,
    method: Method = "betting",
    ends: bool = False,
) -> SequentialMany:
    """Do `sequential_test` on every row of values (n, t), for simulations.

    Without paths, and without the `ends` of the intervals unless asked for: they are most of the
    work. A mean is outside its interval at some time exactly if it is decided upon as `null`.
    """
    rows = _checked(np.asarray(values, dtype=np.float64), alpha, margin, null)
    size = max(1, _MOST_CELLS // max(rows.shape[1], 1))
    parts = [
        _tested(rows[begin : begin + size], alpha, margin, null, method, ends)
        for begin in range(0, max(len(rows), 1), size)
    ]
    return SequentialMany(
        decision=np.concatenate([part.decision for part in parts]),
        log_e=np.concatenate([part.log_e for part in parts]),
        decided_at=np.concatenate([part.decided_at for part in parts]),
        low=np.concatenate([part.low for part in parts]) if ends else None,
        high=np.concatenate([part.high for part in parts]) if ends else None,
    )


def _checked(values: FloatArray, alpha: float, margin: float, null: float) -> FloatArray:
    if values.ndim != 2:
        raise ValueError(f"values need a row for each sequence, found shape {values.shape}")
    if values.size and not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1):
        raise ValueError("values must lie between 0 and 1")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie between 0 and 1, found {alpha}")
    if not 0 < null < 1:
        raise ValueError(f"null must lie between 0 and 1, found {null}")
    if not 0 <= margin < min(null, 1 - null):
        wanted = f"at least 0 and below {min(null, 1 - null):g}"
        raise ValueError(f"margin must be {wanted}, found {margin}")
    return values


def _tested(
    values: FloatArray, alpha: float, margin: float, null: float, method: Method, ends: bool
) -> SequentialMany:
    n, t = values.shape
    evidence = evidence_of(values, alpha, method)
    if t == 0:
        low, high = (np.zeros(n), np.ones(n)) if ends else (None, None)
        return SequentialMany(np.full(n, GO_ON), np.zeros(n), np.full(n, -1), low, high)
    above, below = evidence.above(null), evidence.below(null)
    times = [evidence.first(above), evidence.first(below)]
    if margin:
        sides = evidence.above(null - margin), evidence.below(null + margin)
        times.append(np.maximum(*map(evidence.first, sides)))
    found = np.array(times)
    which, when = found.argmin(axis=0), found.min(axis=0)
    low, high = _ends(evidence, times, null) if ends else (None, None)
    return SequentialMany(
        decision=np.where(when < NEVER, np.array(["a", "b", "equal"])[which], GO_ON),
        log_e=np.maximum(above[:, -1], below[:, -1]) - np.log(2),
        decided_at=np.where(when < NEVER, when, -1),
        low=low,
        high=high,
    )


def _ends(evidence: Evidence, times: list[IntArray], null: float) -> tuple[FloatArray, FloatArray]:
    """Low and high (n,); what was decided of the null is not taken back by rounding."""
    low, high = evidence.ends()
    return (
        np.where(times[0] < NEVER, np.maximum(low, null), low),
        np.where(times[1] < NEVER, np.minimum(high, null), high),
    )
