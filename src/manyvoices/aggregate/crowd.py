"""Bradley-Terry that learns whom to believe."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from manyvoices.aggregate.battles import Battles
from manyvoices.aggregate.kinds import FloatArray, IntArray
from manyvoices.aggregate.likelihood import bradley_terry
from manyvoices.aggregate.methods import check_enough
from manyvoices.aggregate.ratings import Ratings, ranks_of
from manyvoices.aggregate.tidy import Table
from manyvoices.schema.errors import ConvergenceError

MAX_ROUNDS = 2000
TOLERANCE = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class CrowdRatings:
    """Scores of models, and how often each participant agrees with them."""

    ratings: Ratings
    participants: tuple[str, ...]
    reliability: FloatArray
    """(participants,) chance that a participant judges by the common strengths and not the other
    way round: 1 is an expert, 0.5 a coin, 0 someone who always says the opposite."""
    n_battles: IntArray
    """(participants,)"""

    def table(self) -> Table:
        """Return participant, reliability, n_battles, the least reliable first."""
        order = np.argsort(self.reliability, kind="stable")
        return Table({
            "participant": [self.participants[place] for place in order],
            "reliability": self.reliability[order].tolist(),
            "n_battles": self.n_battles[order].tolist(),
        }, "Reliability of participants")  # fmt: skip


def crowd_bradley_terry(
    battles: Battles, *, prior: tuple[float, float] = (8.0, 2.0), l2: float = 0.1
) -> CrowdRatings:
    """Log strengths and the reliability of each participant, by expectation-maximisation.

    Chen, Bennett, Collins-Thompson and Horvitz, "Pairwise ranking aggregation in a crowdsourced
    setting", WSDM 2013: a participant k prefers i to j with chance eta_k p_ij + (1 - eta_k) p_ji.
    `prior` is the Beta distribution of eta, whose mean above one half says which way is up. Our
    differences: a penalty `l2` on the strengths in place of their virtual model, EM in place of
    alternating gradients, and a tie is half a judgement each way. A participant who holds another
    opinion than most looks unreliable here: this finds carelessness, and minorities.

    Raises `ConvergenceError` after 2,000 rounds, `ValueError` where nobody is named.
    """
    check_enough(len(battles), len(battles.models))
    if battles.cluster is None:
        raise ValueError("reliability belongs to participants, and these battles name none")
    if not (min(prior) >= 1 and l2 > 0):
        raise ValueError(f"prior must be at least 1 each and l2 above 0, found {prior}, {l2}")
    codes, unit = np.unique(battles.cluster, return_inverse=True)
    said = _Judgements.of(battles, unit, len(codes))
    theta = bradley_terry(battles.tally()[None], l2=l2)[0][0]
    trust = np.full(len(codes), prior[0] / sum(prior))
    for n_rounds in range(1, MAX_ROUNDS + 1):  # noqa: B007 - told with the ratings
        wins, agreed = said.believed(theta, trust)
        moved = bradley_terry(wins[None], l2=l2, start=theta)[0][0]
        new = (agreed + prior[0] - 1) / (said.judged + sum(prior) - 2 + 1e-300)
        change = max(float(np.abs(moved - theta).max()), float(np.abs(new - trust).max()))
        theta, trust = moved, new
        if change < TOLERANCE:
            break
    else:
        raise ConvergenceError(
            f"crowd_bradley_terry still moved by {change:.2g} after {MAX_ROUNDS} rounds "
            f"(tolerance {TOLERANCE:g}); a stronger prior or penalty helps"
        )
    names = battles.participants
    ratings = Ratings(
        battles.models, theta, ranks_of(theta), "crowd_bradley_terry", "natural",
        {"ties": "half", "l2": l2, "prior": prior}, n_rounds,
    )  # fmt: skip
    return CrowdRatings(
        ratings,
        tuple(names[code] if code < len(names) else str(code) for code in codes.tolist()),
        trust,
        np.bincount(unit, minlength=len(codes)).astype(np.int64),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Judgements:
    """Every battle from both sides, with the weight that each side was given; all (2 rows,)."""

    winner: IntArray
    loser: IntArray
    who: IntArray
    weight: FloatArray
    n: int
    """Models."""
    judged: FloatArray
    """(participants,) weight of what each of them said."""

    @classmethod
    def of(cls, battles: Battles, unit: IntArray, n_people: int) -> _Judgements:
        who = np.concatenate((unit, unit))
        weight = np.concatenate(battles.shares("half"))
        return cls(
            np.concatenate((battles.a, battles.b)), np.concatenate((battles.b, battles.a)), who,
            weight, len(battles.models), _summed(who, weight, n_people),
        )  # fmt: skip

    def believed(self, theta: FloatArray, trust: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Expected wins (n, n), judgements that went the wrong way turned round, and how much of
        each participant's (participants,) went the right way: the step of expectation."""
        chance = 1 / (1 + np.exp(theta[self.loser] - theta[self.winner]))
        right = trust[self.who] * chance
        right = self.weight * right / (right + (1 - trust[self.who]) * (1 - chance))
        n = self.n
        wins = _summed(self.winner * n + self.loser, right, n * n)
        wins += _summed(self.loser * n + self.winner, self.weight - right, n * n)
        return wins.reshape(n, n), _summed(self.who, right, len(trust))


def _summed(codes: IntArray, values: FloatArray, n: int) -> FloatArray:
    return np.asarray(np.bincount(codes, weights=values, minlength=n), dtype=np.float64)
