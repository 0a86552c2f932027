"""Weights that make the margins of a sample those of a population: raking.

Drawing a census sample throws people away; a weight keeps everybody and says how much each stands
for. Iterative proportional fitting: Deming, Stephan, Annals of Mathematical Statistics 11 (1940);
survey practice: Deville, Särndal, Sautory, JASA 88 (1993). What the weights cost is Kish's
effective sample size and design effect (Survey Sampling, 1965, 11.7).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from manyvoices.curate.columns import Table, columns
from manyvoices.curate.raking_margins import (
    FloatArray,
    IntArray,
    Key,
    Margins,
    Target,
    check,
    codes_of,
    complete,
    design_weights,
    level_name,
    margin_name,
    target,
)


@dataclass(frozen=True, slots=True)
class MarginFit:
    """One level of one margin: what was wanted and what the weights give. Shares of 1."""

    margin: str
    level: str
    target: float
    before: float
    after: float


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """One weight per row of the people."""

    weights: FloatArray
    """(n,), mean 1 over those weighted; NaN for whoever was left out."""
    n_weighted: int
    n_left_out: int
    """People without a value in some margin, where they were to be left out."""
    n_effective: float
    """Kish: (sum of weights) squared over the sum of squared weights, people."""
    design_effect: float
    """Weighted people over effective people; 1 where all weights are equal."""
    converged: bool
    """Whether every margin is within the tolerance (and every weight within the trimming)."""
    iterations: int
    max_error: float
    """Largest distance of a share from its target, 0 to 1."""
    worst: str
    """The margin and level with that distance."""
    n_trimmed: int
    """Weights that lie at a bound of the trimming."""
    fits: tuple[MarginFit, ...]


def rake(
    people: Table,
    margins: Margins,
    *,
    base: Sequence[float] | None = None,
    max_iter: int = 1000,
    tolerance: float = 1e-9,
    trim: tuple[float, float] | None = None,
    missing: Literal["error", "leave out"] = "error",
) -> Weights:
    """Weights whose weighted margins are `margins`.

    Where a solution exists the weights found are, among all that hit the margins, the nearest to
    `base` in relative entropy. They do not depend on the scale of `base` or of a margin.

    Args:
        people: One row per person; a column for each name in `margins`.
        margins: Targets, in shares or counts: each margin is scaled to 1 on its own.
        base: Design weights (n,), positive; None = equal.
        trim: Lowest and highest weight allowed, as multiples of the mean. Weights are cut and the
            margins fitted again until both hold; where they cannot, `converged` is False.
        missing: People with None in a margin's column: an error, or left out with weight NaN.

    Raises:
        DataError: Margins that no positive weights can hit, each named: a level that nobody is in,
            a level with a target of 0 that somebody is in, two margins that contradict each other;
            missing values; weights or bounds that make no sense.
    """
    keys = [(key,) if isinstance(key, str) else tuple(key) for key in margins]
    table = columns(people, dict.fromkeys(name for key in keys for name in key), what="people")
    n_all = len(next(iter(table.values()), []))
    used = complete(table, n_all, missing)
    start = design_weights(base, n_all)[used]
    targets = [target(key, margin) for key, margin in zip(keys, margins.values(), strict=True)]
    codes = codes_of(table, used, keys, targets)
    check(keys, targets, codes, start, trim)
    shares = [np.array(list(target.values())) for target in targets]
    weights, iterations, done = _fit(start / start.mean(), codes, shares, max_iter, tolerance, trim)
    fits = _fits(keys, targets, codes, start, weights)
    worst = max(fits, key=lambda fit: abs(fit.after - fit.target))
    full = np.full(n_all, np.nan)
    full[used] = weights
    n_effective = float(weights.sum() ** 2 / (weights**2).sum())
    return Weights(
        weights=full,
        n_weighted=len(used),
        n_left_out=n_all - len(used),
        n_effective=n_effective,
        design_effect=len(used) / n_effective,
        converged=done,
        iterations=iterations,
        max_error=abs(worst.after - worst.target),
        worst=f"{worst.margin}: {worst.level}",
        n_trimmed=0 if trim is None else int(_at_bound(weights, trim).sum()),
        fits=fits,
    )


def effective_sample_size(weights: Sequence[float]) -> float:
    """Kish's effective sample size: (sum of w) squared / sum of w squared; 0 for no weights."""
    values = np.asarray(weights, dtype=np.float64)
    total = float((values**2).sum())
    return float(values.sum() ** 2 / total) if total else 0.0


def _fit(
    weights: FloatArray,
    codes: list[IntArray],
    shares: list[FloatArray],
    max_iter: int,
    tolerance: float,
    trim: tuple[float, float] | None,
) -> tuple[FloatArray, int, bool]:
    n = len(weights)
    for iteration in range(1, max_iter + 1):
        for code, share in zip(codes, shares, strict=True):
            sums = np.bincount(code, weights, minlength=len(share))
            factors = np.divide(share * n, sums, out=np.zeros_like(share), where=sums > 0)
            weights = weights * factors[code]
        if trim is not None:
            weights = np.clip(weights, *trim)
            weights = weights * (n / weights.sum())
        if _error(weights, codes, shares) <= tolerance and _within(weights, trim):
            return weights, iteration, True
    return weights, max_iter, False


def _error(weights: FloatArray, codes: list[IntArray], shares: list[FloatArray]) -> float:
    total = weights.sum()
    return max(
        float(np.abs(np.bincount(code, weights, minlength=len(share)) / total - share).max())
        for code, share in zip(codes, shares, strict=True)
    )


def _within(weights: FloatArray, trim: tuple[float, float] | None) -> bool:
    if trim is None:
        return True
    return bool(weights.min() >= trim[0] - 1e-9 and weights.max() <= trim[1] + 1e-9)


def _at_bound(weights: FloatArray, trim: tuple[float, float]) -> NDArray[np.bool_]:
    return (weights <= trim[0] * (1 + 1e-6)) | (weights >= trim[1] * (1 - 1e-6))


def _fits(
    keys: list[Key],
    targets: list[Target],
    codes: list[IntArray],
    start: FloatArray,
    weights: FloatArray,
) -> tuple[MarginFit, ...]:
    rows = []
    for key, wanted, code in zip(keys, targets, codes, strict=True):
        before = np.bincount(code, start, minlength=len(wanted)) / start.sum()
        after = np.bincount(code, weights, minlength=len(wanted)) / weights.sum()
        rows += [
            MarginFit(margin_name(key), level_name(level), share, float(b), float(a))
            for (level, share), b, a in zip(wanted.items(), before, after, strict=True)
        ]
    return tuple(rows)
