"""Where people disagree, without knowing who said what: utilities as distributions.

Model (distributional preference learning: Siththaranjan, Laidlaw, Hadfield-Menell, ICLR 2024; own
formulation for frozen features): the utility of a reply to a person drawn at random is
N(mu, sigma^2) with mu = x . m and log sigma = s . [x, y], where y are features of the message, so

    P(a preferred to b) = Phi((mu_a - mu_b) / sqrt(sigma_a^2 + sigma_b^2)).

Only the ratio of mu and sigma shows; sigma is 1 where all its features are 0, the mean reply to the
mean message. What it cannot tell apart, for want of raters' names, is people who differ from people
who are undecided; the personal head can (`taste`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_ndtr, ndtr, ndtri

from manyvoices.schema.errors import ConvergenceError
from manyvoices.train.personal.choices import Choices, FloatArray
from manyvoices.train.personal.fairness import Population
from manyvoices.train.personal.lowrank import PersonalHead

_MAX_ITERATIONS = 1000
_WIDEST = 5.0
"""Largest |log sigma|: beyond, a pair is certain or a coin already."""


@dataclass(frozen=True, slots=True, eq=False)
class MeanVariance:
    """The head."""

    mean: FloatArray
    """(d,) m."""
    log_sd: FloatArray
    """(d + dy,) s."""

    def mu(self, x: FloatArray) -> FloatArray:
        """(n,) mean utility of replies (n, d)."""
        return np.asarray(x @ self.mean)

    def sigma(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """(n,) standard deviation of the utility of replies (n, d) to messages (n, dy)."""
        return np.exp(np.clip(np.hstack([x, y]) @ self.log_sd, -_WIDEST, _WIDEST))

    def quantile(self, x: FloatArray, y: FloatArray, q: float = 0.1) -> FloatArray:
        """(n,) utility that a share 1 - q of people get at least: for choosing without risk."""
        return np.asarray(self.mu(x) + ndtri(q) * self.sigma(x, y))

    def probability(self, x: FloatArray, y: FloatArray, pairs: Choices) -> FloatArray:
        """(n_pairs,) P(the first of each pair is preferred)."""
        return np.asarray(ndtr(_ratio(self.mu(x), self.sigma(x, y), pairs)[0]))


def _ratio(mu: FloatArray, sigma: FloatArray, pairs: Choices) -> tuple[FloatArray, FloatArray]:
    a, b = pairs.item[0::2], pairs.item[1::2]
    together = np.sqrt(sigma[a] ** 2 + sigma[b] ** 2)
    return (mu[a] - mu[b]) / together, together


@dataclass(slots=True)
class MeanVarianceObjective:
    """Minus the penalised log likelihood, with its gradient.

    Pairs hold the share of the first one's wins in ``share[0::2]``: 1, or 1/2 for a tie.
    """

    pairs: Choices
    x: FloatArray
    y: FloatArray
    l2: float
    l2_sd: float

    def __call__(self, flat: FloatArray) -> tuple[float, FloatArray]:
        """(value, gradient) at ``[m, s]``."""
        d = self.x.shape[1]
        both = np.hstack([self.x, self.y])
        raw = both @ flat[d:]
        head = MeanVariance(flat[:d], flat[d:])
        mu, sigma = head.mu(self.x), head.sigma(self.x, self.y)
        ratio, together = _ratio(mu, sigma, self.pairs)
        won, weight = self.pairs.share[0::2], self.pairs.weight
        value = weight @ (won * log_ndtr(ratio) + (1 - won) * log_ndtr(-ratio))
        slope = weight * (won * _hazard(ratio) - (1 - won) * _hazard(-ratio))
        on_mu = self._to_items(slope / together, -slope / together)
        # d ratio / d log sigma_i = -ratio sigma_i^2 / (sigma_a^2 + sigma_b^2)
        shared = -slope * ratio / together**2
        on_sd = self._to_items(shared, shared) * sigma**2 * (np.abs(raw) < _WIDEST)
        pull = np.concatenate([self.l2 * flat[:d], self.l2_sd * flat[d:]])
        gradient = np.concatenate([self.x.T @ on_mu, both.T @ on_sd]) - pull
        n = max(len(weight), 1)
        return float(0.5 * flat @ pull - value) / n, -gradient / n

    def _to_items(self, first: FloatArray, second: FloatArray) -> FloatArray:
        n = len(self.x)
        a, b = self.pairs.item[0::2], self.pairs.item[1::2]
        found = np.bincount(a, first, minlength=n) + np.bincount(b, second, minlength=n)
        return np.asarray(found, dtype=np.float64)


def _hazard(x: FloatArray) -> FloatArray:
    """phi(x) / Phi(x), without underflow."""
    return np.asarray(np.exp(-0.5 * x * x - 0.5 * np.log(2 * np.pi) - log_ndtr(x)))


def fit_mean_variance(
    pairs: Choices,
    x: FloatArray,
    y: FloatArray,
    *,
    l2: float = 10.0,
    l2_sd: float = 30.0,
    constant_sd: bool = False,
) -> MeanVariance:
    """The head that makes the pairs most probable.

    Args:
        pairs: Sets of two (``choices_of(..., likelihood="pairs")``).
        y: (n_items, dy) features of each item's message, 0 in the mean.
        l2, l2_sd: Precisions of the normal priors of the entries of m and of s.
        constant_sd: Only the mean: what the variance is held against (Thurstone 1927, case V).

    Raises:
        ConvergenceError: The search did not end.
    """
    d, both = x.shape[1], x.shape[1] + y.shape[1]
    objective = MeanVarianceObjective(pairs, x, y, l2, 1e12 if constant_sd else l2_sd)
    # At m = 0 the likelihood does not depend on s, so that the mean is found first.
    mean = np.zeros(d)
    if not constant_sd:
        mean = fit_mean_variance(pairs, x, y, l2=l2, constant_sd=True).mean
    start = np.concatenate([mean, np.zeros(both)])
    bounds = [(None, None)] * d + [(0.0, 0.0) if constant_sd else (None, None)] * both
    found = minimize(
        objective,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": _MAX_ITERATIONS, "gtol": 1e-6, "ftol": 1e-10, "maxcor": 20},
    )
    if not np.isfinite(found.fun) or found.nit >= _MAX_ITERATIONS:
        raise ConvergenceError(
            f"the mean-and-variance head was not found in {found.nit} steps ({found.message}); "
            "raise disagreement.l2"
        )
    return MeanVariance(found.x[:d], found.x[d:])


def explained(
    head: MeanVariance, x: FloatArray, y: FloatArray, groups: Sequence[Sequence[int]]
) -> float:
    """r^2: the share of the variance of utilities that who asks does not matter for.

    Variance of mu within messages over that plus the mean of sigma^2. The paper's variance of mu
    is over all replies; between messages it is not identified by comparisons.
    """
    mu, sigma = head.mu(x), head.sigma(x, y)
    within = np.concatenate([mu[list(g)] - mu[list(g)].mean() for g in groups])
    degrees = max(len(within) - len(groups), 1)
    items = np.unique(np.concatenate([np.array(g) for g in groups]))
    common = float((within**2).sum() / degrees)
    return common / (common + float((sigma[items] ** 2).mean()))


def reversal(p: FloatArray) -> FloatArray:
    """P(two answers contradict each other) where each is yes with probability p; at most 1/2."""
    return np.asarray(2 * p * (1 - p))


def taste(
    head: PersonalHead, apart: FloatArray, population: Population
) -> tuple[FloatArray, FloatArray]:
    """Disagreement between people, their indecision taken out, as the personal head sees it.

    Args:
        apart: (n_pairs, d) features of one reply less the other's.

    Returns:
        (n_pairs,) share of people whose own utility is higher for the first; and the standard
        deviation over people of the difference.
    """
    mean = apart @ head.parameters.beta
    along = apart @ head.parameters.basis
    spread = np.sqrt(np.einsum("nk,kl,nl->n", along, population.covariance, along))
    flat = spread < 1e-12
    share = ndtr(mean / np.where(flat, 1.0, spread))
    return np.where(flat, (np.sign(mean) + 1) / 2, share), spread
