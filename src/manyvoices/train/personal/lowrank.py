"""A fitted head put to use: what the survey says of a person, and what a few choices add to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from manyvoices.train.personal.choices import Choices, FloatArray
from manyvoices.train.personal.laplace import Parameters, find_modes


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """What is known of people's weights w: normal, each."""

    mean: FloatArray
    """(n_people, K)."""
    covariance: FloatArray
    """(n_people, K, K)."""


@dataclass(frozen=True, slots=True, eq=False)
class PersonalHead:
    """u_person(x) = x . (beta + V w), w ~ N(A z, I)."""

    parameters: Parameters

    @property
    def k(self) -> int:
        """Directions, the shared one included; 1 is the pooled head."""
        return int(self.parameters.basis.shape[1]) + 1

    def prior(self, z: FloatArray) -> Weights:
        """Of people of whom only the survey (n_people, p) is known: the cold start."""
        k = self.k - 1
        return Weights(z @ self.parameters.survey.T, np.tile(np.eye(k), (len(z), 1, 1)))

    def posterior(self, choices: Choices, x: FloatArray, z: FloatArray) -> Weights:
        """After what they said, by Laplace's approximation; who said nothing keeps the prior.

        Args:
            x: (n_items, d) features of the items of `choices`.
            z: (n_people, p) survey.
        """
        at, prior = self.parameters, self.prior(z)
        coordinates = x @ at.basis
        base = x @ at.beta
        base = base + np.einsum("ik,ik->i", coordinates, prior.mean[choices.item_person])
        modes = find_modes(choices, base, coordinates)
        covariance: FloatArray = np.linalg.inv(modes.precision).astype(np.float64)
        return Weights(prior.mean + modes.mean, covariance)

    def utility(self, x: FloatArray, mean: FloatArray) -> FloatArray:
        """(n,) of replies (n, d), each with the weights (n, K) of whom it is for, or (K,) of one
        person."""
        return np.asarray(x @ self.parameters.beta + ((x @ self.parameters.basis) * mean).sum(-1))

    def pair_probabilities(
        self, pairs: Choices, x: FloatArray, weights: Weights | None
    ) -> FloatArray:
        """(n_pairs,) P(the first of each pair is preferred by whose it is), weights integrated
        out: sigma(m / sqrt(1 + pi s^2 / 8)) (MacKay, Neural Computation 4 (1992)).

        Args:
            weights: Of the people of `pairs`; None: the pooled part alone.
        """
        apart = x[pairs.item[0::2]] - x[pairs.item[1::2]]
        mean = apart @ self.parameters.beta
        if weights is None:
            return expit(mean)
        along = apart @ self.parameters.basis
        mean = mean + np.einsum("nk,nk->n", along, weights.mean[pairs.person])
        covariance = weights.covariance[pairs.person]
        variance = np.einsum("nk,nkl,nl->n", along, covariance, along)
        return expit(mean / np.sqrt(1 + np.pi * variance / 8))


def expit(x: FloatArray) -> FloatArray:
    """1 / (1 + exp(-x)), without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * x)))


def subspace_cosines(a: FloatArray, b: FloatArray) -> FloatArray:
    """Cosines of the principal angles between the spans of two matrices' columns, largest first:
    all 1 where the spans are the same. Björck, Golub, Mathematics of Computation 27 (1973)."""
    q, r = np.linalg.qr(a)[0], np.linalg.qr(b)[0]
    return np.asarray(np.linalg.svd(q.T @ r)[1])
