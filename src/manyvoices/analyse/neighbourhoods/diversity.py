"""Whether neighbourhoods are of one kind of people (PRISM, Table 23 and Figure 28)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.neighbourhoods.baseline import Baseline, Draw, adjust, simulate
from manyvoices.analyse.neighbourhoods.entropy import entropy, level_counts
from manyvoices.analyse.neighbourhoods.finding import Neighbourhoods
from manyvoices.analyse.table import FloatArray, IntArray

LEVEL = 0.99
"""Coverage of the interval; PRISM's choice."""
_PRISM_Z = 2.56
"""What PRISM's code has for the 99.5% point of the normal law (2.576)."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of the people."""

    name: str
    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Diversity:
    """Entropy of neighbourhoods beside that of random people."""

    attributes: tuple[str, ...]
    draw: Draw
    level: float
    k: IntArray
    """(n,): different people of each neighbourhood; its texts where `draw` is "prism"."""
    adjusted: FloatArray
    """(n_attributes, n): H / H_exp - 1; -1 = all alike, 0 = as mixed as random people; NaN where
    fewer than two answers are known."""
    total: FloatArray
    """(n,): their sum, the adjusted intersectional entropy."""
    low: FloatArray
    """(n,): less than this is rarer than (1 - level) / 2 among as many random people."""
    prism_low: FloatArray
    """(n,): the same by PRISM's margin, -2.56 sd / sqrt(k), sd of the plain sum in bits: a margin
    of another unit, and narrower the larger k by no law; kept for comparison."""
    single: FloatArray
    """(n_attributes + 1,): share of the texts whose neighbourhood is all alike in 0, 1, ... of the
    attributes, among known answers."""
    alike: FloatArray
    """(n_attributes,): share of the texts whose neighbourhood is all alike in that attribute."""
    prism_if_random: float
    """Share of neighbourhoods of these sizes that PRISM's margin would hold if people were random:
    the yardstick for `prism_share_within`."""
    mean_low: float
    """Interval of the mean of `total` if people were random; compare `total.mean()`."""
    mean_high: float
    band_k: IntArray
    band_low: FloatArray
    """(n_band,): interval of `total` among `band_k` random people."""
    band_high: FloatArray

    @property
    def share_within(self) -> float:
        """Share of neighbourhoods that are not more alike than random people would be."""
        return _share(self.total >= self.low)

    def summary(self, attribute: int | None) -> tuple[float, float]:
        """Mean and standard deviation (n - 1) over neighbourhoods; None = of the sum."""
        values = self.total if attribute is None else self.adjusted[attribute]
        values = values[~np.isnan(values)]
        mean = float(values.mean()) if len(values) else float("nan")
        return mean, float(values.std(ddof=1)) if len(values) > 1 else float("nan")

    @property
    def n_able(self) -> int:
        """Neighbourhoods large enough that all alike would be rarer than the interval's tail."""
        return int((self.low > -len(self.attributes)).sum())

    @property
    def prism_share_within(self) -> float:
        """The same by PRISM's margin."""
        return _share(self.total >= self.prism_low)


def diversity(
    found: Neighbourhoods,
    people: IntArray,
    codes: IntArray,
    attributes: tuple[Attribute, ...],
    *,
    draw: Draw = "people",
    level: float = LEVEL,
    n_draws: int | None = None,
    seed: int = 0,
) -> Diversity:
    """Measure each neighbourhood's people against as many people drawn at random.

    Source: PRISM, appendix S.1, equations 2 to 4. By default each person counts once in a
    neighbourhood, an unknown answer is no group, the random people are different people
    (`baseline`), and the interval is that of the simulated sums for the same number of people.
    ``draw="prism"`` counts each text, draws 100 times with replacement, and expects "prefer not
    to say" among the levels.

    Args:
        found: Neighbourhoods of the texts.
        people: (n_texts,) codes 0 .. of who wrote each text.
        codes: (n_attributes, n_people) level of each person; -1 = not known.
        attributes: Their names and levels.
        n_draws: None = 2,000, or 100 of PRISM's.
    """
    n_levels = tuple(len(one.levels) for one in attributes)
    label, who = _members(found, people, draw)
    counts = [
        level_counts(label, one[who], found.n, n) for one, n in zip(codes, n_levels, strict=True)
    ]
    observed = np.stack([entropy(one) for one in counts])
    known = np.stack([one.sum(axis=1) for one in counts])
    k = np.bincount(label, minlength=found.n).astype(np.int64)
    written = np.bincount(people, minlength=codes.shape[1])
    baseline = simulate(
        codes[:, people] if draw == "prism" else codes[:, written > 0],
        np.ones(len(people)) if draw == "prism" else written[written > 0].astype(np.float64),
        np.unique(np.r_[2, k]),
        n_levels=n_levels,
        n_draws=n_draws or (100 if draw == "prism" else 2000),
        seed=seed,
        draw=draw,
    )
    adjusted, total = adjust(observed, known, baseline.k, baseline.expected)
    return _result(found, attributes, draw, level, k, adjusted, total, counts, baseline, seed)


def _members(found: Neighbourhoods, people: IntArray, draw: Draw) -> tuple[IntArray, IntArray]:
    """Neighbourhood and person of each member: texts for PRISM, else each person once."""
    inside = found.label >= 0
    label, who = found.label[inside], people[inside]
    if draw == "people" and len(label):
        label, who = np.unique(np.stack([label, who]), axis=1)
    return label, who


def _result(
    found: Neighbourhoods,
    attributes: tuple[Attribute, ...],
    draw: Draw,
    level: float,
    k: IntArray,
    adjusted: FloatArray,
    total: FloatArray,
    counts: list[IntArray],
    baseline: Baseline,
    seed: int,
) -> Diversity:
    tails = [(1 - level) / 2, (1 + level) / 2]
    low, high = np.nanquantile(baseline.adjusted, tails, axis=0)
    at = np.searchsorted(baseline.k, k)
    margin = _PRISM_Z * baseline.raw_total_sd[at] / np.sqrt(k)
    groups = np.stack([(one > 0).sum(axis=1) for one in counts])
    mean_low, mean_high = _mean_interval(baseline, at, tails, seed)
    return Diversity(
        attributes=tuple(one.name for one in attributes),
        draw=draw,
        level=level,
        k=k,
        adjusted=adjusted,
        total=total,
        low=low[at],
        prism_low=-margin,
        prism_if_random=float((baseline.adjusted[:, at] >= -margin).mean()),
        single=_weighted((groups <= 1).sum(axis=0), found.k, len(attributes) + 1),
        alike=np.array([_of(one <= 1, found.k) for one in groups]),
        mean_low=mean_low,
        mean_high=mean_high,
        band_k=baseline.k,
        band_low=low,
        band_high=high,
    )


def _mean_interval(
    baseline: Baseline, at: IntArray, tails: list[float], seed: int
) -> tuple[float, float]:
    """Interval of the mean over neighbourhoods of the observed sizes, each drawn for itself."""
    rng, n_draws = np.random.default_rng([seed, 1]), len(baseline.adjusted)
    if not len(at):
        return float("nan"), float("nan")
    means = [np.nanmean(baseline.adjusted[rng.integers(0, n_draws, len(at)), at])
             for _ in range(n_draws)]  # fmt: skip
    low, high = np.quantile(means, tails)
    return float(low), float(high)


def _weighted(number: IntArray, k: IntArray, n: int) -> FloatArray:
    """Share of the texts by `number`, 0 .. n - 1."""
    texts = np.bincount(number, weights=k, minlength=n)
    shares: FloatArray = texts / texts.sum() if len(k) else np.full(n, np.nan)
    return shares


def _of(chosen: np.typing.NDArray[np.bool_], k: IntArray) -> float:
    return float(k[chosen].sum() / k.sum()) if len(k) else float("nan")


def _share(chosen: np.typing.NDArray[np.bool_]) -> float:
    return float(chosen.mean()) if len(chosen) else float("nan")
