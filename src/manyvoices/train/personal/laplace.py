"""The likelihood of people who differ in few directions, their own weights integrated out.

Model: u_person(x) = x . (beta + V w), w ~ N(A z, I), with features x (d,), what all share beta
(d,), K directions in which people differ V (d, K), survey columns z (p,) and their effect A (K, p).
The unit covariance loses nothing: its size is V's. V is determined up to a rotation.

Written w = A z + e with e ~ N(0, I), the likelihood of one person is the integral of
exp(l(e)) N(e; 0, I) de, by Laplace's approximation l(m) - |m|^2 / 2 - log det H / 2 at its mode m,
H = I + minus the second derivative of l. Maximising over e together with V instead would be no
estimate: V grows and e shrinks without end. The gradient here is exact, the mode's own movement
included. Source: Tierney, Kadane, JASA 81 (1986); own derivation of the gradient, checked against
differences in the tests.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from manyvoices.schema.errors import ConvergenceError
from manyvoices.train.personal.choices import Choices, FloatArray

TOLERANCE = 1e-6
"""Largest Newton step of a weight at which modes are found: the step is taken, and what is then
left is of the size of its square."""
MAX_STEPS = 100


@dataclass(frozen=True, slots=True, eq=False)
class Parameters:
    """What all people have in common."""

    beta: FloatArray
    """(d,) what all share."""
    basis: FloatArray
    """(d, K) V: in which directions they differ; K may be 0."""
    survey: FloatArray
    """(K, p) A: what the survey says of a person's weights."""

    def flat(self) -> FloatArray:
        """(d + d K + K p,) for an optimiser."""
        return np.concatenate([self.beta, self.basis.ravel(), self.survey.ravel()])

    def like(self, flat: FloatArray) -> Parameters:
        """The other way."""
        d, k = self.basis.shape
        return Parameters(
            flat[:d],
            flat[d : d + d * k].reshape(d, k),
            flat[d + d * k :].reshape(self.survey.shape),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Modes:
    """The posterior of each person's deviation e from what the survey says."""

    mean: FloatArray
    """(n_people, K) mode."""
    precision: FloatArray
    """(n_people, K, K) H at the mode: the inverse covariance."""


@dataclass(frozen=True, slots=True, eq=False)
class Evaluated:
    """The log likelihood at some parameters, and its gradient."""

    by_person: FloatArray
    """(n_people,) log likelihood, the person's weights integrated out; 0 for who said nothing."""
    gradient: Parameters
    """Of the sum over people."""
    modes: Modes


@dataclass(frozen=True, slots=True, eq=False)
class _At:
    """What is known of rows at some deviations."""

    share: FloatArray
    """(n_rows,) probability of each row in its set."""
    residual: FloatArray
    """(n_rows,) weight * (share seen - share expected)."""
    centred: FloatArray
    """(n_rows, K) the item's coordinates less their mean in the set."""
    information: FloatArray
    """(n_people, K, K) I + expected second derivatives."""


def _at(choices: Choices, base: FloatArray, coordinates: FloatArray, e: FloatArray) -> _At:
    utility = base + np.einsum("ik,ik->i", coordinates, e[choices.item_person])
    share = np.exp(choices.log_shares(utility))
    rows = coordinates[choices.item]
    centred = rows - choices.sums(share[:, None] * rows)[choices.stage]
    scaled = (choices.row_weight * share)[:, None] * centred
    information = np.tile(np.eye(coordinates.shape[1]), (choices.n_people, 1, 1))
    bounds = choices.bounds
    # One small product per person is several times faster than all outer products of rows.
    for person in np.flatnonzero(np.diff(bounds)):
        mine = slice(bounds[person], bounds[person + 1])
        information[person] += scaled[mine].T @ centred[mine]
    return _At(share, choices.row_weight * (choices.share - share), centred, information)


def find_modes(
    choices: Choices, base: FloatArray, coordinates: FloatArray, start: FloatArray | None = None
) -> Modes:
    """The most probable deviation of every person; see `_climbed`.

    Raises:
        ConvergenceError: After 100 steps somebody's mode still moves.
    """
    return _climbed(choices, base, coordinates, start)[0]


def _climbed(
    choices: Choices, base: FloatArray, coordinates: FloatArray, start: FloatArray | None
) -> tuple[Modes, _At]:
    """Modes, and what is known of rows there.

    The step is Newton's, shortened by log(1 + r) / r where r is twice the largest change of a
    utility of that person. Along a line the third derivative of this likelihood is at most r times
    the second, so that it climbs without a line search, as in `aggregate.likelihood` (Sun and
    Tran-Dinh, Mathematical Programming 178, 2019).

    Args:
        base: (n_items,) utilities at e = 0.
        coordinates: (n_items, K) X V.
        start: (n_people, K) where to begin.
    """
    n, k = choices.n_people, coordinates.shape[1]
    e = np.zeros((n, k)) if start is None else start.copy()
    for _ in range(MAX_STEPS):
        at = _at(choices, base, coordinates, e)
        slope = choices.to_people @ (at.residual[:, None] * coordinates[choices.item]) - e
        step = np.linalg.solve(at.information, slope[:, :, None])[:, :, 0]
        moved = np.einsum("ik,ik->i", coordinates, step[choices.item_person])
        r = np.zeros(n)
        np.maximum.at(r, choices.item_person, 2 * np.abs(moved))
        e += step * np.where(r > 0, np.log1p(r) / np.where(r > 0, r, 1.0), 1.0)[:, None]
        if not np.abs(step).max(initial=0.0) > TOLERANCE:
            at = _at(choices, base, coordinates, e)
            return Modes(e, at.information), at
    raise ConvergenceError(
        f"the modes of people's weights still move by {np.abs(step).max():.2g} after {MAX_STEPS} "
        "steps; features are probably not standardised, or the penalty of the basis is near 0"
    )


def evaluate(
    choices: Choices,
    x: FloatArray,
    z: FloatArray,
    at: Parameters,
    start: FloatArray | None = None,
) -> Evaluated:
    """Log likelihood and gradient.

    Args:
        x: (n_items, d) features.
        z: (n_people, p) survey.
        start: (n_people, K) near the modes, from an earlier call: faster, and the same result.
    """
    coordinates = x @ at.basis
    expected = z @ at.survey.T
    base = x @ at.beta + np.einsum("ik,ik->i", coordinates, expected[choices.item_person])
    modes, rows = _climbed(choices, base, coordinates, start)
    by_person = _marginal(choices, base, coordinates, modes)
    slope_u, slope_b = _slopes(choices, coordinates, rows, modes.precision)
    on_item = choices.to_items @ slope_u
    weights = (expected + modes.mean)[choices.item_person]
    by_item = on_item[:, None] * weights + choices.to_items @ slope_b
    on_person = choices.items_to_people @ (on_item[:, None] * coordinates)
    gradient = Parameters(x.T @ on_item, x.T @ by_item, on_person.T @ z)
    return Evaluated(by_person, gradient, modes)


def _marginal(
    choices: Choices, base: FloatArray, coordinates: FloatArray, modes: Modes
) -> FloatArray:
    e = modes.mean
    utility = base + np.einsum("ik,ik->i", coordinates, e[choices.item_person])
    size = np.linalg.slogdet(modes.precision)[1]
    joint = choices.log_likelihood(utility) - 0.5 * np.einsum("nk,nk->n", e, e)
    return np.asarray(joint - 0.5 * size)


def _slopes(
    choices: Choices, coordinates: FloatArray, at: _At, precision: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Derivatives of the sum of log likelihoods by each row's utility (n_rows,) and by its item's
    coordinates (n_rows, K), where these stand elsewhere than in the utility.

    With c the centred coordinates, pi the share and w the weight, H's derivative by a utility is
    w pi (c c^T - its mean over the set); m is the mode's answer to that.
    """
    person = choices.row_person
    inverse = np.linalg.inv(precision)
    turned = np.einsum("rkl,rl->rk", inverse[person], at.centred)
    size = np.einsum("rk,rk->r", at.centred, turned)
    expected = choices.row_weight * at.share
    third = -0.5 * expected * (size - choices.sums(at.share * size)[choices.stage])
    pull = choices.to_people @ (third[:, None] * coordinates[choices.item])
    m = np.einsum("nkl,nl->nk", inverse, pull)[person]
    slope_u = at.residual + third - expected * np.einsum("rk,rk->r", m, at.centred)
    slope_b = at.residual[:, None] * m - expected[:, None] * turned
    return slope_u, slope_b
