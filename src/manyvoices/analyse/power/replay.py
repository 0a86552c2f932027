"""How sure a leaderboard is with n people: the study is played again with people drawn from it.

The people of a release stand for those a new study would find; each comes with everything they
said. What no draw can show is whether the release's own order is right: its gap between the first
two is an estimate too, and the widest of several, so the interval of the number needed matters
more than the number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from manyvoices.aggregate.agreement import taus
from manyvoices.aggregate.battles import Battles
from manyvoices.aggregate.estimators import finite_rows
from manyvoices.aggregate.evidence import estimate
from manyvoices.aggregate.resampling import Resampler
from manyvoices.aggregate.settings import Settings as Estimation
from manyvoices.analyse.dataset import NotEnough
from manyvoices.analyse.table import FloatArray

SHARES = (0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0)
BEYOND = (1.5, 2.0, 4.0, 8.0)
FEWEST = 10
"""Studies of fewer people are not played."""


@dataclass(frozen=True, slots=True)
class SizePower:
    """What a study of so many people would show."""

    n_people: int
    extrapolated: bool
    """True where it was not played but follows from the rule of the root of n."""
    separated: float
    """Chance that the interval of the gap between the first two excludes 0, on the right side."""
    reversed: float
    """Chance that it excludes 0 on the wrong side."""
    tau: float
    """Mean Kendall's tau-b to the order of all people."""
    tau_low: float
    """It is at least this in 95 of 100 studies (at the level asked for); NaN beyond the release."""
    half_width: float
    """Half the interval of a model's score, mean over models, in the unit of the method."""
    gap_half_width: float
    """Half the interval of the gap between the first two."""


@dataclass(frozen=True, slots=True)
class Needed:
    """How many people reach a target."""

    target: str
    n_people: float
    """Infinite where no number does."""
    low: float
    high: float
    """For the ends of the interval of the release's gap, where the target is about it; else the
    same number."""
    extrapolated: bool
    """More people than the release has."""


@dataclass(frozen=True, slots=True)
class PowerCurve:
    """Studies of many sizes, played from one."""

    first: str
    second: str
    """The two models on top with all people."""
    gap: float
    """Between their scores, in the unit of the method."""
    gap_low: float
    gap_high: float
    """Interval over people of the release."""
    n_people: int
    n_models: int
    n_battles: int
    method: str
    n_draws: int
    n_failed: int
    """Draws in which some model had no score; they are left out."""
    level: float
    seed: int
    sizes: tuple[SizePower, ...]
    spread: float
    """Standard deviation of the gap with all people, times the root of n: what is extrapolated."""
    width_scale: float
    """Half width times the root of n."""
    tau_scale: float
    """(1 - tau) times the root of n."""

    def to_separate(self, power: float = 0.8) -> Needed:
        """People needed for the interval of the gap to exclude 0 with chance `power`."""
        reach = _z(self.level) + float(ndtri(power))
        n, high, low = (
            float((reach * self.spread / gap) ** 2) if gap > 0 else float("inf")
            for gap in (self.gap, self.gap_low, self.gap_high)
        )
        n = self._played(power, [one.separated for one in self.sizes], n)
        target = f"{self.first} told from {self.second} with chance {power:.0%}"
        return Needed(target, n, min(low, n), max(high, n), n > self.n_people)

    def to_narrow(self, half_width: float) -> Needed:
        """People needed for scores to be known to within `half_width` on average."""
        if not half_width > 0:
            raise ValueError(f"half_width must be above 0, found {half_width}")
        n = (self.width_scale / half_width) ** 2
        n = self._played(-half_width, [-one.half_width for one in self.sizes], n)
        return Needed(f"scores within {half_width:g}", n, n, n, n > self.n_people)

    def to_order(self, tau: float) -> Needed:
        """People needed for a mean Kendall's tau of `tau` to the order of all people."""
        if not 0 < tau < 1:
            raise ValueError(f"tau must lie between 0 and 1, found {tau}")
        n = (self.tau_scale / (1 - tau)) ** 2
        n = self._played(tau, [one.tau for one in self.sizes], n)
        return Needed(f"order with tau {tau:g}", n, n, n, n > self.n_people)

    def _played(self, wanted: float, values: Sequence[float], beyond: float) -> float:
        """Where the played sizes reach `wanted`, by lines between them; else `beyond`.

        The size is the first from which all larger ones reach it.
        """
        played = [(s.n_people, v) for s, v in zip(self.sizes, values, strict=True)
                  if not s.extrapolated and v == v]  # fmt: skip
        if not played or played[-1][1] < wanted:
            return max(beyond, float(self.n_people))
        under = [place for place, (_, value) in enumerate(played) if value < wanted]
        if not under:
            return float(played[0][0])
        (n0, v0), (n1, v1) = played[under[-1]], played[under[-1] + 1]
        return float(n0 + (n1 - n0) * (wanted - v0) / (v1 - v0))


def replay(
    battles: Battles,
    *,
    sizes: Sequence[int] | None = None,
    method: str = "rank_centrality",
    n_draws: int = 300,
    level: float = 0.95,
    seed: int = 0,
    on_size: Callable[[int], None] | None = None,
) -> PowerCurve:
    """Play studies of `sizes` people, `n_draws` each, from the people of `battles`.

    People are drawn with replacement with all their battles, and `method` (one that takes counts)
    scores each draw. Separation is Wald's: the gap of a draw against its standard deviation over
    draws of that size. Sizes beyond the release's people are extrapolated: standard deviations,
    widths and 1 - tau fall with the root of n from where they are with all people. (Below that
    they need not: pseudo-wins hold the scores of small studies together.) Raises `NotEnough` below
    `FEWEST` people or two models.
    """
    people = battles.n_participants or 0
    if people < FEWEST or len(battles.models) < 2:
        raise NotEnough(f"Playing a study again needs {FEWEST} people who compared two models.")
    settings = Estimation()
    counts = Resampler.of(battles, "cluster", methods=(method,), settings=settings)
    whole = estimate(counts.evidence(counts.whole()), method, settings).scores[0]
    if not np.isfinite(whole).all():
        raise NotEnough(f"{method} has no scores for these battles: some model never won or lost.")
    first, second = np.argsort(-whole, kind="stable")[:2].tolist()
    wanted = sorted(set(sizes or _sizes(people)) | {people})
    rng = np.random.default_rng(seed)
    played: dict[int, _Played] = {}
    for n in (n for n in wanted if n <= people):
        times = rng.multinomial(n, np.full(people, 1 / people), size=n_draws).T.astype(np.float64)
        scores = estimate(counts.evidence(times), method, settings).scores
        played[n] = _Played.of(scores, whole, first, second, level)
        if on_size is not None:
            on_size(n)
    gap = float(whole[first] - whole[second])
    scales = _scales(played[people], people)
    sd = scales[0] / np.sqrt(people)
    return PowerCurve(
        first=battles.models[first], second=battles.models[second],
        gap=gap, gap_low=gap - _z(level) * sd, gap_high=gap + _z(level) * sd,
        n_people=people, n_models=len(battles.models), n_battles=len(battles), method=method,
        n_draws=n_draws, n_failed=sum(p.n_failed for p in played.values()), level=level, seed=seed,
        sizes=tuple(
            _size(n, played[n]) if n in played else _beyond(n, gap, scales, level) for n in wanted
        ),
        spread=scales[0], width_scale=scales[1], tau_scale=scales[2],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Played:
    separated: float
    reversed: float
    tau: float
    tau_low: float
    half_width: float
    sd: float
    level: float
    n_failed: int

    @classmethod
    def of(
        cls, scores: FloatArray, whole: FloatArray, first: int, second: int, level: float
    ) -> _Played:
        found = scores[finite_rows(scores)]
        n_failed = len(scores) - len(found)
        if len(found) < 2:
            none = float("nan")
            return cls(none, none, none, none, none, none, level, n_failed)
        gap = found[:, first] - found[:, second]
        sd = float(gap.std(ddof=1))
        reach = _z(level) * sd
        tau = taus(found, whole[None])
        low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2], axis=0)
        return cls(
            float((gap > reach).mean()), float((gap < -reach).mean()), float(np.nanmean(tau)),
            float(np.nanquantile(tau, 1 - level)), float((high - low).mean() / 2), sd, level,
            n_failed,
        )  # fmt: skip


def _sizes(people: int) -> list[int]:
    played = {max(FEWEST, round(people * share)) for share in SHARES}
    return sorted(played | {round(people * share) for share in BEYOND})


def _z(level: float) -> float:
    return abs(float(ndtri((1 - level) / 2)))


def _scales(played: _Played, people: int) -> tuple[float, float, float]:
    """Standard deviation, half width and 1 - tau with all people, each times the root of n."""
    root = float(np.sqrt(people))
    return root * played.sd, root * played.half_width, root * (1 - played.tau)


def _size(n: int, played: _Played) -> SizePower:
    return SizePower(
        n, False, played.separated, played.reversed, played.tau, played.tau_low,
        played.half_width, _z(played.level) * played.sd,
    )  # fmt: skip


def _beyond(n: int, gap: float, scales: tuple[float, float, float], level: float) -> SizePower:
    sd, width, tau = (scale / float(np.sqrt(n)) for scale in scales)
    z = _z(level)
    return SizePower(
        n, True, float(ndtr(gap / sd - z)), float(ndtr(-gap / sd - z)), 1 - tau, float("nan"),
        width, z * sd,
    )  # fmt: skip
