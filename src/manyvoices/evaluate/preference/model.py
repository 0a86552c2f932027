"""Davidson's model of ties with place and length, and its errors clustered by people and prompts.

Davidson (Journal of the American Statistical Association 65, 1970): with log odds d the answer
shown first wins with weight exp(d / 2), loses with exp(-d / 2), and a tie weighs nu. Here d is the
difference of the strengths, plus the advantage of place, plus that of length. Errors come from each
row's influence on the estimate (Huber's sandwich), summed both ways as in `clustered`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np
from scipy.special import expit

from manyvoices.analyse.table import FloatArray
from manyvoices.evaluate.preference.clustered import Measure, formula, measure
from manyvoices.evaluate.preference.rules import Rules
from manyvoices.evaluate.preference.votes import Votes

PENALTY = 1e-3
"""Of squared log strengths, so that a model that never lost has a finite one."""
STEPS = 100
NO_TOP = "the model has no best fit, as where one side won every vote, or nobody won one"


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """The model on some votes."""

    votes: Votes
    """The rows it was fitted to."""
    theta: FloatArray
    """(models,) log strengths, mean 0 over the models that appear."""
    log_nu: float
    """Logarithm of the weight of a tie; NaN where there are none."""
    beta: FloatArray
    """(k,) place and length, as named."""
    names: tuple[str, ...]
    influence: FloatArray
    """(rows, models + 1 + k) of each row on each parameter."""
    converged: bool

    def rate(self, model: str, other: str, rules: Rules) -> Measure:
        """The chance that `model` is preferred to `other` in a vote that is no tie, place and
        length being equal."""
        i, j = self.votes.models.index(model), self.votes.models.index(other)
        p = float(expit(self.theta[i] - self.theta[j]))
        slope = p * (1 - p)
        return self._measure(p, slope * (self.influence[:, i] - self.influence[:, j]), rules)

    def coefficient(self, name: str, rules: Rules) -> Measure:
        """A coefficient in log odds."""
        k = self.names.index(name)
        return self._measure(
            float(self.beta[k]), self.influence[:, len(self.theta) + 1 + k], rules, bounds=None
        )

    def _measure(
        self,
        value: float,
        influence: FloatArray,
        rules: Rules,
        bounds: tuple[float, float] | None = (0.0, 1.0),
    ) -> Measure:
        v = self.votes
        if not self.converged:
            n = (len(v), len(np.unique(v.rater)), len(np.unique(v.prompt)))
            return Measure(nan, nan, nan, nan, nan, *n, NO_TOP)
        return measure(
            value, influence, v.rater, v.prompt,
            kind=formula(rules), level=rules.level, bounds=bounds,
        )  # fmt: skip


def fit(votes: Votes, rules: Rules, *, place: bool = True, length: bool = False) -> Fitted:
    """Fit to the votes that count; with `length` only to those whose words are both known.

    Length counts as the binary logarithm of the ratio of words: per doubling.
    """
    kept = votes.scored(rules)
    if length:
        kept = kept.select(np.isfinite(kept.words_a) & np.isfinite(kept.words_b))
    x, names = _covariates(kept, place=place, length=length)
    n = len(kept.models)
    design = np.zeros((len(kept), n))
    rows = np.arange(len(kept))
    design[rows, kept.a] += 1
    design[rows, kept.b] -= 1
    seen = np.zeros(n)
    seen[np.unique(np.concatenate((kept.a, kept.b)))] = 1
    design = np.hstack((design, x))
    found, influence, converged = _newton(design, kept.score, n)
    theta = np.where(seen > 0, found[:n], nan)
    if seen.any():
        theta = theta - np.nanmean(theta)
    has_ties = bool((kept.score == 0.5).any())
    log_nu = float(found[-1]) if has_ties else nan
    shuffled = np.hstack((influence[:, :n], influence[:, -1:], influence[:, n:-1]))
    return Fitted(kept, theta, log_nu, found[n:-1], names, shuffled, converged)


def _covariates(votes: Votes, *, place: bool, length: bool) -> tuple[FloatArray, tuple[str, ...]]:
    columns, names = [], []
    if place:
        columns.append(np.ones(len(votes)))
        names.append("place")
    if length:
        columns.append(np.log2(np.maximum(votes.words_a, 1) / np.maximum(votes.words_b, 1)))
        names.append("length")
    return np.array(columns).reshape(len(columns), len(votes)).T, tuple(names)


def _newton(design: FloatArray, score: FloatArray, n: int) -> tuple[FloatArray, FloatArray, bool]:
    """Parameters (strengths, covariates, log nu), influence (rows, k), and whether it settled."""
    k = design.shape[1] + 1
    penalty = np.full(k, PENALTY)
    penalty[n:] = 1e-9
    parameters = np.zeros(k)
    tied = score == 0.5
    has_ties = bool(tied.any())
    if not has_ties:
        parameters[-1] = -40.0
    slope, curve = np.zeros((len(score), k)), np.eye(k)
    for _ in range(STEPS):
        d = design @ parameters[:-1]
        up, down, nu = np.exp(d / 2), np.exp(-d / 2), np.exp(parameters[-1])
        total = up + down + nu
        middle, draw = (up - down) / (2 * total), nu / total
        spread = (up + down) / (4 * total) - middle**2
        slope = np.hstack((design * (score - 0.5 - middle)[:, None], (tied - draw)[:, None]))
        curve = np.diag(penalty)
        curve[:-1, :-1] += design.T @ (design * spread[:, None])
        cross = design.T @ (-middle * draw)
        curve[:-1, -1] += cross
        curve[-1, :-1] += cross
        curve[-1, -1] += (draw * (1 - draw)).sum() + (0.0 if has_ties else 1.0)
        gradient = slope.sum(axis=0) - penalty * parameters
        if not has_ties:
            gradient[-1] = 0.0
        step = np.linalg.solve(curve, gradient)
        reach = float(np.abs(step).max(initial=0.0))
        parameters = parameters + step * min(1.0, 2.0 / max(reach, 1e-300))
        if reach < 1e-9:
            return parameters, slope @ np.linalg.inv(curve), True
    return parameters, slope @ np.linalg.inv(curve), False
