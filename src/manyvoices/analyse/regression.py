"""Least squares of many outcomes on one design, with errors that know that people answer often.

The papers ask the same design of many outcomes (22 topics, 21 models), so everything that depends
on the design alone is done once for all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import solve_triangular
from scipy.special import stdtr, stdtrit

from manyvoices.analyse.regression_errors import Errors, standard_errors
from manyvoices.analyse.table import FloatArray, IntArray
from manyvoices.schema.errors import ManyvoicesError

TOLERANCE = 1e-8
"""A column of unit length that keeps less than this beside the columns before it repeats them."""


class RegressionError(ManyvoicesError):
    """The data cannot answer the regression asked for; the message says which part of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """k coefficients of m outcomes. A standard error of 0 gives a t and p of NaN, as 0/0."""

    names: tuple[str, ...]
    """(k,) the columns of the design."""
    coef: FloatArray
    """(k, m)."""
    se: FloatArray
    """(k, m)."""
    t: FloatArray
    """(k, m) `coef` over `se`."""
    p: FloatArray
    """(k, m) two-sided, from Student's t with `df` degrees of freedom."""
    low: FloatArray
    """(k, m) lower end of the interval."""
    high: FloatArray
    """(k, m) upper end."""
    n: int
    """Rows."""
    df: int
    """Degrees of freedom of t: clusters - 1, or rows - coefficients (absorbed groups counted)."""
    n_clusters: int | None
    """None where errors are not clustered."""
    r2: FloatArray
    """(m,) share of variance explained: about the mean where the design holds a constant, about
    zero where not, within groups where groups are absorbed; NaN for an outcome without variance."""


def ols(
    x: FloatArray,
    y: FloatArray,
    *,
    cluster: npt.NDArray[np.generic] | None = None,
    se: Errors = "cluster",
    absorb: npt.NDArray[np.generic] | None = None,
    names: Sequence[str] = (),
    level: float = 0.95,
) -> Fit:
    """Fit every column of `y` on `x` by least squares.

    `x` is (n, k) and holds its own constant; `y` is (n,) or (n, m), and (n,) is m = 1 in the
    result. `cluster` and `absorb` are (n,) labels of any kind.

    Errors: ``cluster`` is CR1 (Liang & Zeger 1986 with the factor G/(G-1) * (n-1)/(n-k), and
    t with G-1 degrees of freedom: Cameron & Miller 2015, section II and VI; Stata's and fixest's
    default), where rows of one cluster, a person, may depend on each other; ``HC1`` is White's
    with n/(n-k) (what PRISM's topic regressions in effect used); ``classical`` assumes
    equal variance. The last two have n-k degrees of freedom.

    `absorb` takes out a mean per group from `x` and `y` (the within transformation), which gives
    the coefficients that a dummy per group would give; `x` must then hold no constant. Each
    absorbed group counts as one more coefficient in the n-k above, as its dummy would. Only where
    errors are clustered and every absorbed group lies within one cluster do the groups count as
    one (Cameron & Miller 2015, section III.B; Stata's ``xtreg, fe``): their dummies would
    overstate the errors.

    Raises:
        RegressionError: A value is missing or infinite; lengths differ; too few rows or clusters;
            or columns repeat others (it names them).
    """
    x, y = _checked(x, y)
    labels = _labels(x, names)
    group = _codes(absorb, len(x), "absorb")
    people = _codes(cluster, len(x), "cluster") if se == "cluster" else None
    if se == "cluster" and people is None:
        raise RegressionError("Clustered errors need `cluster`: who gave each row.")
    if group is not None:
        x, y = _within(x, y, group)
    n, k = x.shape
    used = k + _absorbed(group, people)
    n_clusters = None if people is None else int(people.max()) + 1
    _check_enough(n, used, n_clusters)
    bread, coef, resid = _solve(x, y, labels)
    df = n - used if n_clusters is None else n_clusters - 1
    error = standard_errors(x, resid, bread, people, se=se, used=used)
    with np.errstate(invalid="ignore", divide="ignore"):
        t = coef / error
    reach = float(stdtrit(df, (1 + level) / 2)) * error
    return Fit(
        names=labels, coef=coef, se=error, t=t, p=2 * stdtr(df, -np.abs(t)),
        low=coef - reach, high=coef + reach, n=n, df=df, n_clusters=n_clusters,
        r2=_explained(x, y, resid, centred=group is None),
    )  # fmt: skip


def dependent_columns(x: FloatArray) -> tuple[int, ...]:
    """Columns of `x` (n, k) that are combinations of the columns before them; empty is right.

    A column of zeros is one. Leaving these out changes no fitted value (R's ``lm`` does so without
    a word; `ols` refuses, so that whoever leaves them out can say so).
    """
    _, r = np.linalg.qr(_scaled(x)[0])
    return _dependent(r, x.shape[1])


def _checked(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    x = np.asarray(x, dtype=np.float64)
    y = np.asarray(y, dtype=np.float64)
    y = y[:, None] if y.ndim == 1 else y
    if x.ndim != 2 or y.ndim != 2 or len(x) != len(y):
        raise RegressionError(f"x is {x.shape} and y {y.shape}: they must have the same rows.")
    for name, values in (("x", x), ("y", y)):
        bad = ~np.isfinite(values)
        if bad.any():
            row, column = (int(i) for i in np.argwhere(bad)[0])
            raise RegressionError(
                f"{int(bad.sum())} values of {name} are missing or infinite, the first in row "
                f"{row}, column {column}: leave out those rows, or fill them, before the fit."
            )
    return x, y


def _labels(x: FloatArray, names: Sequence[str]) -> tuple[str, ...]:
    if names and len(names) != x.shape[1]:
        raise RegressionError(f"{len(names)} names for {x.shape[1]} columns.")
    return tuple(names) or tuple(f"x{i}" for i in range(x.shape[1]))


def _codes(labels: npt.NDArray[np.generic] | None, n: int, what: str) -> IntArray | None:
    """Labels of any kind as 0..G-1."""
    if labels is None:
        return None
    if np.shape(labels) != (n,):
        raise RegressionError(f"`{what}` is {np.shape(labels)}, the design has {n} rows.")
    _, codes = np.unique(np.asarray(labels), return_inverse=True)
    return codes.astype(np.int64)


def _absorbed(group: IntArray | None, people: IntArray | None) -> int:
    """How many coefficients the absorbed groups count as; see `ols`."""
    if group is None:
        return 0
    n_groups = int(group.max()) + 1
    if people is not None:
        n_pairs = len(np.unique(group * (int(people.max()) + 1) + people))
        if n_pairs == n_groups:
            return 1
    return n_groups


def _check_enough(n: int, used: int, n_clusters: int | None) -> None:
    if n <= used:
        raise RegressionError(f"{n} rows cannot carry {used} coefficients.")
    if n_clusters is not None and n_clusters < 2:
        raise RegressionError("All rows come from one cluster: there is nothing to compare with.")


def _within(x: FloatArray, y: FloatArray, group: IntArray) -> tuple[FloatArray, FloatArray]:
    """Take out the mean of each group; what is left of a constant by rounding becomes 0."""
    n_groups = int(group.max()) + 1
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(n_groups))
    size = np.bincount(group)[:, None]

    def centred(values: FloatArray) -> FloatArray:
        means = np.add.reduceat(values[order], starts, axis=0) / size
        return values - means[group]

    inside = centred(x)
    length, left = np.linalg.norm(x, axis=0), np.linalg.norm(inside, axis=0)
    inside[:, left <= TOLERANCE * length] = 0.0
    return inside, centred(y)


def _scaled(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Columns of unit length, so that one tolerance fits all; zeros stay zeros."""
    length = np.linalg.norm(x, axis=0)
    length[length == 0] = 1.0
    return x / length, length


def _dependent(r: FloatArray, k: int) -> tuple[int, ...]:
    """Columns that keep no length of their own: |R_jj| is what column j adds to those before."""
    kept = np.zeros(k)
    kept[: min(r.shape)] = np.abs(np.diagonal(r))
    return tuple(np.flatnonzero(kept < TOLERANCE).tolist())


def _solve(
    x: FloatArray, y: FloatArray, names: tuple[str, ...]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(X'X)^-1, coefficients and residuals, by one QR for all outcomes."""
    scaled, length = _scaled(x)
    q, r = np.linalg.qr(scaled)
    repeated = _dependent(r, x.shape[1])
    if repeated:
        listed = ", ".join(names[i] for i in repeated)
        raise RegressionError(
            f"These columns are constant or repeat the columns before them: {listed}. "
            "Leave them out, or take another base level."
        )
    inverse = solve_triangular(r, np.eye(len(r))) / length[:, None]
    coef = inverse @ (q.T @ y)
    return inverse @ inverse.T, coef, y - x @ coef


def _explained(x: FloatArray, y: FloatArray, resid: FloatArray, *, centred: bool) -> FloatArray:
    if centred and _holds_constant(x):
        y = y - y.mean(axis=0)
    total = (y**2).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, 1 - (resid**2).sum(axis=0) / total, np.nan)


def _holds_constant(x: FloatArray) -> bool:
    """Whether some columns add up to a constant: an intercept, or a dummy for every level."""
    if ((x == x[0]) & (x[0] != 0)).all(axis=0).any():
        return True
    found, *_ = np.linalg.lstsq(x, np.ones(len(x)), rcond=None)
    return bool(np.abs(x @ found - 1).max() < TOLERANCE)
