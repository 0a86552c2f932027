"""Is the personal head right about people more often than the pooled one, and for how many shots?

Everything is counted per person first and then averaged over people, with people resampled: those
who judged much would otherwise speak for all, and judgements of one person are not independent.
Pairs that the person tied are left out; a head that ties where a person does not is half right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from manyvoices.analyse.resampling import Resampling
from manyvoices.train.personal.choices import BoolArray, Choices, FloatArray, IntArray
from manyvoices.train.personal.estimates import Estimate, mean_of_people
from manyvoices.train.personal.lowrank import PersonalHead, Weights

SHOTS = (0, 2, 4, 8, 16)
_BINS = 10
_LEAST = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Predictions for pairs of which the first was preferred."""

    person: IntArray
    """(n_pairs,)."""
    probability: FloatArray
    """(n_pairs,) predicted for the first."""
    n_people: int

    def right(self) -> FloatArray:
        """(n_pairs,) 1 right, 0 wrong, 1/2 undecided."""
        p = self.probability
        return np.where(p == 0.5, 0.5, (p > 0.5).astype(np.float64))

    def per_person(self, values: FloatArray) -> FloatArray:
        """(n_people,) means of the pairs' values; NaN for people without a pair."""
        count = np.bincount(self.person, minlength=self.n_people)
        total = np.bincount(self.person, values, minlength=self.n_people)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

    def accuracy(self) -> FloatArray:
        """(n_people,) share of pairs in the right order."""
        return self.per_person(self.right())

    def log_loss(self) -> FloatArray:
        """(n_people,) mean of -log P(what was preferred), in nats."""
        return self.per_person(-np.log(np.maximum(self.probability, _LEAST)))


@dataclass(frozen=True, slots=True)
class Bin:
    """Pairs of which a head was about equally sure."""

    confidence: float
    """Mean of max(p, 1 - p)."""
    accuracy: float
    n_pairs: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """Whether a head is as often right as it says."""

    error: float
    """Expected calibration error: mean over pairs of |accuracy - confidence| of their bin."""
    brier: float
    """Mean of (1 - p)^2."""
    bins: tuple[Bin, ...]


def calibration(judged: Judged, n_bins: int = _BINS) -> Calibration:
    """Ten bins of confidence between 1/2 and 1; all pairs count the same."""
    p = judged.probability
    if not len(p):
        return Calibration(float("nan"), float("nan"), ())
    sure, right = np.maximum(p, 1 - p), judged.right()
    place = np.minimum(((sure - 0.5) * 2 * n_bins).astype(np.int64), n_bins - 1)
    bins = tuple(
        Bin(
            float(sure[place == b].mean()), float(right[place == b].mean()), int((place == b).sum())
        )
        for b in range(n_bins)
        if (place == b).any()
    )
    error = sum(b.n_pairs * abs(b.accuracy - b.confidence) for b in bins) / len(p)
    return Calibration(float(error), float(((1 - p) ** 2).mean()), bins)


@dataclass(frozen=True, slots=True)
class Point:
    """One head on some people: what a figure draws."""

    name: str
    """``pooled``, ``survey`` (no shots), ``N shots``, ``all`` (what seen people said)."""
    shots: int | None
    """Pairs that were known of each person; None where it is another number for each."""
    mean_shots: float
    """Pairs that there really were, on average: some people gave fewer."""
    accuracy: Estimate
    difference: Estimate
    """Accuracy less the pooled head's, person by person."""
    log_loss: Estimate
    log_loss_difference: Estimate
    """Below 0 where the personal head is better."""
    calibration: Calibration


@dataclass(frozen=True, slots=True)
class Curve:
    """The pooled head and the personal one, on one set of people."""

    who: str
    """``seen`` or ``unseen``."""
    n_people: int
    n_pairs: int
    pooled: Point
    points: tuple[Point, ...]
    by_person: dict[str, FloatArray] = field(repr=False)
    """Name of the point -> (n_people,) accuracy, NaN for who has no pair."""


@dataclass(frozen=True, slots=True, eq=False)
class Heads:
    """The two heads that are held against each other, on the same features."""

    pooled: PersonalHead
    personal: PersonalHead


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """What there is of some people. All pairs count 1, the better reply first."""

    x: FloatArray
    """(n_items, d)."""
    z: FloatArray
    """(n_people, p)."""
    known: Choices
    """What heads may learn of them: their pairs, or, of people trained on, the sets."""
    known_ranking: IntArray
    """(n_known,) ranking of each known pair."""
    asked: Choices
    """The pairs that are predicted."""


def judged(head: PersonalHead, table: Table, weights: Weights | None) -> Judged:
    """The head's predictions for the pairs that are asked."""
    asked = table.asked
    return Judged(asked.person, head.pair_probabilities(asked, table.x, weights), asked.n_people)


def seen_curve(heads: Heads, table: Table, resampling: Resampling) -> Curve:
    """People the head was fitted to, on messages that it was not."""
    pooled = judged(heads.pooled, table, None)
    posterior = heads.personal.posterior(table.known, table.x, table.z)
    said = np.bincount(table.known.person, table.known.weight, minlength=table.known.n_people)
    found = [
        ("survey", 0, 0.0, judged(heads.personal, table, heads.personal.prior(table.z))),
        ("all", None, _mean(said, table.asked), judged(heads.personal, table, posterior)),
    ]
    return _curve("seen", table, pooled, found, resampling)


def unseen_curve(
    heads: Heads,
    table: Table,
    resampling: Resampling,
    *,
    shots: Sequence[int] = SHOTS,
    draws: int = 4,
    seed: int = 0,
) -> Curve:
    """People whom the head never saw, by how many pairs of theirs it is shown.

    The pairs that are predicted are the same for every number of shots; shots come from other
    messages. They are drawn `draws` times, and predictions of a person's pair are averaged over
    the draws in accuracy and log loss, so that the curve is not one lucky draw's.
    """
    pooled = judged(heads.pooled, table, None)
    rng = np.random.default_rng(seed)
    orders = [rng.random(table.known.n_stages) for _ in range(draws)]
    found = []
    for n in sorted(set(shots)):
        drawn = [draw_shots(table, n, order) for order in (orders if n else orders[:1])]
        weights = [heads.personal.posterior(known, table.x, table.z) for known in drawn]
        each = [judged(heads.personal, table, one) for one in weights]
        count = np.mean([np.bincount(k.person, minlength=k.n_people) for k in drawn], axis=0)
        name = f"{n} shots" if n else "survey"
        found.append((name, n, _mean(count, table.asked), _together(each)))
    return _curve("unseen", table, pooled, found, resampling)


def draw_shots(table: Table, n: int, order: FloatArray) -> Choices:
    """At most `n` pairs of each person, those first in `order` (n_known,): what 4 shots hold is
    among what 8 hold. Pairs of one ranking of m replies count for m - 1 at most together, since
    the rest follows from these."""
    known = table.known
    by_person = np.lexsort((order, known.person))
    first = np.searchsorted(known.person, np.arange(known.n_people))
    place = np.empty(known.n_stages, dtype=np.int64)
    place[by_person] = np.arange(known.n_stages) - first[known.person[by_person]]
    taken: BoolArray = place < n
    _, ranking = np.unique(table.known_ranking, return_inverse=True)
    drawn = np.bincount(ranking[taken], minlength=ranking.max(initial=-1) + 1)
    whole = np.bincount(ranking, minlength=len(drawn))
    # m replies give m (m - 1) / 2 pairs where none is tied.
    replies = (1 + np.sqrt(1 + 8 * whole)) / 2
    weight = np.minimum(1.0, (replies - 1) / np.maximum(drawn, 1))[ranking]
    return known.weighted(weight).of(taken)


def _together(draws: Sequence[Judged]) -> Judged:
    """All draws one after the other: means over a person's pairs are then over draws too."""
    first = draws[0]
    return Judged(
        np.concatenate([one.person for one in draws]),
        np.concatenate([one.probability for one in draws]),
        first.n_people,
    )


def _mean(count: FloatArray | IntArray, asked: Choices) -> float:
    there = np.bincount(asked.person, minlength=asked.n_people) > 0
    return float(count[there].mean()) if there.any() else float("nan")


def _curve(
    who: str,
    table: Table,
    pooled: Judged,
    found: Sequence[tuple[str, int | None, float, Judged]],
    resampling: Resampling,
) -> Curve:
    base = _point("pooled", 0, 0.0, pooled, pooled, resampling)
    points = tuple(_point(*one, pooled, resampling) for one in found)
    by_person = {"pooled": pooled.accuracy()} | {name: j.accuracy() for name, _, _, j in found}
    return Curve(who, base.accuracy.n_people, table.asked.n_stages, base, points, by_person)


def _point(
    name: str,
    shots: int | None,
    mean_shots: float,
    found: Judged,
    pooled: Judged,
    resampling: Resampling,
) -> Point:
    accuracy, loss = found.accuracy(), found.log_loss()
    return Point(
        name,
        shots,
        mean_shots,
        mean_of_people(accuracy, resampling),
        mean_of_people(accuracy - pooled.accuracy(), resampling),
        mean_of_people(loss, resampling),
        mean_of_people(loss - pooled.log_loss(), resampling),
        calibration(found),
    )
