"""Style control: how much of a win is length, formatting or place, and the order without them.

The log odds that a wins are theta_a - theta_b + x'beta, where x holds what the two answers differ
in (a minus b). Chiang et al., "Chatbot Arena" (arXiv 2403.04132) and its style control; the same
model is in Agresti, Categorical Data Analysis (2013), 11.6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.special import expit, ndtri

from manyvoices.aggregate.battles import Battles
from manyvoices.aggregate.connectivity import connectivity
from manyvoices.aggregate.errors import CollinearError, NotConnectedError
from manyvoices.aggregate.kinds import FloatArray, Ties
from manyvoices.aggregate.likelihood import MAX_STEPS, TOLERANCE, not_converged, solve
from manyvoices.aggregate.ratings import Coefficient, Ratings, ranks_of, to_scale
from manyvoices.aggregate.settings import Settings

POSITION = "shown_first"


@dataclass(frozen=True, slots=True, eq=False)
class Covariates:
    """What the two answers of each battle differ in."""

    names: tuple[str, ...]
    values: FloatArray
    """(rows, k): a minus b, finite, in any unit; beta is per unit."""

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != len(self.names):
            raise ValueError(
                f"{len(self.names)} covariates need values (rows, {len(self.names)}), "
                f"found {self.values.shape}"
            )
        if not np.isfinite(self.values).all():
            raise ValueError("covariates must be finite: leave battles out where one is missing")

    @classmethod
    def differences(
        cls,
        of_a: Mapping[str, Sequence[float]],
        of_b: Mapping[str, Sequence[float]],
        *,
        relative: bool = False,
        standardize: bool = True,
    ) -> Covariates:
        """Return a minus b for each name; `relative` divides by a plus b (0 where both are 0).

        `standardize` divides by the standard deviation over all battles, so that one unit is one
        deviation and coefficients of different covariates can be compared.
        """
        if of_a.keys() != of_b.keys():
            raise ValueError(f"a has {', '.join(of_a)}; b has {', '.join(of_b)}")
        columns = []
        for name in of_a:
            a, b = (np.asarray(side[name], dtype=np.float64) for side in (of_a, of_b))
            gap = a - b
            if relative:
                gap = np.divide(gap, a + b, out=np.zeros_like(gap), where=(a + b) != 0)
            deviation = gap.std()
            columns.append(gap / deviation if standardize and deviation > 0 else gap)
        return cls(tuple(of_a), np.stack(columns, axis=1))

    @classmethod
    def position(cls, battles: Battles) -> Covariates:
        """Return the covariate of place: a was shown first, so it is 1 in every battle.

        Its coefficient is the log odds that an answer wins over an equal one shown after it.
        """
        return cls((POSITION,), np.ones((len(battles), 1)))

    def __add__(self, other: Covariates) -> Covariates:
        """Return both sets of covariates side by side."""
        return Covariates(self.names + other.names, np.hstack((self.values, other.values)))


@dataclass(frozen=True, slots=True, eq=False)
class Regression:
    """A fit of strengths and covariates, and how sure it is."""

    theta: FloatArray
    """(n,) log strengths, mean 0."""
    beta: FloatArray
    """(k,)"""
    covariance: FloatArray
    """(n + k, n + k), strengths first; cluster-robust."""
    model_based: FloatArray
    """The same if every battle were independent and the model true."""
    steps: int


def rate_with_covariates(
    battles: Battles, method: str, settings: Settings, covariates: Covariates
) -> Ratings:
    """Score models by Bradley-Terry with `covariates`; see `fit`."""
    if method != "bradley_terry" or settings.tie_model is not None:
        raise ValueError("covariates go with bradley_terry, without a model of ties")
    found = regress(battles, covariates, ties=settings.ties, l2=settings.l2)
    n = len(battles.models)
    errors = np.sqrt(np.diagonal(found.covariance)[n:])
    z = float(ndtri(0.975))
    scores = to_scale(found.theta, method, settings.scale, settings.anchor_code(battles.models))
    return Ratings(
        models=battles.models,
        scores=scores,
        ranks=ranks_of(scores),
        method=method,
        scale=settings.scale,
        settings={**settings.as_dict(method), "covariates": covariates.names, "level": 0.95},
        iterations=found.steps,
        coefficients=tuple(
            Coefficient(name, float(b), float(e), float(b - z * e), float(b + z * e))
            for name, b, e in zip(covariates.names, found.beta, errors, strict=True)
        ),
    )


def regress(
    battles: Battles, covariates: Covariates | None = None, *, ties: Ties = "half", l2: float = 0.0
) -> Regression:
    """Fit theta and beta by Newton, with the sandwich covariance of Huber and White.

    The middle of the sandwich adds up whole participants (Liang and Zeger, Biometrika 73, 1986),
    times g / (g - 1) for g participants; battles without participants count each for itself.
    Raises `NotConnectedError`, `ConvergenceError`, and `CollinearError` for a covariate that the
    others, or the models, already tell.
    """
    extra = np.zeros((len(battles), 0)) if covariates is None else covariates.values
    if len(extra) != len(battles):
        raise ValueError(f"{len(battles)} battles need as many rows of covariates: {len(extra)}")
    n, k = len(battles.models), extra.shape[1]
    for_a, for_b = battles.shares(ties)
    wins = battles.tally(ties)
    linked = connectivity(wins, battles.models)
    if l2 == 0 and not linked.is_strong:
        raise NotConnectedError("bradley_terry", "give a penalty (l2=0.01)", linked)
    design = _design(battles, extra)
    pin = np.zeros((n + k, n + k))
    pin[:n, :n] = np.eye(n) * l2 if l2 else np.full((n, n), (for_a + for_b).sum() / (4 * n * n))
    names = () if covariates is None else covariates.names
    top = _climb(design, (for_a, for_b), pin, l2, names)
    parameters = top.parameters
    parameters[:n] -= parameters[:n].mean()
    bread: FloatArray = np.linalg.inv(top.information).astype(np.float64)
    if not l2:
        # Without its pin the matrix is singular along the common shift; its pseudo-inverse is this.
        shift = np.append(np.ones(n) / np.sqrt(n), np.zeros(k))
        bread -= np.outer(shift, shift) / (shift @ top.information @ shift)
    pieces = _of_each_person(battles, design.multiply(top.surplus[:, None]).tocsr())
    g = len(pieces)
    meat = pieces.T @ pieces * (g / (g - 1) if g > 1 else np.nan)
    return Regression(parameters[:n], parameters[n:], bread @ meat @ bread, bread, top.steps)


@dataclass(frozen=True, slots=True, eq=False)
class _Top:
    """Where the likelihood is highest."""

    parameters: FloatArray
    """(n + k,) strengths, then coefficients."""
    surplus: FloatArray
    """(rows,) wins of a above what the model expects."""
    information: FloatArray
    """(n + k, n + k), with the pin."""
    steps: int


def _climb(
    design: csr_array,
    shares: tuple[FloatArray, FloatArray],
    pin: FloatArray,
    l2: float,
    names: Sequence[str],
) -> _Top:
    """Newton's steps; long ones are shortened, so that no chance is overshot."""
    for_a, for_b = shares
    n = design.shape[1] - len(names)
    parameters = np.zeros(design.shape[1])
    for step_number in range(1, MAX_STEPS + 1):
        chance = expit(design @ parameters)
        surplus = for_a * (1 - chance) - for_b * chance
        curve = (for_a + for_b) * chance * (1 - chance)
        slope = design.T @ surplus
        slope[:n] -= l2 * parameters[:n]
        information = (design.T @ design.multiply(curve[:, None]).tocsr()).toarray() + pin
        if step_number == 1:
            _check_identified(information, n, names)
        step = solve(information[None], slope[None])[0]
        reach = float(np.abs(design @ step).max(initial=0.0))
        parameters += step * (np.log1p(reach) / reach if reach > 0 else 1.0)
        if reach < TOLERANCE:
            return _Top(parameters, surplus, information, step_number)
    raise not_converged("bradley_terry with covariates", reach)


def _design(battles: Battles, extra: FloatArray) -> csr_array:
    """(rows, n + k): one at a, minus one at b, then the covariates."""
    rows, n, k = len(battles), len(battles.models), extra.shape[1]
    columns = np.empty((rows, 2 + k), dtype=np.int64)
    columns[:, 0], columns[:, 1] = battles.a, battles.b
    columns[:, 2:] = n + np.arange(k)
    values = np.hstack((np.ones((rows, 1)), -np.ones((rows, 1)), extra))
    ends = np.arange(rows + 1) * (2 + k)
    return csr_array((values.ravel(), columns.ravel(), ends), shape=(rows, n + k))


def _of_each_person(battles: Battles, pieces: csr_array) -> FloatArray:
    """Sum the rows of `pieces` (rows, p) over each participant: (participants, p)."""
    if battles.cluster is None:
        return np.asarray(pieces.toarray())
    people, unit = np.unique(battles.cluster, return_inverse=True)
    rows = len(unit)
    member = csr_array((np.ones(rows), (unit, np.arange(rows))), shape=(len(people), rows))
    return np.asarray((member @ pieces).toarray())


def _check_identified(information: FloatArray, n: int, names: Sequence[str]) -> None:
    scale = np.sqrt(np.maximum(np.diagonal(information), 1e-300))
    values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
    flat = vectors[:, values < 1e-10]
    if flat.size and names:
        raise CollinearError(names[int(np.abs(flat[n:]).max(axis=1).argmax())])
