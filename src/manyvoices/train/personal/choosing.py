"""Penalties and the number of directions, by what they say of people who were held out.

The measure is the marginal log likelihood of a held-out person. By the chain rule it is the sum of
the log probabilities of each of their choices given the earlier ones, from the survey alone to all
but the last: it asks for a good cold start and for learning fast at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from manyvoices.train.personal.choices import Choices, FloatArray, IntArray
from manyvoices.train.personal.fitting import Fit, Penalties, fit
from manyvoices.train.personal.laplace import evaluate

L2 = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
DIRECTIONS = (1, 2, 3, 4, 6)
SURVEY = (2.0, 5.0, 20.0, 80.0)
_STEPS_DOWN = 3
_PATIENCE = 2
"""Numbers of directions in a row that may be worse before the search ends."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One setting."""

    k: int
    penalties: Penalties
    held_out: float
    """Mean log likelihood per held-out person."""
    behind: float
    """How far that is behind the best with the same question; 0 or less."""
    error: float
    """Standard error of `behind`, over people."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What cross-validation settled on."""

    k: int
    pooled: Penalties
    """Of the head that everybody shares alone."""
    penalties: Penalties
    """Of the personal head: its utilities are larger, so that its best ones are others."""
    tried: tuple[Tried, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Folds:
    """People in folds; every setting is held to the same ones."""

    choices: Choices
    x: FloatArray
    z: FloatArray
    fold: IntArray
    """(n_people,) fold of each; -1: said nothing."""

    def held_out(self, k: int, penalties: Penalties) -> FloatArray:
        """(n,) log likelihood of each person who said something, by the head that was fitted to
        the other folds."""
        found = np.zeros(self.choices.n_people)
        for number in range(int(self.fold.max()) + 1):
            away = self.fold == number
            fitted = fit(self.choices.of_people(~away), self.x, self.z, k=k, penalties=penalties)
            held = self.choices.of_people(away)
            found += evaluate(held, self.x, self.z, fitted.parameters).by_person
        return found[self.fold >= 0]


def folds_of(
    choices: Choices, x: FloatArray, z: FloatArray, n_folds: int, rng: np.random.Generator
) -> Folds:
    """People dealt out evenly."""
    spoke = np.unique(choices.person)
    fold = np.full(choices.n_people, -1, dtype=np.int64)
    fold[rng.permutation(spoke)] = np.arange(len(spoke)) % min(n_folds, len(spoke))
    return Folds(choices, x, z, fold)


def choose(
    folds: Folds,
    *,
    l2: Sequence[float] = L2,
    directions: Sequence[int] = DIRECTIONS,
    basis: float = 100.0,
    survey: Sequence[float] = SURVEY,
    told: Callable[[str], None] = lambda _text: None,
) -> Chosen:
    """One question after the other: the pooled head's penalty, the number of directions, and, of
    the personal head, the shrinkage of the survey's effects and its own penalty.

    Of numbers of directions the smallest is taken that is not behind the best by more than one
    standard error of the difference (Breiman et al., Classification and Regression Trees (1984),
    3.4.3): where everybody agrees that is 1. They are tried upwards until two in a row are worse.
    """
    plain = Penalties(basis=basis, survey=survey[len(survey) // 2])
    shared = _ask(folds, [(1, replace(plain, shared=value)) for value in l2], told)
    pooled = penalties = _best(shared).penalties
    numbers = sorted({1, *(k for k in directions if k <= folds.x.shape[1])})
    counted = _ask(folds, [(k, penalties) for k in numbers], told, patience=_PATIENCE)
    k = min(one.k for one in counted if -one.behind <= one.error)
    tried = [*shared, *counted]
    if k > 1 and folds.z.shape[1] and len(survey) > 1:
        asked = _ask(folds, [(k, replace(penalties, survey=v)) for v in survey], told)
        penalties = _best(asked).penalties
        tried += asked
    lower = [value for value in l2 if value <= pooled.shared][-_STEPS_DOWN:]
    if k > 1 and len(lower) > 1:
        # What people differ in looks like noise to the pooled head and shrinks what they share.
        asked = _ask(folds, [(k, replace(penalties, shared=value)) for value in lower], told)
        penalties = _best(asked).penalties
        tried += asked
    return Chosen(k, pooled, penalties, tuple(tried))


def _ask(
    folds: Folds,
    settings: Iterable[tuple[int, Penalties]],
    told: Callable[[str], None],
    patience: int | None = None,
) -> list[Tried]:
    found: list[tuple[int, Penalties, FloatArray]] = []
    worse = 0
    for k, penalties in settings:
        by_person = folds.held_out(k, penalties)
        told(
            f"{k} directions, l2 {penalties.shared:g}, survey_l2 {penalties.survey:g}: log "
            f"likelihood {by_person.mean():.3f} per held-out person"
        )
        best = max((one.mean() for *_, one in found), default=-np.inf)
        worse = 0 if by_person.mean() > best else worse + 1
        found.append((k, penalties, by_person))
        if patience is not None and worse >= patience:
            break
    top = max(found, key=lambda one: one[2].mean())[2]
    return [
        Tried(k, p, float(one.mean()), float((one - top).mean()), _error(one - top))
        for k, p, one in found
    ]


def _error(differences: FloatArray) -> float:
    n = len(differences)
    return float(differences.std(ddof=1) / np.sqrt(n)) if n > 1 else 0.0


def _best(tried: Sequence[Tried]) -> Tried:
    return max(tried, key=lambda one: one.held_out)


def fit_chosen(folds: Folds, chosen: Chosen) -> tuple[Fit, Fit]:
    """(pooled, personal) on all people of the folds."""
    pooled = fit(folds.choices, folds.x, folds.z, k=1, penalties=chosen.pooled)
    if chosen.k == 1:
        return pooled, pooled
    return pooled, fit(folds.choices, folds.x, folds.z, k=chosen.k, penalties=chosen.penalties)
