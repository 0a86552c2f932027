"""Many noisy estimates seen together: each is drawn towards their mean as far as noise explains it.

Looking at a hundred differences one by one finds some large by luck. The spread of all of them
says how large true differences are; an estimate that is far larger is mostly luck, and is believed
less.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.special import ndtr, ndtri

from manyvoices.analyse.table import FloatArray

Spread = Literal["averaged", "reml", "paule_mandel"]
_GRID = 81


@dataclass(frozen=True, slots=True, eq=False)
class Shrunk:
    """K estimates after shrinkage; all arrays (K,)."""

    mean: FloatArray
    """Posterior means."""
    low: FloatArray
    high: FloatArray
    """Posterior interval."""
    false_sign: FloatArray
    """Local false sign rate: chance that the effect is zero or of the other sign than `mean`."""
    centre: float
    """Mean of the true effects: given, or estimated."""
    tau: float
    """Standard deviation of the true effects, by REML or Paule-Mandel."""
    tau_low: float
    tau_high: float
    """Interval of tau from its restricted likelihood under a flat prior."""
    q: float
    """Cochran's Q: sum of squared estimates about their mean, over their squared errors."""
    df: int
    i2: float
    """Share of the estimates' spread that is not noise: max(0, (Q - df) / Q)."""


def shrink(
    estimate: FloatArray,
    error: FloatArray,
    *,
    centre: float | None = None,
    spread: Spread = "averaged",
    level: float = 0.95,
) -> Shrunk:
    """Shrink `estimate` (K,) with standard errors `error` (K,), both finite, errors above 0.

    estimate_k ~ N(theta_k, error_k^2), theta_k ~ N(centre, tau^2), independent. `centre` None is
    estimated with tau (then K - 1 degrees of freedom). ``reml`` and ``paule_mandel`` put one tau
    in: with few effects, and above all where it is 0, their intervals are too narrow. ``averaged``
    (the default) averages over the restricted likelihood of tau under a flat prior. Sources: Paule
    & Mandel 1982; Viechtbauer 2005 (REML); Gelman et al., Bayesian Data Analysis (3rd ed.), 5.4
    (averaging); Higgins & Thompson 2002 (I squared); Stephens 2017 (false sign rate).
    """
    if len(estimate) < 2:
        raise ValueError(f"shrinkage needs at least two estimates, found {len(estimate)}")
    if not (np.isfinite(estimate).all() and np.isfinite(error).all() and (error > 0).all()):
        raise ValueError("estimates must be finite, and errors finite and above 0")
    q, df = _q(estimate, error, 0.0, centre), len(estimate) - (centre is None)
    pick = paule_mandel if spread == "paule_mandel" else reml
    tau = pick(estimate, error, centre=centre)
    grid, weight = _tau_posterior(estimate, error, centre)
    tau_low, tau_high = _quantiles_of(grid, weight, level)
    if spread != "averaged":
        grid, weight = np.array([tau]), np.ones(1)
    mean, sd = _posterior(estimate, error, grid, centre)
    low, high = _mixture_ends(mean, sd, weight, level)
    middle = weight @ mean
    below = np.clip(weight @ _below(mean, sd), 0.0, 1.0)
    return Shrunk(
        mean=middle,
        low=low,
        high=high,
        false_sign=np.where(middle >= 0, below, 1 - below),
        centre=_centre(estimate, error, tau, centre),
        tau=tau,
        tau_low=tau_low,
        tau_high=tau_high,
        q=q,
        df=df,
        i2=max(0.0, (q - df) / q) if q > 0 else 0.0,
    )


def reml(estimate: FloatArray, error: FloatArray, *, centre: float | None = None) -> float:
    """tau of largest restricted likelihood (likelihood, where `centre` is given); 0 or more."""
    top = _largest(estimate, error)
    grid = np.linspace(0.0, top, 64)
    values = _log_likelihood(estimate, error, grid, centre)
    best = int(np.argmax(values))
    ends = (grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)])

    def negative(tau: float) -> float:
        return -float(_log_likelihood(estimate, error, np.array([tau]), centre)[0])

    found = float(minimize_scalar(negative, bounds=ends, method="bounded").x)
    return found if negative(found) < negative(0.0) else 0.0


def paule_mandel(estimate: FloatArray, error: FloatArray, *, centre: float | None = None) -> float:
    """The tau at which Q equals its degrees of freedom; 0 where Q is below them already."""
    df = len(estimate) - (centre is None)

    def surplus(tau: float) -> float:
        return _q(estimate, error, tau, centre) - df

    top = _largest(estimate, error)
    if surplus(0.0) <= 0:
        return 0.0
    while surplus(top) > 0:
        top *= 2
    return float(brentq(surplus, 0.0, top, xtol=1e-10))


def _largest(estimate: FloatArray, error: FloatArray) -> float:
    return float(np.abs(estimate).max() + 4 * error.max() + np.ptp(estimate))


def _centre(estimate: FloatArray, error: FloatArray, tau: float, given: float | None) -> float:
    if given is not None:
        return given
    weight = 1 / (error**2 + tau**2)
    return float(weight @ estimate / weight.sum())


def _q(estimate: FloatArray, error: FloatArray, tau: float, centre: float | None) -> float:
    middle = _centre(estimate, error, tau, centre)
    return float(((estimate - middle) ** 2 / (error**2 + tau**2)).sum())


def _log_likelihood(
    estimate: FloatArray, error: FloatArray, tau: FloatArray, centre: float | None
) -> FloatArray:
    """(T,) up to a constant, for every tau (T,)."""
    weight = 1 / (error**2 + tau[:, None] ** 2)
    total = weight.sum(axis=1)
    middle = np.full(len(tau), centre) if centre is not None else weight @ estimate / total
    found = 0.5 * np.log(weight).sum(axis=1)
    found -= 0.5 * (weight * (estimate - middle[:, None]) ** 2).sum(axis=1)
    return np.asarray(found - (0.5 * np.log(total) if centre is None else 0.0))


def _tau_posterior(
    estimate: FloatArray, error: FloatArray, centre: float | None
) -> tuple[FloatArray, FloatArray]:
    """Points of tau and their weights; the grid is laid where the likelihood is, in two passes."""
    grid = np.linspace(0.0, _largest(estimate, error), _GRID)
    for _ in range(2):
        values = _log_likelihood(estimate, error, grid, centre)
        near = grid[values > values.max() - 15]
        step = grid[1] - grid[0]
        grid = np.linspace(max(near[0] - step, 0.0), near[-1] + step, _GRID)
    values = _log_likelihood(estimate, error, grid, centre)
    weight = np.exp(values - values.max())
    weight[[0, -1]] /= 2
    return grid, weight / weight.sum()


def _posterior(
    estimate: FloatArray, error: FloatArray, tau: FloatArray, centre: float | None
) -> tuple[FloatArray, FloatArray]:
    """Means and standard deviations (T, K) given each tau, the centre's own error included."""
    spread = error**2 + tau[:, None] ** 2
    kept = tau[:, None] ** 2 / spread
    if centre is not None:
        return centre + kept * (estimate - centre), np.sqrt(kept) * error
    total = (1 / spread).sum(axis=1, keepdims=True)
    middle = (estimate / spread).sum(axis=1, keepdims=True) / total
    variance = kept * error**2 + (1 - kept) ** 2 / total
    return middle + kept * (estimate - middle), np.sqrt(variance)


def _below(mean: FloatArray, sd: FloatArray) -> FloatArray:
    """(T, K) chance of an effect of 0 or less; one that is 0 for sure counts as both signs."""
    z = np.divide(-mean, sd, out=np.zeros_like(mean), where=sd > 0)
    return np.where(sd > 0, ndtr(z), 0.5)


def _mixture_ends(
    mean: FloatArray, sd: FloatArray, weight: FloatArray, level: float
) -> tuple[FloatArray, FloatArray]:
    """Quantiles (K,) of the mixture over tau, by bisection of all effects at once."""
    reach = abs(float(ndtri((1 - level) / 2))) * 2
    ends = []
    for tail in ((1 - level) / 2, (1 + level) / 2):
        low, high = (mean - reach * sd).min(axis=0), (mean + reach * sd).max(axis=0)
        low, high = low - 1e-12, high + 1e-12
        for _ in range(40):
            middle = (low + high) / 2
            z = np.divide(middle - mean, sd, out=np.sign(middle - mean) * 40, where=sd > 0)
            under = weight @ ndtr(z) < tail
            low, high = np.where(under, middle, low), np.where(under, high, middle)
        ends.append((low + high) / 2)
    return ends[0], ends[1]


def _quantiles_of(grid: FloatArray, weight: FloatArray, level: float) -> tuple[float, float]:
    total = np.cumsum(weight)
    low, high = (grid[min(int(np.searchsorted(total, tail)), len(grid) - 1)]
                 for tail in ((1 - level) / 2, (1 + level) / 2))  # fmt: skip
    return float(low), float(high)
