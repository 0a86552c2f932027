"""How much of a score goes with an answer's form: regressions of the score on text features.

PRISM, Table 27 and Figures 35 and 36 (arXiv 2404.16019, appendix T.8).
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from manyvoices.analyse.ranks.features import FEATURES
from manyvoices.analyse.ranks.openers import Openers
from manyvoices.analyse.regression import Fit, RegressionError, dependent_columns, ols
from manyvoices.analyse.resampling import Resampling, cluster_means
from manyvoices.analyse.table import FloatArray, IntArray

if TYPE_CHECKING:
    import polars as pl

PLAIN = "As PRISM: plain, classical errors"
CLUSTERED = "Plain, errors by participant"
BY_PERSON = "Within participants, models held fixed"
WITHIN = "Within conversations, models held fixed"
N_BINS = 20
"""Bins of length and of score in the joint distribution."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One coefficient: points of score for one unit of the feature (a character; 0 to 1)."""

    feature: str
    coef: float
    se: float
    t: float
    p: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ScoreModel:
    """One regression of the score."""

    name: str
    effects: tuple[Effect, ...]
    """The features and, where the model has one, ``const``."""
    n: int
    n_people: int
    r2: float
    errors: str
    """``classical`` or ``cluster``."""
    left_out: tuple[str, ...] = ()
    """Features that are constant here, or repeat others."""


@dataclass(frozen=True, slots=True, eq=False)
class LengthCurve:
    """Score by length, as counts and as means."""

    edges: FloatArray
    """(bins + 1,) characters; the longest twentieth of the answers is beyond the last."""
    score_edges: FloatArray
    """(bins + 1,)."""
    counts: IntArray
    """(bins of length, bins of score)."""
    mean: FloatArray
    """(bins,) mean score by length, NaN where empty, with intervals over resampled people."""
    low: FloatArray
    high: FloatArray
    p95: float
    """95th percentile of length in characters."""
    line: ScoreModel
    """The straight line through all answers."""


@dataclass(frozen=True, slots=True, eq=False)
class FeatureShares:
    """How often each model's answers have each feature."""

    models: tuple[str, ...]
    """In alphabetical order, as in PRISM's figure."""
    n: IntArray
    """(n,) answers."""
    share: FloatArray
    """(features, n) mean of the feature: a share, or for the first, characters."""
    low: FloatArray
    """(features, n) intervals over resampled people."""
    high: FloatArray


def score_models(openers: Openers, ours: pl.DataFrame, prism: pl.DataFrame) -> list[ScoreModel]:
    """PRISM's regression as it was, the same with better errors, and the one it asks for.

    1. Table 27: all features as PRISM detects them, classical errors.
    2. Our detection, errors that allow for a person's answers to depend on each other (CR1).
    3. The same within participants, so that who scores high is held fixed, and with a dummy per
       model, so that a model's quality does not pass for its habit of writing long.
    4. The same within conversations: each answer is compared with those beside it, so person,
       prompt and topic are held fixed.
    """
    score, people = openers.scores.score, openers.scores.cluster
    talks = openers.scores.turn
    found = [
        fit_model(PLAIN, prism, score, people, errors="classical"),
        fit_model(CLUSTERED, ours, score, people),
    ]
    dummies = _dummies(openers.scores.model, len(openers.scores.models))
    # Where no two answers of a conversation differ in form, the others stand alone.
    for name, held in ((BY_PERSON, people), (WITHIN, talks)):
        with contextlib.suppress(RegressionError):
            found.append(fit_model(name, ours, score, people, absorb=held, controls=dummies))
    return found


def fit_model(
    name: str,
    features: pl.DataFrame,
    score: FloatArray,
    people: IntArray,
    *,
    errors: str = "cluster",
    absorb: IntArray | None = None,
    controls: FloatArray | None = None,
    columns: Sequence[str] = FEATURES,
) -> ScoreModel:
    """Regress score (n,) on `columns` of `features` (n rows); constant columns are left out.

    `controls` (n, c) are held fixed and not reported. Raises `RegressionError` where nothing can
    be estimated.
    """
    names = [*(() if absorb is not None else ("const",)), *columns]
    parts = [np.ones(len(score)) if c == "const" else _column(features, c) for c in names]
    x = np.column_stack(parts)
    shown = len(names)
    if controls is not None:
        # Controls first, so that what repeats them is found among the features.
        x = np.column_stack((controls, x))
    n_controls = x.shape[1] - shown
    repeated = set(dependent_columns(_centred(x, absorb)))
    kept = [i for i in range(x.shape[1]) if i not in repeated]
    fit = ols(
        x[:, kept], score, cluster=people, se="classical" if errors == "classical" else "cluster",
        absorb=absorb, names=[names[i - n_controls] if i >= n_controls else f"control{i}"
                              for i in kept],
    )  # fmt: skip
    return ScoreModel(
        name=name,
        effects=tuple(_effect(fit, i) for i, name in enumerate(fit.names) if name in names),
        n=fit.n,
        n_people=len(np.unique(people)),
        r2=float(fit.r2[0]),
        errors=errors,
        left_out=tuple(names[i - n_controls] for i in sorted(repeated) if i >= n_controls),
    )


def length_curve(
    features: pl.DataFrame,
    score: FloatArray,
    people: IntArray,
    *,
    scale: tuple[int, int],
    resampling: Resampling,
) -> LengthCurve:
    """Figure 35: score by length, up to the 95th percentile of length."""
    length = _column(features, "text_length")
    p95 = float(np.quantile(length, 0.95))
    edges = np.linspace(0.0, max(p95, 1.0), N_BINS + 1)
    score_edges = np.linspace(scale[0], scale[1], N_BINS + 1)
    counts, _, _ = np.histogram2d(length, score, bins=(edges, score_edges))
    inside = length <= edges[-1]
    place = np.clip(np.searchsorted(edges, length[inside], side="right") - 1, 0, N_BINS - 1)
    means = cluster_means(
        score[inside], place.astype(np.int64), people[inside], n_groups=N_BINS,
        resampling=resampling,
    )  # fmt: skip
    line = fit_model("Length alone", features, score, people, columns=("text_length",))
    return LengthCurve(
        edges, score_edges, counts.astype(np.int64), means.mean, means.low, means.high, p95, line
    )


def feature_shares(
    openers: Openers, features: pl.DataFrame, *, resampling: Resampling
) -> FeatureShares:
    """Figure 36: how often each model's answers have each feature."""
    scores = openers.scores
    n = len(scores.models)
    order = np.argsort(np.array(scores.models, dtype=object))
    means = [
        cluster_means(_column(features, name), scores.model, scores.cluster, n_groups=n,
                      resampling=resampling)
        for name in FEATURES
    ]  # fmt: skip
    return FeatureShares(
        models=tuple(scores.models[code] for code in order),
        n=np.bincount(scores.model, minlength=n)[order],
        share=np.stack([one.mean for one in means])[:, order],
        low=np.stack([one.low for one in means])[:, order],
        high=np.stack([one.high for one in means])[:, order],
    )


def by_feature(model: ScoreModel) -> Mapping[str, Effect]:
    """The effects of a model by feature."""
    return {effect.feature: effect for effect in model.effects}


def _effect(fit: Fit, i: int) -> Effect:
    cells = (fit.coef, fit.se, fit.t, fit.p, fit.low, fit.high)
    return Effect(fit.names[i], *(float(cell[i, 0]) for cell in cells))


def _column(features: pl.DataFrame, name: str) -> FloatArray:
    return np.asarray(features[name].to_numpy(), dtype=np.float64)


def _dummies(codes: IntArray, n: int) -> FloatArray:
    """(rows, n - 1): a column per model but the one with most answers."""
    seen = np.bincount(codes, minlength=n)
    others = [code for code in range(n) if seen[code] and code != int(seen.argmax())]
    return np.asarray((codes[:, None] == np.array(others)[None, :]).astype(np.float64))


def _centred(x: FloatArray, group: IntArray | None) -> FloatArray:
    """x less its means within groups, in which what repeats itself shows; x itself without any."""
    if group is None:
        return x
    _, codes = np.unique(group, return_inverse=True)
    size = np.bincount(codes)
    means = np.stack([np.bincount(codes, weights=column) / size for column in x.T], axis=1)
    inside = x - means[codes]
    inside[:, np.abs(inside).max(axis=0) <= 1e-9 * np.abs(x).max(axis=0)] = 0.0
    return np.asarray(inside)
