"""Who talks about what: each group's share of a topic against its share of everything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.table import BoolArray, FloatArray, IntArray

Base = Literal["prompts", "people"]
MIN_EXPECTED = 10.0
_BLOCK = 128


@dataclass(frozen=True, slots=True, eq=False)
class Representation:
    """G groups of one field in T topics. Texts of people in no group count in every total."""

    column: str
    label: str
    levels: tuple[str, ...]
    """(G,)."""
    people: IntArray
    """(G,) people with at least one text."""
    totals: IntArray
    """(G,) texts, those in no topic too."""
    counts: IntArray
    """(G, T) texts."""
    authors: IntArray
    """(G, T) people with at least one text of the topic."""
    expected: FloatArray
    """(G,) base share: what the group's share of a topic is if all choose alike."""
    share: FloatArray
    """(G, T) of the topic's texts that the group wrote."""
    factor: FloatArray
    """(G, T) `share` over `expected`: 1 = as expected, 2 = twice as often."""
    low: FloatArray
    """(G, T) interval of `factor` by resampling people; NaN where nobody of the group wrote on the
    topic, as no resample can hold what nobody did."""
    high: FloatArray
    base: Base

    @property
    def judged(self) -> BoolArray:
        """(G, T) cells with at least `MIN_EXPECTED` expected texts and somebody in them: percentile
        intervals of fewer are too short."""
        expected = self.expected[:, None] * self.counts / np.where(self.share > 0, self.share, 1)
        return np.asarray((expected >= MIN_EXPECTED) & ~np.isnan(self.low))

    @property
    def apart(self) -> BoolArray:
        """(G, T) judged cells whose interval leaves out 1; one in twenty does so by chance."""
        return np.asarray(self.judged & ((self.low > 1) | (self.high < 1)))

    @property
    def within(self) -> FloatArray:
        """(G, T) of the group's texts that are on the topic."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(self.counts / self.totals[:, None])


def representation(
    topics: IntArray,
    groups: IntArray,
    people: IntArray,
    *,
    column: str,
    label: str,
    levels: Sequence[str],
    resampling: Resampling,
    compat: Literal["prism"] | None = None,
) -> Representation:
    """Over-representation factors (PRISM, section 3.1): (N_gt / N_t) / b_g.

    `topics`, `groups`, `people`: (n,) codes per text; topic or group -1 = none. b_g is the group's
    share of all texts, so that the factors of a group average to 1 over texts whatever its members
    do. ``compat="prism"`` takes its share of people, as the paper defines b_g: there a group whose
    members wrote more texts than others seems to like every topic (for a field that differs within
    people, such as the type of the conversation, texts are the base either way).

    Intervals resample people with all their texts (percentile); they cover who took part, not how
    texts were put into topics.
    """
    table = _cells(topics, groups, people, len(levels))
    present = table.sum(axis=2) > 0
    groups_of = present[:, : len(levels)]
    per_person = bool((present.sum(axis=1) <= 1).all())
    base: Base = "people" if compat == "prism" and per_person else "prompts"
    share, expected, factor = _factors(table.sum(axis=0), groups_of.sum(axis=0), table, base)
    low, high = _interval(table, groups_of, base, resampling)
    counts = table.sum(axis=0)[: len(levels)]
    authors = (table[:, : len(levels), :-1] > 0).sum(axis=0)
    low[authors == 0] = high[authors == 0] = np.nan
    return Representation(
        column=column, label=label, levels=tuple(levels),
        people=groups_of.sum(axis=0).astype(np.int64),
        totals=counts.sum(axis=1).astype(np.int64),
        counts=counts[:, :-1].astype(np.int64), authors=authors.astype(np.int64),
        expected=expected, share=share, factor=factor, low=low, high=high, base=base,
    )  # fmt: skip


def _cells(topics: IntArray, groups: IntArray, people: IntArray, n_groups: int) -> FloatArray:
    """(people, groups + 1, topics + 1) texts; the last of each is "none"."""
    _, person = np.unique(people, return_inverse=True)
    n_people = int(person.max(initial=-1)) + 1
    n_topics = int(topics.max(initial=-1)) + 1
    group = np.where(groups < 0, n_groups, groups)
    topic = np.where(topics < 0, n_topics, topics)
    shape = (n_people, n_groups + 1, n_topics + 1)
    cell = np.ravel_multi_index((person, group, topic), shape)
    return np.bincount(cell, minlength=int(np.prod(shape))).reshape(shape).astype(np.float64)


def _factors(
    sums: FloatArray, members: FloatArray, table: FloatArray, base: Base
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Share (G, T), expected (G,) and factor (G, T) from (G + 1, T + 1) texts."""
    with np.errstate(invalid="ignore", divide="ignore"):
        share = sums[:-1, :-1] / sums[:, :-1].sum(axis=0)
        if base == "people":
            expected = members / len(table)
        else:
            expected = sums[:-1].sum(axis=1) / sums.sum()
        return share, expected, share / expected[:, None]


def _interval(
    table: FloatArray, groups_of: BoolArray, base: Base, drawn: Resampling
) -> tuple[FloatArray, FloatArray]:
    n_people, n_groups, n_topics = table.shape
    shape = (n_groups - 1, n_topics - 1)
    if n_people == 0 or drawn.n_resamples == 0:
        return np.full(shape, np.nan), np.full(shape, np.nan)
    rng = np.random.default_rng(drawn.seed)
    flat, members = table.reshape(n_people, -1), groups_of.astype(np.float64)
    draws = []
    for start in range(0, drawn.n_resamples, _BLOCK):
        size = min(_BLOCK, drawn.n_resamples - start)
        times = rng.multinomial(n_people, np.full(n_people, 1 / n_people), size=size)
        sums = (times @ flat).reshape(size, n_groups, n_topics)
        held = times @ members
        draws += [_factors(s, m, table, base)[2] for s, m in zip(sums, held, strict=True)]
    tail = (1 - drawn.level) / 2
    return _quantiles(np.stack(draws), tail)


def _quantiles(draws: FloatArray, tail: float) -> tuple[FloatArray, FloatArray]:
    """Of the draws in which the topic and the group exist."""
    known = np.isfinite(draws).any(axis=0)
    low, high = np.full(known.shape, np.nan), np.full(known.shape, np.nan)
    some = np.where(np.isfinite(draws[:, known]), draws[:, known], np.nan)
    if known.any():
        low[known], high[known] = np.nanquantile(some, [tail, 1 - tail], axis=0)
    return low, high
