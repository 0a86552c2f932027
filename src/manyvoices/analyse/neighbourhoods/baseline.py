"""How mixed k people drawn at random would be, attribute by attribute and in sum.

A neighbourhood is called homogeneous only if random people would seldom be as alike. Two draws of
random people:

* ``people`` (default): k different people, drawn one after another without replacement, each with
  a chance in proportion to the texts that they wrote. That is what a neighbourhood would be whose
  people had nothing to do with each other: nobody is in it twice, and who writes more texts is in
  more neighbourhoods.
* ``prism``: k texts with replacement, as PRISM's code draws them (its paper: "randomly sampling a
  k-sized neighbourhood at population-wide probabilities").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from manyvoices.analyse.neighbourhoods.entropy import entropy
from manyvoices.analyse.table import FloatArray, IntArray

Draw = Literal["people", "prism"]
_CELLS_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Baseline:
    """Simulated neighbourhoods of several sizes."""

    k: IntArray
    """(n_k,): the sizes, ascending."""
    expected: FloatArray
    """(n_attributes, n_k): mean entropy in bits among k people whose answer is known."""
    sd: FloatArray
    """(n_attributes, n_k): its standard deviation over draws (divided by their number)."""
    raw_total_sd: FloatArray
    """(n_k,): of the plain sum of entropies over attributes, in bits."""
    adjusted: FloatArray
    """(n_draws, n_k): adjusted intersectional entropy of each draw."""


def adjust(
    observed: FloatArray, known: IntArray, k: IntArray, expected: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Entropies relative to what is expected of as many people: H / H_exp - 1, and their sum.

    Source: PRISM, equations 3 and 4. Where fewer than two answers are known an attribute says
    nothing: it is NaN and left out of the sum.

    Args:
        observed: (n_attributes, ...) entropies in bits.
        known: (n_attributes, ...) how many answers each stands on.
        k: (n_k,) the sizes of `expected`, ascending; between them it is interpolated.
        expected: (n_attributes, n_k) in bits.
    """
    mean = np.stack([np.interp(n, k, one) for n, one in zip(known, expected, strict=True)])
    with np.errstate(invalid="ignore", divide="ignore"):
        adjusted = np.where((known > 1) & (mean > 0), observed / mean - 1, np.nan)
    total: FloatArray = np.nansum(adjusted, axis=0)
    total[np.isnan(adjusted).all(axis=0)] = np.nan
    return adjusted, total


def simulate(
    codes: IntArray,
    weight: FloatArray,
    k: IntArray,
    *,
    n_levels: tuple[int, ...],
    n_draws: int = 2000,
    seed: int = 0,
    draw: Draw = "people",
) -> Baseline:
    """Draw neighbourhoods of `k` people and measure them.

    Args:
        codes: (n_attributes, n) level of each person (``people``) or text (``prism``); -1 = not
            known, which is left out.
        weight: (n,) chance of each, in any unit; ``prism`` takes all as equal.
        k: (n_k,) sizes wanted, 2 or more; of ``people`` at most n.
        n_levels: Levels of each attribute.
        n_draws: PRISM 100.
        seed: Of the generator.
        draw: See the module.
    """
    sizes = np.unique(k)
    if draw == "people" and (codes < 0).any():
        sizes = _with_smaller(sizes)
    rng = np.random.default_rng(seed)
    alone = [_drawn(rng, one[None], weight, sizes, (n,), n_draws, draw)
             for one, n in zip(codes, n_levels, strict=True)]  # fmt: skip
    expected = np.stack([np.nanmean(bits[0], axis=0) for bits, _ in alone])
    sd = np.stack([np.nanstd(bits[0], axis=0) for bits, _ in alone])
    together, known = _drawn(rng, codes, weight, sizes, n_levels, n_draws, draw, joint=True)
    _, total = adjust(together, known, sizes, expected)
    return Baseline(
        k=sizes,
        expected=expected,
        sd=sd,
        raw_total_sd=np.nansum(together, axis=0).std(axis=0),
        adjusted=total,
    )


def _with_smaller(sizes: IntArray) -> IntArray:
    """Sizes besides, for attributes of which not every answer is known: each to 100, then by 5%."""
    largest = int(sizes.max())
    steps = np.geomspace(100, max(largest, 101), 1 + int(20 * np.log(max(largest, 101) / 100)))
    between = np.r_[np.arange(2, min(largest, 100) + 1), steps.astype(np.int64), sizes]
    return np.unique(between[(between >= 2) & (between <= largest)])


def _drawn(
    rng: np.random.Generator,
    codes: IntArray,
    weight: FloatArray,
    k: IntArray,
    n_levels: tuple[int, ...],
    n_draws: int,
    draw: Draw,
    *,
    joint: bool = False,
) -> tuple[FloatArray, IntArray]:
    """Entropies (n_attributes, n_draws, n_k) and how many answers each stands on.

    Alone, an attribute is drawn among those whose answer is known; jointly, among all.
    """
    among = np.arange(codes.shape[1]) if joint else np.flatnonzero(codes[0] >= 0)
    bits = np.full((len(codes), n_draws, len(k)), np.nan)
    known = np.zeros(bits.shape, dtype=np.int64)
    if not len(among):
        return bits, known
    largest = int(k.max()) if draw == "prism" else min(int(k.max()), len(among))
    at_once = max(1, _CELLS_AT_ONCE // (max(largest, len(among)) * max(n_levels)))
    for start in range(0, n_draws, at_once):
        part = slice(start, min(start + at_once, n_draws))
        n = part.stop - part.start
        if draw == "prism":
            rows = [among[rng.integers(0, len(among), (n, size))] for size in k]
        else:
            order = among[_without_replacement(rng, weight[among], n, largest)]
            rows = [order[:, : min(size, largest)] for size in k]
        for attribute, levels in enumerate(n_levels):
            counts = _counts(codes[attribute], rows, levels, nested=draw == "people")
            bits[attribute, part] = entropy(counts)
            known[attribute, part] = counts.sum(axis=-1)
    return bits, known


def _without_replacement(
    rng: np.random.Generator, weight: FloatArray, n_draws: int, k: int
) -> IntArray:
    """(n_draws, k) different places each, one after another by `weight`.

    Source: Efraimidis & Spirakis, Information Processing Letters 97 (2006): the smallest of
    exponential times. The first j of a draw of k are a draw of j.
    """
    times = rng.exponential(size=(n_draws, len(weight))) / weight
    first = np.argpartition(times, min(k, len(weight) - 1), axis=1)[:, :k]
    order = np.argsort(np.take_along_axis(times, first, axis=1), axis=1)
    taken: IntArray = np.take_along_axis(first, order, axis=1)
    return taken


def _counts(codes: IntArray, rows: list[IntArray], n_levels: int, *, nested: bool) -> IntArray:
    """Members per level, (n_draws, n_k, n_levels), of each size's rows (n_draws, k)."""
    levels = np.arange(n_levels)
    if not nested:
        found = [(codes[one][..., None] == levels).sum(axis=1) for one in rows]
        return np.stack(found, axis=1)
    last = np.array([one.shape[1] - 1 for one in rows])
    running = np.cumsum(codes[rows[-1]][..., None] == levels, axis=1)
    counts: IntArray = running[:, last]
    return counts
