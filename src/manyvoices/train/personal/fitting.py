"""Fitting the heads: penalised likelihood by L-BFGS, from a start that the data point at.

K counts directions with the shared one: ``K = 1`` is the pooled Bradley-Terry head and nothing
else, ``K = 3`` lets people differ in two. Idea of a basis of few reward directions: Bose et al.,
LoRe (2025); here it is a random-effects model with a survey in the prior, our own formulation.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import minimize

from manyvoices.schema.errors import ConvergenceError
from manyvoices.train.personal.choices import Choices, FloatArray
from manyvoices.train.personal.laplace import Evaluated, Modes, Parameters, evaluate

MAX_ITERATIONS = 1000
TOLERANCE = 1e-5
"""Largest entry of the gradient, per person, at which the search ends."""


@dataclass(frozen=True, slots=True)
class Penalties:
    """Normal priors of mean 0, by their precisions."""

    shared: float = 10.0
    """Of each entry of beta."""
    basis: float = 100.0
    """Of each entry of V."""
    survey: float = 20.0
    """Of each entry of A. As weights have variance 1 among people of equal answers, it is in
    people: an answer that as many people gave as this says counts half of what they show."""


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A fitted head."""

    parameters: Parameters
    modes: Modes = field(repr=False)
    """Of the people it was fitted to."""
    log_likelihood: float
    """Summed over people, weights integrated out, without the penalties."""
    iterations: int

    @property
    def k(self) -> int:
        """Directions, the shared one included."""
        return int(self.parameters.basis.shape[1]) + 1


@dataclass(slots=True)
class Objective:
    """Minus the penalised log likelihood per person, with its gradient, for an optimiser."""

    choices: Choices
    x: FloatArray
    z: FloatArray
    penalties: Penalties
    shape: Parameters
    last: Evaluated | None = None

    def __call__(self, flat: FloatArray) -> tuple[float, FloatArray]:
        """(value, gradient) at `flat`."""
        at = self.shape.like(flat)
        start = None if self.last is None else self.last.modes.mean
        found = evaluate(self.choices, self.x, self.z, at, start)
        if np.isfinite(found.modes.mean).all():
            self.last = found
        pull = self._penalty(at)
        value = found.by_person.sum() - 0.5 * flat @ pull
        n = max(len(np.unique(self.choices.person)), 1)
        return float(-value / n), (pull - found.gradient.flat()) / n

    def _penalty(self, at: Parameters) -> FloatArray:
        p = self.penalties
        pulls = Parameters(p.shared * at.beta, p.basis * at.basis, p.survey * at.survey)
        return pulls.flat()


def fit(
    choices: Choices,
    x: FloatArray,
    z: FloatArray | None = None,
    *,
    k: int = 1,
    penalties: Penalties | None = None,
    start: Parameters | None = None,
) -> Fit:
    """The head of `k` directions.

    Args:
        x: (n_items, d) features; only differences within a set matter.
        z: (n_people, p) survey, 0 in the mean; None: nothing is known of anybody.
        start: Where to begin; None: at the pooled head, with the directions in which people's
            slopes differ by more than chance.

    Raises:
        ConvergenceError: The search did not end.
        ValueError: k is no number of directions.
    """
    if not 1 <= k <= x.shape[1] + 1:
        raise ValueError(f"k is {k}; with {x.shape[1]} features it is 1 to {x.shape[1] + 1}")
    z = np.zeros((choices.n_people, 0)) if z is None else z
    penalties = penalties or Penalties()
    start = start or _start(choices, x, z, k, penalties)
    objective = Objective(choices, x, z, penalties, start)
    found = minimize(
        objective,
        start.flat(),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": MAX_ITERATIONS, "gtol": TOLERANCE, "ftol": 1e-9, "maxcor": 20},
    )
    if not np.isfinite(found.fun) or found.nit >= MAX_ITERATIONS:
        raise ConvergenceError(
            f"the head of {k} directions was not found in {found.nit} steps ({found.message}); "
            "raise the penalties (heads.l2), or use fewer features (features.components)"
        )
    parameters = start.like(found.x)
    end = evaluate(choices, x, z, parameters)
    return Fit(parameters, end.modes, float(end.by_person.sum()), int(found.nit))


def _start(
    choices: Choices, x: FloatArray, z: FloatArray, k: int, penalties: Penalties
) -> Parameters:
    d, p = x.shape[1], z.shape[1]
    nothing = Parameters(np.zeros(d), np.zeros((d, 0)), np.zeros((0, p)))
    if k == 1:
        return nothing
    beta = fit(choices, x, z, k=1, penalties=penalties, start=nothing).parameters.beta
    basis = directions(choices, x, beta, penalties)[:, : k - 1]
    return Parameters(beta, basis, np.zeros((k - 1, p)))


def directions(
    choices: Choices, x: FloatArray, beta: FloatArray, penalties: Penalties
) -> FloatArray:
    """(d, d) directions in which people differ, most first: a start for V.

    With g_u the slope of person u's likelihood at the pooled head and F_u its information, the
    likelihood's second derivative in V at V = 0 is the sum of g_u g_u^T - F_u: positive along a
    direction exactly where people's slopes spread more than chance makes them. As E[g g^T - F] =
    F V V^T F for small V, the eigenvectors are divided by the mean of F.
    """
    utility = x @ beta
    share = np.exp(choices.log_shares(utility))
    residual = choices.row_weight * (choices.share - share)
    rows = x[choices.item]
    slopes = choices.to_people @ (residual[:, None] * rows)
    centred = rows - choices.sums(share[:, None] * rows)[choices.stage]
    information = centred.T @ ((choices.row_weight * share)[:, None] * centred)
    values, vectors = np.linalg.eigh(slopes.T @ slopes - information)
    n = max(len(np.unique(choices.person)), 1)
    ridge = (penalties.basis + 1e-9) / n * np.eye(x.shape[1])
    sizes = np.sqrt(np.maximum(values[::-1] / n, 1e-4))
    found = np.linalg.solve(information / n + ridge, vectors[:, ::-1] * sizes)
    # A direction's sign is free; it is fixed, so that the same data give the same file.
    peak = found[np.abs(found).argmax(axis=0), np.arange(found.shape[1])]
    return np.asarray(found * np.where(peak < 0, -1.0, 1.0))
