"""How many participants a study needs, by simulating studies from the fit of a first one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.special import expit, ndtri

from manyvoices.aggregate.battles import Battles
from manyvoices.aggregate.estimators import finite_rows
from manyvoices.aggregate.kinds import FloatArray, IntArray
from manyvoices.aggregate.likelihood import bradley_terry
from manyvoices.aggregate.methods import check_enough, fit
from manyvoices.aggregate.tidy import Table

MOST_BATTLES = 20_000_000
MAX_SIZES = 8
NEAR = 0.03
"""A size that moves by no more than this share is settled."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A simulated study: strengths, and how people differ from them and judge."""

    strengths: FloatArray
    """(n,) log strengths."""
    tie_share: float
    """Share of battles that end in a tie."""
    taste: float
    """Standard deviation, over people, of a person's own strengths around the common ones."""
    battles_per_person: float


@dataclass(frozen=True, slots=True, eq=False)
class SampleSize:
    """How many participants give an interval of the width wanted."""

    n_participants: int
    n_battles: int
    width: float
    """Width of the interval of the wanted difference at that size, smoothed over `tried`."""
    tried: Table
    """n_participants, width, of every size that was simulated."""
    plan: Plan


def plan_of(battles: Battles, *, l2: float = 0.1) -> Plan:
    """Take strengths, ties, tastes and battles per person from a first study, or a rehearsal."""
    check_enough(len(battles), len(battles.models))
    people = battles.n_participants or len(battles)
    strengths = fit(battles, "bradley_terry", l2=l2).scores
    return Plan(
        strengths, min(battles.n_ties / len(battles), 0.99), taste_sd(battles, strengths),
        len(battles) / people,
    )  # fmt: skip


def taste_sd(battles: Battles, strengths: FloatArray) -> float:
    """Estimate how far people's own strengths lie from the common ones (standard deviation).

    By moments, our own derivation: with residuals e and slopes c = p (1 - p), two battles r and s
    of one person have E[e_r e_s] = taste^2 c_r c_s (z_r . z_s) to first order, where z is +1 at a
    and -1 at b. Summed over all pairs of battles of a person, weighted by z_r . z_s. Zero where
    people are named nowhere, or judge less alike than that.
    """
    if battles.cluster is None:
        return 0.0
    n = len(strengths)
    people, unit = np.unique(battles.cluster, return_inverse=True)
    chance = expit(strengths[battles.a] - strengths[battles.b])
    residual, slope = battles.outcome - chance, chance * (1 - chance)
    side = np.concatenate((battles.a, battles.b))
    twice = np.concatenate((unit, unit))

    def per_person(values: FloatArray, feature: IntArray, n_features: int) -> float:
        shape = (len(people), n_features)
        table = csr_array((values, (twice, feature)), shape=shape)
        table.sum_duplicates()
        return float((table.data**2).sum())

    together = per_person(np.concatenate((residual, -residual)), side, n)
    cells = np.concatenate((battles.a * n + battles.b, battles.b * n + battles.a))
    curves = np.concatenate((slope, slope))
    reach = per_person(curves, side, n) + per_person(curves, cells, n * n)
    covered = together - 2 * float((residual**2).sum())
    possible = reach - 4 * float((slope**2).sum())
    return float(np.sqrt(max(covered / possible, 0.0))) if possible > 1e-12 else 0.0


def sample_size(
    source: Battles | Plan,
    *,
    width: float,
    between: tuple[int, int] | None = None,
    level: float = 0.95,
    n_simulations: int = 200,
    seed: int = 0,
    l2: float = 0.01,
) -> SampleSize:
    """Return how many participants make an interval `width` wide, in log odds.

    `between` names the two models (codes) whose difference matters; None is the strongest two.
    Studies of a size are simulated from `source`: people with tastes of their own judge pairs drawn
    at random, each study is fitted by Bradley-Terry, and the spread of the difference over studies
    is the width. Widths fall with the root of the size: the size is moved by that rule, fitted to
    all sizes simulated within a factor of two, until it stays within three percent. Raises
    `ValueError` where `width` asks for more than 20 million battles in simulating one size.
    """
    if not width > 0:
        raise ValueError(f"width must be above 0, found {width}")
    plan = source if isinstance(source, Plan) else plan_of(source)
    order = np.argsort(-plan.strengths)
    i, j = between or (int(order[0]), int(order[1]))
    rng = np.random.default_rng(seed)
    z = abs(float(ndtri((1 - level) / 2)))
    size, tried = 100, {}
    for _ in range(MAX_SIZES):
        if size * plan.battles_per_person * n_simulations > MOST_BATTLES:
            raise ValueError(
                f"a width of {width:g} needs about {size:,} participants, more than can be "
                "simulated here; ask for a wider interval or fewer simulations"
            )
        scores = simulate(plan, size, n_simulations=n_simulations, rng=rng, l2=l2)
        # The spread of all simulations tells a width with less noise than two far quantiles.
        tried[size] = float(2 * z * (scores[:, i] - scores[:, j]).std(ddof=1))
        near = [n for n in tried if size / 2 <= n <= size * 2]
        root = float(np.mean([tried[n] ** 2 * n for n in near]))
        wanted = max(2, int(np.ceil(root / width**2)))
        if wanted in tried or abs(wanted - size) <= NEAR * size:
            break
        size = wanted
    sizes = sorted(tried)
    return SampleSize(
        wanted, round(wanted * plan.battles_per_person), float(np.sqrt(root / wanted)),
        Table({"n_participants": sizes, "width": [tried[n] for n in sizes]}), plan,
    )  # fmt: skip


def simulate(
    plan: Plan, n_people: int, *, n_simulations: int, rng: np.random.Generator, l2: float = 0.0
) -> FloatArray:
    """Log strengths (n_simulations, n) fitted to studies drawn from `plan`; NaN rows left out."""
    n = len(plan.strengths)
    per_person = max(1, round(plan.battles_per_person))
    wins = np.zeros((n_simulations, n, n))
    person = np.repeat(np.arange(n_people), per_person)
    for counts in wins:
        own = plan.strengths + plan.taste * rng.standard_normal((n_people, n))
        a = rng.integers(0, n, len(person))
        b = (a + rng.integers(1, n, len(person))) % n
        chance = expit(own[person, a] - own[person, b])
        # Ties take their half from both sides, so that a mean outcome is still the chance to win.
        decisive = np.clip((chance - plan.tie_share / 2) / (1 - plan.tie_share), 0, 1)
        outcome = (rng.random(len(person)) < decisive).astype(np.float64)
        outcome[rng.random(len(person)) < plan.tie_share] = 0.5
        counts += np.bincount(a * n + b, weights=outcome, minlength=n * n).reshape(n, n)
        counts += np.bincount(b * n + a, weights=1 - outcome, minlength=n * n).reshape(n, n)
    scores, _ = bradley_terry(wins, l2=l2, start=plan.strengths)
    return np.asarray(scores[finite_rows(scores)])
