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
    for_a, for_b = battles.shares("half")
    winner = np.concatenate((battles.a, battles.b))
    loser = np.concatenate((battles.b, battles.a))
    who = np.concatenate((unit, unit))
    weight = np.concatenate((for_a, for_b))
    judged = np.bincount(who, weights=weight, minlength=len(codes))
    n = len(battles.models)
    theta = bradley_terry(battles.tally()[None], l2=l2)[0][0]
    trust = np.full(len(codes), prior[0] / sum(prior))
    rounds = 0
    change = np.inf
    while change >= TOLERANCE:
        if rounds == MAX_ROUNDS:
            raise ConvergenceError(
                f"crowd_bradley_terry still moved by {change:.2g} after {MAX_ROUNDS} rounds "
                f"(tolerance {TOLERANCE:g}); a stronger prior or penalty helps"
            )
        rounds += 1
        chance = 1 / (1 + np.exp(theta[loser] - theta[winner]))
        right = trust[who] * chance
        right = weight * right / (right + (1 - trust[who]) * (1 - chance))
        counts = np.zeros(n * n)
        counts += np.bincount(winner * n + loser, weights=right, minlength=n * n)
        counts += np.bincount(loser * n + winner, weights=weight - right, minlength=n * n)
        moved = bradley_terry(counts.reshape(1, n, n), l2=l2, start=theta)[0][0]
        agreed = np.bincount(who, weights=right, minlength=len(codes))
        new = (agreed + prior[0] - 1) / (judged + sum(prior) - 2 + 1e-300)
        change = max(float(np.abs(moved - theta).max()), float(np.abs(new - trust).max()))
        theta, trust = moved, new
    names = battles.participants
    ratings = Ratings(
        battles.models, theta, ranks_of(theta), "crowd_bradley_terry", "natural",
        {"ties": "half", "l2": l2, "prior": prior}, rounds,
    )  # fmt: skip
    return CrowdRatings(
        ratings,
        tuple(names[code] if code < len(names) else str(code) for code in codes.tolist()),
        trust,
        np.bincount(unit, minlength=len(codes)).astype(np.int64),
    )
