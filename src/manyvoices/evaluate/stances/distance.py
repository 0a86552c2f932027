"""How far a model's answers are from people's: Jensen-Shannon, corrected, with intervals.

Per item, in bits (log 2, so that 1 is the most): JSD(p, q) = H((p + q) / 2) - (H(p) + H(q)) / 2
(Lin, IEEE Transactions on Information Theory 37, 1991). The distance is the square root of the mean
over items, a metric for single items (Endres & Schindelin, same journal 49, 2003).

Estimated from counts it is too large on average, the more so the fewer the answers: by 0.2 bits
with four answers of a model, where both sides think alike. With equal weights it is the mutual
information between who answers and what is answered, so it is adjusted for chance as that is (Vinh,
Epps & Bailey, Journal of Machine Learning Research 11, 2010):

    (seen - chance) / (1 - chance),

``chance`` being its exact mean over all ways of dealing the pooled answers of both sides to them
anew. Where both are draws of one distribution this has the mean 0; where nothing is shared it is 1;
what is left in between is measured by ``benchmarks/stance_coverage.py``. Adjusted values may lie
below 0: they are averaged as they are, and only the mean is cut at 0.

An interval redraws items, each with its answers, and adds what the same people share over items.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import gammaln, xlogy

from manyvoices.analyse.many_tests import holm
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.table import FloatArray, IntArray
from manyvoices.evaluate.stances.intervals import (
    all_alike,
    drawn_times,
    expanded,
    shared_variance,
)
from manyvoices.evaluate.stances.reference import Group

_NATS = float(np.log(2.0))


@dataclass(frozen=True, slots=True)
class Distance:
    """Between one model's answers and one group of people."""

    group: str
    value: float
    """Adjusted for chance, 0 to 1."""
    low: float
    high: float
    uncorrected: float
    p: float
    """Of the permutation test that both are draws of one distribution on every item, corrected for
    the number of groups (Holm)."""
    n_items: int
    n_model: int
    """Answers of the model."""
    n_people: float
    """Effective number of people's answers."""


@dataclass(frozen=True, slots=True)
class Distances:
    """One model against every group."""

    groups: tuple[Distance, ...]
    closest: str | None
    """The group to which the distance is smallest, if the intervals of the difference to every
    other group (Bonferroni over them) lie above 0; else None. ``everybody``, of whom all groups are
    part, is not compared."""


def distances(
    model: FloatArray, groups: Sequence[Group], resampling: Resampling, whole: str = ""
) -> Distances:
    """`model`: (n_items, n_options) counts of options given. `whole`: the group that holds all.

    Items that either side did not answer are left out, and those with one answer of each, of which
    nothing can be said. Items that are redrawn are the same for all groups, so that differences are
    paired.
    """
    rng = np.random.default_rng(resampling.seed)
    shared = _shared(model, groups)
    times = drawn_times(len(shared), resampling)
    found: list[Distance] = []
    draws: dict[str, FloatArray] = {}
    for group in groups:
        one, drawn = _distance(model[shared], group, shared, times, resampling, rng)
        found.append(one)
        draws[group.name] = drawn
    adjusted = holm(np.array([one.p for one in found]))
    found = [replace(one, p=float(p)) for one, p in zip(found, adjusted, strict=True)]
    return Distances(tuple(found), _closest(found, draws, resampling.level, whole))


def _shared(model: FloatArray, groups: Sequence[Group]) -> IntArray:
    there = model.sum(axis=1) > 0
    for group in groups:
        there &= (group.counts.sum(axis=1) > 0) & (model.sum(axis=1) + group.effective > 2.5)
    return np.flatnonzero(there).astype(np.int64)


def divergence(p: FloatArray, q: FloatArray) -> FloatArray:
    """JSD in bits of distributions (..., n_options)."""
    found: FloatArray = np.maximum(_term(p, q).sum(axis=-1), 0.0)
    return found


def by_chance(model: IntArray, people: IntArray) -> float:
    """Mean of `divergence` in bits over all deals of the pooled answers, (n_options,) counts each.

    An option's number on the model's side is hypergeometric, and the divergence a sum over options.
    """
    n, m = int(model.sum()), int(people.sum())
    total = 0.0
    for pooled in (model + people).tolist():
        mine = np.arange(max(0, pooled - m), min(n, pooled) + 1)
        log = _log_choose(pooled, mine) + _log_choose(n + m - pooled, n - mine)
        chance = np.exp(log - _log_choose(n + m, n))
        total += float(chance @ _term(mine / n, (pooled - mine) / m))
    return total


def _log_choose(n: int, k: Any) -> Any:
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)


def _term(p: FloatArray, q: FloatArray) -> FloatArray:
    """What one option adds to `divergence`."""
    found: FloatArray = (xlogy(p, p) + xlogy(q, q)) / 2 - xlogy((p + q) / 2, (p + q) / 2)
    return found / _NATS


def adjusted(seen: FloatArray, chance: FloatArray) -> FloatArray:
    """(n_items,) divergences without what chance gives; see above."""
    return (seen - chance) / (1 - chance)


def _distance(
    model: FloatArray,
    group: Group,
    shared: IntArray,
    times: FloatArray,
    resampling: Resampling,
    rng: np.random.Generator,
) -> tuple[Distance, FloatArray]:
    if not len(shared):
        no = float("nan")
        return Distance(group.name, no, no, no, no, no, 0, 0, 0.0), np.full(len(times), no)
    n, counts = model.sum(axis=1), group.counts[shared]
    p, q = model / n[:, None], counts / counts.sum(axis=1, keepdims=True)
    people = np.array(
        [_whole(x, _size(m)) for x, m in zip(q, group.effective[shared], strict=True)]
    )
    plain = divergence(p, q)
    chance = np.array(
        [by_chance(*both) for both in zip(model.astype(np.int64), people, strict=True)]
    )
    values = adjusted(plain, chance)
    drawn = times @ values / len(shared)
    if extra := _shared_by_people(p, q, chance, group, shared):
        drawn = drawn + rng.normal(0.0, np.sqrt(extra), len(times))
    low, high = _interval(values, drawn, resampling.level)
    one = Distance(
        group=group.name,
        value=float(np.sqrt(max(values.mean(), 0.0))),
        low=low,
        high=high,
        uncorrected=float(np.sqrt(plain.mean())),
        p=_permuted(model, people, float(plain.mean()), rng, resampling.n_resamples),
        n_items=len(shared),
        n_model=int(n.sum()),
        n_people=float(group.effective[shared].sum()),
    )
    return one, drawn


def _size(effective: float) -> int:
    return max(1, round(effective))


def _interval(values: FloatArray, drawn: FloatArray, level: float) -> tuple[float, float]:
    if len(drawn) and np.ptp(values) == 0:
        ends = all_alike(float(values[0]), len(values), level, (0.0, 1.0))
    else:
        ends = expanded(drawn, level, len(values))
    low, high = (float(np.sqrt(np.clip(end, 0.0, 1.0))) for end in ends)
    return low, high


def _shared_by_people(
    p: FloatArray, q: FloatArray, chance: FloatArray, group: Group, shared: IntArray
) -> float:
    """Variance of the mean from what single people share over items; 0 where they are not known.

    One more answer k moves a divergence by log2(q_k / mid_k) / 2, less the mean of that.
    """
    if group.singles is None:
        return 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = np.where(q > 0, np.log2(q / ((p + q) / 2)) / 2, 0.0)
    slopes = (slopes - (q * slopes).sum(axis=1, keepdims=True)) / (1 - chance)[:, None]
    return shared_variance(group.singles.influence(slopes, shared))


def _permuted(
    model: FloatArray, people: IntArray, seen: float, rng: np.random.Generator, r: int
) -> float:
    """Share of deals of each item's pooled answers that are as far apart (Phipson & Smyth 2010)."""
    if r == 0:
        return float("nan")
    total = np.zeros(r)
    for mine, theirs in zip(model.astype(np.int64), people, strict=True):
        dealt = rng.multivariate_hypergeometric(mine + theirs, int(mine.sum()), size=r)
        total += divergence(dealt / mine.sum(), (mine + theirs - dealt) / theirs.sum())
    return float((1 + (total / len(model) >= seen - 1e-12).sum()) / (1 + r))


def _whole(q: FloatArray, size: int) -> IntArray:
    """`size` answers in the shares `q`, as whole numbers (largest remainders)."""
    wanted = q * size
    found = np.floor(wanted + 1e-9).astype(np.int64)
    order = np.argsort(found - wanted, kind="stable")
    found[order[: size - found.sum()]] += 1
    return found


def _closest(
    found: Sequence[Distance], draws: dict[str, FloatArray], level: float, whole: str
) -> str | None:
    some = [one for one in found if one.group != whole and one.n_items]
    if len(some) < 2:
        return None
    best = min(some, key=lambda one: one.value)
    share = 1 - (1 - level) / (len(some) - 1)
    for other in some:
        if other is not best:
            difference = draws[other.group] - draws[best.group]
            low, _ = expanded(difference, share, best.n_items)
            if not low > 0:
                return None
    return best.group
