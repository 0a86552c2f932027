"""How a group of people rates each model, compared within people alone.

People use the scale in their own way and meet different models. Both are taken out by a constant
per person: what is left says by how much each model is rated above the others by the same people.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.table import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class PeopleStats:
    """Each person reduced to what the fit of any group needs of them."""

    design: FloatArray
    """(people, M, M) X'X after the person's mean is taken out, X one column per model."""
    right: FloatArray
    """(people, M) X'y likewise."""
    n_scores: FloatArray
    """(people, M) scores that the person gave each model."""

    @classmethod
    def of(
        cls, score: FloatArray, model: IntArray, person: IntArray, n_people: int, n_models: int
    ) -> PeopleStats:
        """From rows (n,): `score`, and codes of `model` and `person`."""
        cell = person * n_models + model
        shape = (n_people, n_models)
        n = np.bincount(cell, minlength=n_people * n_models).reshape(shape).astype(np.float64)
        total = np.bincount(cell, weights=score, minlength=n_people * n_models).reshape(shape)
        per_person = np.maximum(n.sum(axis=1), 1)
        design = -n[:, :, None] * n[:, None, :] / per_person[:, None, None]
        diagonal = np.arange(n_models)
        design[:, diagonal, diagonal] += n
        right = total - n * (total.sum(axis=1) / per_person)[:, None]
        return cls(design, right, n)


@dataclass(frozen=True, slots=True, eq=False)
class GroupFit:
    """One group's ratings of the models."""

    effect: FloatArray
    """(M,) points above the mean of the models, which is 0; NaN for a model too few rated."""
    covariance: FloatArray
    """(M, M) clustered by person."""
    n_people: int

    @property
    def known(self) -> IntArray:
        """Codes of the models with an effect."""
        return np.flatnonzero(~np.isnan(self.effect))


def fit_group(
    stats: PeopleStats,
    weight: FloatArray,
    *,
    models: IntArray | None = None,
    equal: bool = False,
) -> GroupFit | None:
    """Rate the models among people with `weight` (people,), 0 = not in the group.

    A weight of 2 is two people. Least squares of scores on models with a constant per person,
    effects summing to 0; errors are CR1 over people, as `analyse.regression.ols` with
    ``absorb=person, cluster=person`` gives (a test holds the two together; this one keeps the
    covariance and costs no pass over the rows). `models`: only these; None takes those that at
    least two of the people rated. With `equal` each person counts the same, however many scores
    they gave. Returns None where the models are not connected by common raters.
    """
    inside = np.flatnonzero(weight > 0)
    w = weight[inside]
    n = stats.n_scores[inside]
    if models is None:
        models = np.flatnonzero(w @ (n > 0) >= 2)
    m, g = len(models), float(w.sum())
    if m < 2 or g < 2:
        return None
    each, right = _own(stats, inside, models)
    if equal:
        share = 1 / np.maximum(n[:, models].sum(axis=1), 1)
        each, right = each * share[:, None, None], right * share[:, None]
    design = np.tensordot(w, each, axes=1)
    if np.linalg.matrix_rank(design) < m - 1:
        return None
    inverse = np.linalg.pinv(design, hermitian=True)
    effect = inverse @ (w @ right)
    score = right - each @ effect
    scaled = score @ inverse
    rows = float(w @ n[:, models].sum(axis=1))
    factor = g / (g - 1) * (rows - 1) / max(rows - m, 1.0)
    covariance = factor * (scaled * w[:, None]).T @ scaled
    return GroupFit(*_placed(effect, covariance, models, stats.design.shape[1]), n_people=round(g))


def _own(stats: PeopleStats, inside: IntArray, models: IntArray) -> tuple[FloatArray, FloatArray]:
    """Design and right side of people at `inside`, of `models` alone."""
    if len(models) == stats.design.shape[1]:
        return stats.design[inside], stats.right[inside]
    # A person's mean is taken over the models that count: it must be taken out anew.
    n = stats.n_scores[inside][:, models]
    per_person = np.maximum(n.sum(axis=1), 1)
    design = -n[:, :, None] * n[:, None, :] / per_person[:, None, None]
    design[:, np.arange(len(models)), np.arange(len(models))] += n
    right = stats.right[inside][:, models]
    return design, right - n * (right.sum(axis=1) / per_person)[:, None]


def _placed(
    effect: FloatArray, covariance: FloatArray, models: IntArray, n_models: int
) -> tuple[FloatArray, FloatArray]:
    whole, square = np.full(n_models, np.nan), np.full((n_models, n_models), np.nan)
    whole[models] = effect
    square[np.ix_(models, models)] = covariance
    return whole, square
