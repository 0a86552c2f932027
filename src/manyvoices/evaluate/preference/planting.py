"""What is planted in a simulated preference study, and the win rate that it makes true.

The log odds that the answer shown first is preferred are the difference of the two models'
strengths, moved by what this person likes, by what suits this prompt, by place, and by length.
Ties follow Davidson (Journal of the American Statistical Association 65, 1970): a tie weighs
``nu`` times the root of the product of both strengths. The true win rate is marginal: over people
and prompts yet to come, and over both places.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from math import log, log2, pi, sqrt
from typing import Literal

import numpy as np
from scipy.optimize import brentq

from manyvoices.analyse.table import FloatArray

TieRule = Literal["half", "dropped"]
NODES = 64
"""Of Gauss-Hermite quadrature: exact to 1e-12 for the standard deviations of people."""
_AT, _WEIGHT = np.polynomial.hermite.hermgauss(NODES)
LENGTH_SD = 0.4
"""Standard deviation of the natural logarithm of an answer's words."""


@dataclass(frozen=True, slots=True)
class PlantedGroup:
    """Raters who answer a survey question alike."""

    share: float
    """Of all raters; the shares of a question need not add up to exactly 1."""
    shifts: Mapping[str, float] = field(default_factory=dict)
    """Model -> what is added to its strength for these people."""


@dataclass(frozen=True, slots=True)
class Planted:
    """The truth behind a simulated study."""

    strengths: Mapping[str, float]
    """Model -> log strength, for an average person and prompt."""
    rater_sd: float = 0.0
    """Standard deviation between people of the log odds of a pair."""
    prompt_sd: float = 0.0
    """The same between prompts."""
    position: float = 0.0
    """Log odds added for the answer that is shown first."""
    ties: float = 0.0
    """Share of ties between two equals, below 1."""
    all_bad: float = 0.0
    """Share of comparisons in which neither side is any good."""
    cannot_judge: float = 0.0
    failures: Mapping[str, float] = field(default_factory=dict)
    """Model -> chance that it gives nothing to judge."""
    set_aside: float = 0.0
    """Share of people who press without reading: chance decides, and their votes are set aside."""
    length: float = 0.0
    """Log odds for an answer twice as long as the other."""
    words: Mapping[str, float] = field(default_factory=dict)
    """Model -> median words of its answers; 100 where it is not named."""
    groups: Mapping[str, Mapping[str, PlantedGroup]] = field(default_factory=dict)
    """Survey question -> answer -> who gives it. Questions are independent of each other."""

    @property
    def models(self) -> tuple[str, ...]:
        """In the order given."""
        return tuple(self.strengths)

    @property
    def nu(self) -> float:
        """Davidson's weight of a tie."""
        return 2 * self.ties / (1 - self.ties)

    def shares_of(self, question: str) -> FloatArray:
        """(answers,) chance of each answer, adding up to 1."""
        share = np.array([group.share for group in self.groups[question].values()])
        return np.asarray(share / share.sum())


def chances(odds: FloatArray, nu: float) -> tuple[FloatArray, FloatArray]:
    """Chance of a win and of a tie at log odds `odds` between the two, any shape."""
    up, down = np.exp(odds / 2), np.exp(-odds / 2)
    total = up + down + nu
    return up / total, nu / total


def true_win_rate(
    planted: Planted, model: str, against: str, *, ties: TieRule = "half", only: str | None = None
) -> float:
    """The win rate of `model` over people, prompts and both places.

    `ties`: a half win, or left out. `only`: one group, written ``question=answer``.
    """
    wins = drawn = 0.0
    gap = planted.strengths[model] - planted.strengths[against]
    for weight, shift in _shifts(planted, model, against, only):
        for place in (1, -1):
            won, tied = _marginal(planted, model, against, gap + shift + place * planted.position)
            wins, drawn = wins + weight * won / 2, drawn + weight * tied / 2
    return wins + drawn / 2 if ties == "half" else wins / (1 - drawn)


def planted_win_rate(
    planted: Planted, rate: float, model: str, against: str, *, ties: TieRule = "half"
) -> Planted:
    """The same study with the strength of `model` such that its true win rate is `rate`."""

    def with_gap(gap: float) -> Planted:
        strength = planted.strengths[against] + gap
        return replace(planted, strengths={**planted.strengths, model: strength})

    def miss(gap: float) -> float:
        return true_win_rate(with_gap(gap), model, against, ties=ties) - rate

    return with_gap(float(brentq(miss, -20, 20, xtol=1e-12)))


def _shifts(
    planted: Planted, model: str, against: str, only: str | None
) -> Iterator[tuple[float, float]]:
    """Weight and shift of the log odds of every combination of groups."""
    named, _, wanted = (only or "").partition("=")
    options = []
    for question, answers in planted.groups.items():
        shares = planted.shares_of(question)
        kept = [
            (1.0 if question == named else share, group)
            for (answer, group), share in zip(answers.items(), shares, strict=True)
            if question != named or answer == wanted
        ]
        options.append(kept)
    for groups in product(*options):
        weight, shift = 1.0, 0.0
        for share, group in groups:
            weight *= share
            shift += group.shifts.get(model, 0.0) - group.shifts.get(against, 0.0)
        yield weight, shift


def _marginal(planted: Planted, model: str, against: str, odds: float) -> tuple[float, float]:
    """Chance of a win and of a tie at mean log odds `odds`, over people and prompts."""
    words = [planted.words.get(name, 100.0) for name in (model, against)]
    middle = odds + planted.length * log2(words[0] / words[1])
    of_length = planted.length * LENGTH_SD * sqrt(2) / log(2)
    sd = sqrt(planted.rater_sd**2 + planted.prompt_sd**2 + of_length**2)
    won, tied = chances(middle + sqrt(2) * sd * _AT, planted.nu)
    return float(_WEIGHT @ won / sqrt(pi)), float(_WEIGHT @ tied / sqrt(pi))
