"""Intervals from resampled scores: percentile, basic, and bias-corrected and accelerated."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

from manyvoices.aggregate.kinds import FloatArray, Interval


def interval(
    kind: Interval,
    point: FloatArray,
    drawn: FloatArray,
    level: float,
    *,
    jackknife: FloatArray | None = None,
    counts: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Return low (n,) and high (n,) around `point` (n,) from `drawn` (n_resamples, n).

    "percentile": quantiles of the resampled scores (Efron and Tibshirani 1993, chapter 13).
    "basic": the same reflected at the point (Davison and Hinkley 1997, 5.2.1).
    "bca": quantiles moved for bias and skewness (Efron, Journal of the American Statistical
    Association 82, 1987); `jackknife` (units, n) are the scores without each unit,
    `counts` (units,) how many units each row stands for. Ties with the point count half towards
    the bias.
    """
    tail = (1.0 - level) / 2.0
    if kind == "percentile":
        low, high = np.quantile(drawn, [tail, 1.0 - tail], axis=0)
    elif kind == "basic":
        high, low = 2 * point - np.quantile(drawn, [tail, 1.0 - tail], axis=0)
    elif kind == "bca":
        if jackknife is None:
            raise ValueError("bca needs the scores without each unit")
        low, high = _bca(point, drawn, tail, jackknife, counts)
    else:
        raise ValueError(f"interval must be 'percentile', 'basic' or 'bca', found {kind!r}")
    return np.asarray(low), np.asarray(high)


def of_known(drawn: FloatArray, level: float) -> tuple[float, float]:
    """Ends of the percentile interval of (n_resamples,) values; NaN are passed over.

    NaN, NaN where no value is known.
    """
    known = drawn[~np.isnan(drawn)]
    if not len(known):
        return np.nan, np.nan
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def of_known_columns(drawn: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    """The same of every column of (n_resamples, n): low (n,) and high (n,)."""
    ends = np.array([of_known(column, level) for column in drawn.T]).reshape(-1, 2)
    return ends[:, 0], ends[:, 1]


def _bca(
    point: FloatArray,
    drawn: FloatArray,
    tail: float,
    jackknife: FloatArray,
    counts: FloatArray | None,
) -> tuple[FloatArray, FloatArray]:
    below = (drawn < point).mean(axis=0) + 0.5 * (drawn == point).mean(axis=0)
    bias = ndtri(np.clip(below, 0.5 / len(drawn), 1 - 0.5 / len(drawn)))
    speed = acceleration(jackknife, counts)

    def quantile(z: float) -> FloatArray:
        moved = ndtr(bias + (bias + z) / (1 - speed * (bias + z)))
        return np.array([
            np.quantile(column, share) for column, share in zip(drawn.T, moved, strict=True)
        ])  # fmt: skip

    z = float(ndtri(1.0 - tail))
    return quantile(-z), quantile(z)


def acceleration(jackknife: FloatArray, counts: FloatArray | None = None) -> FloatArray:
    """Skewness (n,) of the scores without each unit, over six; 0 where nothing varies."""
    known = np.isfinite(jackknife).all(axis=1)
    kept = jackknife[known]
    weight = np.ones(len(kept)) if counts is None else counts[known]
    if not len(kept):
        return np.zeros(jackknife.shape[1])
    away = np.average(kept, axis=0, weights=weight) - kept
    squares = (weight[:, None] * away**2).sum(axis=0)
    cubes = (weight[:, None] * away**3).sum(axis=0)
    return np.asarray(
        np.divide(cubes, 6 * squares**1.5, out=np.zeros_like(cubes), where=squares > 1e-28)
    )
