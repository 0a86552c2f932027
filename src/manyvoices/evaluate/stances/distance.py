"""How far a model's answers are from people's: Jensen-Shannon, corrected, with intervals.

Per item, in bits (log 2, so that 1 is the most): JSD(p, q) = H((p + q) / 2) - (H(p) + H(q)) / 2
(Lin, IEEE Transactions on Information Theory 37, 1991). The distance is the square root of the mean
over items, a metric for single items (Endres & Schindelin, same journal 49, 2003).

Estimated from counts it is too large on average, the more so the fewer the answers. To first order
(Miller 1955, for each of the three entropies) by

    [ sum (1 - p) / n / 2 + sum (1 - q) / m / 2 ] / 2 - sum var(mid) / mid / 2,
    var(mid) = (p (1 - p) / n + q (1 - q) / m) / 4,

each sum over the options that occur, in nats; that is taken away. Corrected values may lie below 0:
they are averaged as they are, and only the mean is cut at 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from manyvoices.analyse.many_tests import holm
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.table import FloatArray, IntArray
from manyvoices.evaluate.stances.reference import Group
from manyvoices.evaluate.stances.scoring import interval

_NATS = float(np.log(2.0))


@dataclass(frozen=True, slots=True)
class Distance:
    """Between one model's answers and one group of people."""

    group: str
    value: float
    """Corrected, 0 to 1."""
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

    Items that either side did not answer are left out. A resample draws items, and for each of them
    anew the model's and the people's answers; items are the same for all groups, so that
    differences are paired.
    """
    rng = np.random.default_rng(resampling.seed)
    shared = _shared(model, groups)
    n = max(len(shared), 1)
    times = rng.multinomial(n, np.full(n, 1 / n), size=resampling.n_resamples)
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
        there &= group.counts.sum(axis=1) > 0
    return np.flatnonzero(there).astype(np.int64)


def divergence(p: FloatArray, q: FloatArray) -> FloatArray:
    """JSD in bits of distributions (..., n_options)."""
    middle = (p + q) / 2
    found: FloatArray = (_entropy(middle) - (_entropy(p) + _entropy(q)) / 2) / _NATS
    return np.maximum(found, 0.0)


def bias(p: FloatArray, q: FloatArray, n: FloatArray, m: FloatArray) -> FloatArray:
    """First-order bias in bits of `divergence` from `n` and `m` answers (...,); see above."""
    var_p, var_q = p * (1 - p) / n[..., None], q * (1 - q) / m[..., None]
    middle = (p + q) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        ends = [np.where(x > 0, v / x, 0.0).sum(axis=-1) for x, v in ((p, var_p), (q, var_q))]
        mid = np.where(middle > 0, (var_p + var_q) / 4 / middle, 0.0).sum(axis=-1)
    found: FloatArray = ((ends[0] + ends[1]) / 4 - mid / 2) / _NATS
    return found


def _entropy(p: FloatArray) -> FloatArray:
    with np.errstate(invalid="ignore", divide="ignore"):
        found: FloatArray = -np.where(p > 0, p * np.log(p), 0.0).sum(axis=-1)
    return found


def _distance(
    model: FloatArray,
    group: Group,
    shared: IntArray,
    times: IntArray,
    resampling: Resampling,
    rng: np.random.Generator,
) -> tuple[Distance, FloatArray]:
    counts, m = group.counts[shared], group.effective[shared]
    n = model.sum(axis=1)
    if not len(shared):
        no = float("nan")
        return Distance(group.name, no, no, no, no, no, 0, 0, 0.0), np.full(len(times), no)
    p, q = model / n[:, None], counts / counts.sum(axis=1, keepdims=True)
    plain = divergence(p, q)
    corrected = plain - bias(p, q, n, m)
    drawn = _redrawn(p, q, n, m, rng, resampling.n_resamples)
    # Redrawn answers come from p and q as seen, so their mean is `plain`: the same step as in the
    # estimate brings it to `corrected`.
    shifted = drawn - plain + corrected
    means = (times * shifted).sum(axis=1) / times.sum(axis=1)
    low, high = interval(np.sqrt(np.maximum(means, 0.0)), resampling.level)
    value = float(np.sqrt(max(corrected.mean(), 0.0)))
    one = Distance(
        group=group.name,
        value=value,
        low=low,
        high=high,
        uncorrected=float(np.sqrt(plain.mean())),
        p=_permuted(model, q, m, float(plain.mean()), rng, resampling.n_resamples),
        n_items=len(shared),
        n_model=int(n.sum()),
        n_people=float(m.sum()),
    )
    return one, means


def _redrawn(
    p: FloatArray, q: FloatArray, n: FloatArray, m: FloatArray, rng: np.random.Generator, r: int
) -> FloatArray:
    """(r, n_items) corrected divergences of answers drawn anew."""
    found = np.empty((r, len(p)))
    for i in range(len(p)):
        size = max(1, round(float(m[i])))
        a = rng.multinomial(int(n[i]), p[i] / p[i].sum(), size=r) / n[i]
        b = rng.multinomial(size, q[i] / q[i].sum(), size=r) / size
        sizes = np.full(r, float(n[i])), np.full(r, float(size))
        found[:, i] = divergence(a, b) - bias(a, b, *sizes)
    return found


def _permuted(
    model: FloatArray, q: FloatArray, m: FloatArray, seen: float, rng: np.random.Generator, r: int
) -> float:
    """Share of deals of each item's pooled answers that are as far apart (Phipson & Smyth 2010)."""
    if r == 0:
        return float("nan")
    total = np.zeros(r)
    for i in range(len(model)):
        size = max(1, round(float(m[i])))
        people = _whole(q[i], size)
        mine = model[i].astype(np.int64)
        dealt = rng.multivariate_hypergeometric(mine + people, int(mine.sum()), size=r)
        rest = (mine + people) - dealt
        total += divergence(dealt / mine.sum(), rest / size)
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
            low, _ = interval(draws[other.group] - draws[best.group], share)
            if not low > 0:
                return None
    return best.group
