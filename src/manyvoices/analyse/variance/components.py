"""Where scores come from: how much of their variance each of many crossed factors carries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from manyvoices.analyse.dataset import NotEnough
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.table import FloatArray, IntArray
from manyvoices.analyse.variance.moments import Moments

RESIDUAL = "residual"
_BLOCK = 128
Interval = Literal["people", "parametric"]


@dataclass(frozen=True, slots=True)
class Component:
    """What one factor adds to the variance of a score."""

    name: str
    n_levels: int
    """How many people, models, prompts ...; for the residual: rows."""
    variance: float
    """In squared points of the scale; unbiased, so it may be below 0 where there is none."""
    low: float
    high: float
    """Interval of the variance; NaN without resamples."""
    share: float
    """Of the total; variances below 0 count as 0."""
    share_low: float
    share_high: float

    @property
    def sd(self) -> float:
        """Points of the scale by which a level typically lies off the mean."""
        return float(np.sqrt(max(self.variance, 0.0)))


@dataclass(frozen=True, slots=True, eq=False)
class VarianceComponents:
    """A table of scores taken apart."""

    components: tuple[Component, ...]
    """In the order given, the residual last."""
    total: float
    """Sum of the variances, those below 0 counted as 0."""
    mean: float
    n: int
    n_people: int
    interval: Interval
    resampling: Resampling
    draws: FloatArray
    """(resamples, components) variances in each resample that determines them."""
    left_out: tuple[tuple[str, str], ...] = ()
    """(factor, why it cannot be told apart in this table)."""

    def __getitem__(self, name: str) -> Component:
        """The component called `name`; `KeyError` where there is none."""
        for each in self.components:
            if each.name == name:
                return each
        raise KeyError(name)

    def folded(self, parts: Mapping[str, Sequence[str]]) -> tuple[Component, ...]:
        """Components summed into fewer: `parts` names each sum's members, together all of them.

        A sum below 0 counts as 0 in the shares, as a component does; members that the table could
        not tell apart are passed over.
        """
        names = [each.name for each in self.components]
        place = {
            whole: [names.index(one) for one in members if one in names]
            for whole, members in parts.items()
        }
        place = {whole: members for whole, members in place.items() if members}
        point = np.array([each.variance for each in self.components])
        sums = np.stack([point[at].sum() for at in place.values()])
        draws = np.stack([self.draws[:, at].sum(axis=1) for at in place.values()], axis=-1)
        levels = [sum(self.components[i].n_levels for i in at) for at in place.values()]
        return _components(list(place), levels, sums, draws, self.resampling.level)

    def __contains__(self, name: object) -> bool:
        return any(each.name == name for each in self.components)


def variance_components(
    score: FloatArray,
    factors: Mapping[str, IntArray],
    person: IntArray,
    *,
    resampling: Resampling | None = None,
    interval: Interval = "people",
) -> VarianceComponents:
    """Take apart score = mean + one effect per factor + residual, all effects independent.

    `score` (n,), no NaN; `factors`: name -> codes (n,) of any crossed or nested factors (person x
    model is the factor of its cells); `person` (n,) whom resamples draw.

    Method of moments: for each factor the half squared differences of pairs that share its level
    (weighted by one over the level's size), and of all pairs, are set equal to their expectations,
    which are counts of pairs; K + 1 linear equations. Unbiased for any unbalanced table without
    assuming normality; linear in n. Source: Gao & Owen 2017 (Electronic Journal of Statistics 11),
    section 3, for two factors; we take any number. For balanced tables it equals the estimates of
    the analysis of variance.

    Intervals: ``people`` draws people with all their scores (percentiles); models, prompts that
    several people saw, and groups stay those of the study. Two copies of one person are never
    compared with each other (without this, every crossed factor would look more alike; Owen 2007,
    Annals of Applied Statistics 1, names the problem). ``parametric`` draws all effects anew from
    normal distributions, so it speaks of other models too.

    Raises:
        NotEnough: Fewer than two people, or no spread, or the table determines nothing.
    """
    drawn = resampling or Resampling()
    person = _codes(person)
    n_people = int(person.max()) + 1 if len(person) else 0
    if n_people < 2 or len(score) < 3:
        raise NotEnough("Variance components need scores of at least two people.")
    kept, left_out = _identifiable({name: _codes(codes) for name, codes in factors.items()})
    mean = float(score.mean())
    centred = score - mean
    if not centred.any():
        raise NotEnough("Every score is the same, so there is no variance to take apart.")
    moments = Moments.of(centred, kept, person)
    point = moments.solve(np.ones((n_people, 1)))[0]
    if np.isnan(point).any():
        raise NotEnough(
            "These scores do not tell their factors apart: too few of them are crossed."
        )
    draw = _by_people if interval == "people" else _by_model
    draws = draw(moments, kept, point, n_people, len(score), drawn)
    return _result(kept, point, draws, left_out, mean, len(score), n_people, interval, drawn)


def _codes(labels: IntArray) -> IntArray:
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def _identifiable(
    factors: Mapping[str, IntArray],
) -> tuple[dict[str, IntArray], tuple[tuple[str, str], ...]]:
    """The factors that a table can tell apart from the mean, the residual and each other."""
    kept: dict[str, IntArray] = {}
    left: list[tuple[str, str]] = []
    for name, codes in factors.items():
        n_levels = int(codes.max()) + 1
        same = next((k for k, other in kept.items() if _alike(codes, other)), None)
        if n_levels < 2:
            left.append((name, "it has one level only"))
        elif n_levels == len(codes):
            left.append((name, "no two scores share a level, so it is part of the residual"))
        elif same is not None:
            left.append((name, f"its levels are those of {same}"))
        else:
            kept[name] = codes
    return kept, tuple(left)


def _alike(first: IntArray, second: IntArray) -> bool:
    if first.max() != second.max():
        return False
    n_cells = np.unique(np.stack((first, second)), axis=1).shape[1]
    return int(n_cells) == int(first.max()) + 1


def _by_people(
    moments: Moments,
    factors: Mapping[str, IntArray],  # noqa: ARG001 (the other way of drawing needs it)
    point: FloatArray,  # noqa: ARG001
    n_people: int,
    n: int,  # noqa: ARG001
    drawn: Resampling,
) -> FloatArray:
    rng = np.random.default_rng(drawn.seed)
    blocks = [np.zeros((0, len(moments.names) + 1))]
    for start in range(0, drawn.n_resamples, _BLOCK):
        size = min(_BLOCK, drawn.n_resamples - start)
        times = rng.multinomial(n_people, np.full(n_people, 1 / n_people), size=size)
        blocks.append(moments.solve(times.T.astype(np.float64)))
    return np.concatenate(blocks)


def _by_model(
    moments: Moments,
    factors: Mapping[str, IntArray],
    point: FloatArray,
    n_people: int,
    n: int,
    drawn: Resampling,
) -> FloatArray:
    """Scores made anew from the estimates; the counts of pairs stay as they are."""
    rng = np.random.default_rng(drawn.seed)
    ones = np.ones((n_people, 1))
    left = np.array([[c.of(ones)[0] for c in row] for row in moments.counts])
    sd = np.sqrt(np.maximum(point, 0.0))
    codes = [*factors.values(), np.zeros(n, dtype=np.int64)]
    sizes = [np.bincount(c).astype(np.float64) for c in codes]
    rights = np.empty((drawn.n_resamples, len(point)))
    for right in rights:
        made = rng.normal(0.0, sd[-1], n)
        for level, spread in zip(factors.values(), sd[:-1], strict=True):
            made += rng.normal(0.0, spread, int(level.max()) + 1)[level]
        square = float(made @ made)
        right[:] = [
            square - (np.bincount(c, weights=made) ** 2 / size).sum()
            for c, size in zip(codes, sizes, strict=True)
        ]
    return np.asarray(np.linalg.solve(left[None], rights[..., None])[..., 0])


def _result(
    factors: Mapping[str, IntArray],
    point: FloatArray,
    draws: FloatArray,
    left_out: tuple[tuple[str, str], ...],
    mean: float,
    n: int,
    n_people: int,
    interval: Interval,
    drawn: Resampling,
) -> VarianceComponents:
    found = draws[~np.isnan(draws).any(axis=1)]
    levels = [*(int(codes.max()) + 1 for codes in factors.values()), n]
    return VarianceComponents(
        components=_components([*factors, RESIDUAL], levels, point, found, drawn.level),
        total=float(np.maximum(point, 0.0).sum()),
        mean=mean,
        n=n,
        n_people=n_people,
        interval=interval,
        resampling=drawn,
        draws=found,
        left_out=left_out,
    )


def _components(
    names: Sequence[str],
    levels: Sequence[int],
    point: FloatArray,
    draws: FloatArray,
    level: float,
) -> tuple[Component, ...]:
    ends = (*_ends(draws, level), _shares(point[None])[0], *_ends(_shares(draws), level))
    numbers = np.stack((point, ends[0], ends[1], ends[2], ends[3], ends[4]), axis=-1)
    rows = zip(names, levels, numbers.tolist(), strict=True)
    return tuple(Component(name, n, *values) for name, n, values in rows)


def _shares(variances: FloatArray) -> FloatArray:
    positive = np.maximum(variances, 0.0)
    total = positive.sum(axis=1, keepdims=True)
    share: FloatArray = np.divide(
        positive, total, out=np.full_like(positive, np.nan), where=total > 0
    )
    return share


def _ends(draws: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    if not len(draws):
        gap = np.full(draws.shape[1], np.nan)
        return gap, gap
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return low, high
