"""Filling in what people would have said of models they never met, and whether that can be done.

PRISM (arXiv 2404.16019, appendix U.3) fills its table of people by models with scikit-learn's
`IterativeImputer`, once, and treats the result as observed. `impute` is that; `hold_out` asks
whether it knows more than two plain guesses; `impute_many` says how unsure it is.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtrit

from manyvoices.analyse.resampling import Resampling, cluster_means
from manyvoices.analyse.table import BoolArray, FloatArray, IntArray
from manyvoices.analyse.welfare.tables import WelfareTable
from manyvoices.schema import MissingExtraError

MOST_MODELS = 60
"""Each model is regressed on all others, ten times over: more columns than this take too long."""
PRISM_SEED = 1


def impute(table: WelfareTable, *, seed: int = PRISM_SEED, sample: bool = False) -> WelfareTable:
    """The same table without gaps.

    Settings are PRISM's: Bayesian ridge regression of each model on all others, ten rounds, the
    mean to begin with, clipped to the scale. With `sample` a value is drawn for each gap instead
    of the best guess (van Buuren, "Flexible Imputation of Missing Data", 2018, section 3.2).

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    imputer = _imputer(seed, sample=sample)
    with warnings.catch_warnings():
        # Ten rounds seldom meet its tolerance; PRISM takes them as they are.
        warnings.simplefilter("ignore")
        filled = imputer.fit_transform(table.values)
    return table.with_values(np.clip(filled, *table.limits))


def _imputer(seed: int, *, sample: bool) -> Any:
    try:
        from sklearn.experimental import enable_iterative_imputer  # noqa: F401
        from sklearn.impute import IterativeImputer
    except ImportError as error:
        raise MissingExtraError("imputing welfare", "topics") from error
    return IterativeImputer(random_state=seed, sample_posterior=sample, keep_empty_features=True)


def column_means(table: WelfareTable) -> FloatArray:
    """(n_users, n_models): each model's mean, the same for everybody."""
    filled = np.broadcast_to(_mean(table.values, 0)[None, :], table.values.shape)
    return np.array(filled)


def additive_means(table: WelfareTable, *, rounds: int = 50) -> FloatArray:
    """(n_users, n_models): person's mean plus model's, by alternating least squares, clipped.

    A person without a value gets the models' means.
    """
    values = table.values
    model, user = _mean(values, 0), np.zeros(len(values))
    for _ in range(rounds):
        user = np.nan_to_num(_mean(values - model[None, :], 1))
        model = _mean(values - user[:, None], 0)
    return np.asarray(np.clip(user[:, None] + model[None, :], *table.limits))


def _mean(values: FloatArray, axis: int) -> FloatArray:
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        mean: FloatArray = np.where(known, values, 0.0).sum(axis) / known.sum(axis)
    return mean


@dataclass(frozen=True, slots=True)
class Guess:
    """How far one way of guessing was from hidden values."""

    name: str
    rmse: float
    less: float
    """Mean squared error less that of models' means: negative is better than they are."""
    low: float
    """Interval of `less` over resampled people."""
    high: float


@dataclass(frozen=True, slots=True)
class HoldOut:
    """Cells of the table that were hidden and guessed."""

    measure: str
    n_hidden: int
    n_rounds: int
    sd: float
    """Of the hidden values: what RMSE guessing their overall mean would have."""
    guesses: tuple[Guess, ...]
    """Models' means, person and model means, imputed."""

    @property
    def helped(self) -> bool:
        """Whether imputing was better than models' means beyond chance."""
        return self.guesses[-1].high < 0

    @property
    def beat_additive(self) -> bool:
        """Whether it came closer than person and model means."""
        return self.guesses[-1].rmse < self.guesses[1].rmse


def hold_out(
    table: WelfareTable,
    *,
    share: float = 0.1,
    n_rounds: int = 3,
    seed: int = 0,
    resampling: Resampling | None = None,
) -> HoldOut:
    """Hide `share` of the observed cells, guess them in three ways, repeat.

    Cells are hidden so that no model loses all its values. Intervals resample people.
    """
    rng = np.random.default_rng(seed)
    truth, users, made = [], [], []
    for number in range(n_rounds):
        hidden = _hidden(table, share, rng)
        known = table.with_values(np.where(hidden, np.nan, table.values))
        ways = (column_means(known), additive_means(known), impute(known, seed=number + 1).values)
        truth.append(table.values[hidden])
        users.append(np.nonzero(hidden)[0])
        made.append(np.stack([way[hidden] for way in ways]))
    values, guessed = np.concatenate(truth), np.concatenate(made, axis=1)
    names = ("models' means", "person and model means", "imputed")
    errors = (guessed - values) ** 2
    guesses = tuple(
        _guess(name, error, errors[0], np.concatenate(users), resampling or Resampling())
        for name, error in zip(names, errors, strict=True)
    )
    return HoldOut(table.measure, len(values), n_rounds, float(values.std()), guesses)


def _hidden(table: WelfareTable, share: float, rng: np.random.Generator) -> BoolArray:
    met = table.observed
    rows, columns = np.nonzero(met)
    picked = rng.permutation(len(rows))[: round(share * len(rows))]
    hidden = np.zeros_like(met)
    hidden[rows[picked], columns[picked]] = True
    return hidden & (met & ~hidden).any(axis=0)


def _guess(
    name: str, error: FloatArray, plain: FloatArray, users: IntArray, drawn: Resampling
) -> Guess:
    one = np.zeros(len(error), dtype=np.int64)
    less = cluster_means(error - plain, one, users, n_groups=1, resampling=drawn)
    rmse = float(np.sqrt(error.mean()))
    return Guess(name, rmse, float(less.mean[0]), float(less.low[0]), float(less.high[0]))


@dataclass(frozen=True, slots=True, eq=False)
class Pooled:
    """Mean welfare of each model over several imputed tables; arrays (n_models,)."""

    models: tuple[str, ...]
    mean: FloatArray
    low: FloatArray
    high: FloatArray
    missing: FloatArray
    """Share of the uncertainty that comes from not knowing the gaps (Rubin's lambda)."""
    n_tables: int


def impute_many(table: WelfareTable, *, m: int = 5, seed: int = 1) -> tuple[WelfareTable, ...]:
    """`m` tables whose gaps are drawn from what the model leaves open."""
    return tuple(impute(table, seed=seed + number, sample=True) for number in range(m))


def pool(tables: tuple[WelfareTable, ...], rows: IntArray, *, level: float = 0.95) -> Pooled:
    """Mean welfare among the people at `rows`, by Rubin's rules.

    Within: variance of a mean over people. Between: variance of that mean over the tables. Degrees
    of freedom are Rubin's (Multiple Imputation for Nonresponse in Surveys, 1987, section 3.3).
    """
    means = np.stack([one.values[rows].mean(axis=0) for one in tables])
    within = np.stack([one.values[rows].var(axis=0, ddof=1) for one in tables]).mean(axis=0)
    within /= len(rows)
    m = len(tables)
    extra = (1 + 1 / m) * means.var(axis=0, ddof=1)
    total = within + extra
    with np.errstate(divide="ignore", invalid="ignore"):
        missing = np.where(total > 0, extra / total, 0.0)
        degrees = np.minimum((m - 1) / missing**2, 1e9)
    reach = stdtrit(degrees, (1 + level) / 2) * np.sqrt(total)
    mean = means.mean(axis=0)
    return Pooled(tables[0].models, mean, mean - reach, mean + reach, missing, m)
