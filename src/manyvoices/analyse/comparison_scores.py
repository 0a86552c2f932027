"""How people of two releases used the rating scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.dataset import Dataset
from manyvoices.analyse.resampling import Means, Resampling, cluster_means
from manyvoices.analyse.table import FloatArray, IntArray

N_BINS = 10


@dataclass(frozen=True, slots=True, eq=False)
class ScoreShares:
    """The scores of one release's opening turns."""

    n: int
    n_people: int
    mean: float
    low: float
    high: float
    sd: float
    shares: FloatArray
    """(N_BINS,) share of scores in tenths of the scale."""
    shares_low: FloatArray
    shares_high: FloatArray
    """(N_BINS,) intervals over resampled people."""


@dataclass(frozen=True, slots=True)
class ModelScores:
    """Mean score of a shared model; two values are ours and theirs."""

    model: str
    n: tuple[int, int]
    mean: tuple[float, float]
    difference: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class ScoresApart:
    """Both distributions, on our scale."""

    scale: tuple[int, int]
    rescaled: bool
    """The other release's scale has other ends, and was stretched to ours."""
    ours: ScoreShares
    theirs: ScoreShares
    difference: float
    """Our mean less theirs."""
    low: float
    high: float
    models: tuple[ModelScores, ...]
    """Shared models, by difference."""


def scores_apart(ours: Dataset, theirs: Dataset, drawn: Resampling) -> ScoresApart | None:
    """Scores of opening turns, where every model had the same chance to be drawn.

    The interval of a difference of means joins the two means' own intervals (MOVER: Zou, Donner,
    Statistics in Medicine 27, 2008, equation 3), which takes the two samples as independent; where
    the same people are in both it is too wide, if anything.
    """
    scale, other = ours.table.words.score_range, theirs.table.words.score_range
    sides = [_Side.of(ours, scale, scale), _Side.of(theirs, other, scale)]
    if not all(len(side.values) for side in sides):
        return None
    first, second = (side.shares(scale, drawn) for side in sides)
    difference, low, high = _difference(
        (first.mean, first.low, first.high), (second.mean, second.low, second.high)
    )
    return ScoresApart(
        scale=scale,
        rescaled=scale != other,
        ours=first,
        theirs=second,
        difference=difference,
        low=low,
        high=high,
        models=_models(sides[0], sides[1], drawn),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    values: FloatArray
    people: IntArray
    models: list[str]

    @classmethod
    def of(cls, dataset: Dataset, own: tuple[int, int], scale: tuple[int, int]) -> _Side:
        rows = dataset.openers()
        values = rows["score"].to_numpy().astype(np.float64)
        if own != scale:
            values = scale[0] + (values - own[0]) * (scale[1] - scale[0]) / (own[1] - own[0])
        _, people = np.unique(rows["user_id"].to_numpy(), return_inverse=True)
        return cls(values, people.astype(np.int64), rows["model"].to_list())

    def means(self, drawn: Resampling) -> tuple[list[str], Means]:
        names = sorted(set(self.models))
        place = {name: i for i, name in enumerate(names)}
        codes = np.array([place[name] for name in self.models], dtype=np.int64)
        found = cluster_means(
            self.values, codes, self.people, n_groups=len(names), resampling=drawn
        )
        return names, found

    def shares(self, scale: tuple[int, int], drawn: Resampling) -> ScoreShares:
        whole = np.zeros(len(self.values), dtype=np.int64)
        edges = np.linspace(*scale, N_BINS + 1)[1:-1]
        tenth = np.searchsorted(edges, self.values, side="right")
        binned = [
            cluster_means(
                (tenth == i).astype(np.float64), whole, self.people, n_groups=1, resampling=drawn
            )
            for i in range(N_BINS)
        ]
        mean = cluster_means(self.values, whole, self.people, n_groups=1, resampling=drawn)
        return ScoreShares(
            n=len(self.values),
            n_people=int(self.people.max()) + 1,
            mean=float(mean.mean[0]),
            low=float(mean.low[0]),
            high=float(mean.high[0]),
            sd=float(self.values.std(ddof=1)) if len(self.values) > 1 else float("nan"),
            shares=np.array([one.mean[0] for one in binned]),
            shares_low=np.array([one.low[0] for one in binned]),
            shares_high=np.array([one.high[0] for one in binned]),
        )


def _models(ours: _Side, theirs: _Side, drawn: Resampling) -> tuple[ModelScores, ...]:
    names, first = ours.means(drawn)
    others, second = theirs.means(drawn)
    rows = []
    for model in sorted(set(names) & set(others)):
        i, j = names.index(model), others.index(model)
        one = (float(first.mean[i]), float(first.low[i]), float(first.high[i]))
        two = (float(second.mean[j]), float(second.low[j]), float(second.high[j]))
        difference, low, high = _difference(one, two)
        n = (int(first.n[i]), int(second.n[j]))
        rows.append(ModelScores(model, n, (one[0], two[0]), difference, low, high))
    return tuple(sorted(rows, key=lambda row: (-row.difference, row.model)))


def _difference(
    one: tuple[float, float, float], two: tuple[float, float, float]
) -> tuple[float, float, float]:
    """Difference of two means given as (mean, low, high), with its interval."""
    gap = one[0] - two[0]
    below = np.hypot(one[0] - one[1], two[2] - two[0])
    above = np.hypot(one[2] - one[0], two[0] - two[1])
    return gap, float(gap - below), float(gap + above)
