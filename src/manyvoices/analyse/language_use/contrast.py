"""Which words does one group use more than others? Log-odds with a prior, errors over people.

Source: Monroe, Colaresi, Quinn, "Fightin' words", Political Analysis 16 (2008), equations 15, 16
and 22: the log-odds ratio of a word between two groups under an informative Dirichlet prior, which
draws rare words towards no difference, over its standard error. Where we differ: their variance
takes every use of a word as an independent draw. A person who writes about one thing uses one word
many times, so here the variance is that of the people's contributions (linearised), and never less
than theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.special import ndtr, ndtri

from manyvoices.analyse.table import FloatArray, IntArray

PRIOR_WORDS, PRIOR_SHARE = 1000.0, 0.1
"""How many words the prior is worth, at most, and of the smaller group's words: it has the
frequencies of both groups together, and must not outweigh what is said."""
FEWEST_PEOPLE = 5
"""A word that fewer people use is not compared: it says who they are, not what their group is."""
FALSE_DISCOVERIES = 0.05


@dataclass(frozen=True, slots=True)
class WordContrast:
    """One word in one group against another."""

    word: str
    log_odds: float
    """Natural logarithm of the ratio of odds, after the prior; above 0: more in the first group."""
    low: float
    high: float
    z: float
    n_uses: int
    """In the first group."""
    n_people: int
    n_uses_other: int
    n_people_other: int


@dataclass(frozen=True, slots=True, eq=False)
class Contrast:
    """All words that are compared between two groups, as arrays in the order of `codes`."""

    codes: IntArray
    log_odds: FloatArray
    error: FloatArray
    z: FloatArray
    p: FloatArray
    uses: FloatArray
    """(2, n)"""
    people: IntArray
    """(2, n)"""
    surely: int
    """Words that differ, one in twenty of them by chance (Benjamini & Hochberg, JRSS B 57)."""

    def top(
        self, vocabulary: Sequence[str], k: int, *, level: float = 0.95, sure: bool = True
    ) -> tuple[WordContrast, ...]:
        """The `k` words most typical of the first group, those that surely differ if `sure`.

        `FEWEST_PEOPLE` of that group must use a word: else it is typical of them alone.
        """
        limit = np.sort(self.p)[self.surely - 1] if self.surely else -1.0
        order = [i for i in np.argsort(-self.z, kind="stable") if self.z[i] > 0]
        order = [i for i in order if self.people[0, i] >= FEWEST_PEOPLE]
        order = [i for i in order if not sure or self.p[i] <= limit][:k]
        width = float(ndtri((1 + level) / 2))
        return tuple(
            WordContrast(
                word=vocabulary[int(self.codes[i])],
                log_odds=float(self.log_odds[i]),
                low=float(self.log_odds[i] - width * self.error[i]),
                high=float(self.log_odds[i] + width * self.error[i]),
                z=float(self.z[i]),
                n_uses=int(self.uses[0, i]),
                n_people=int(self.people[0, i]),
                n_uses_other=int(self.uses[1, i]),
                n_people_other=int(self.people[1, i]),
            )
            for i in order
        )

    def reversed(self) -> Contrast:
        """The same from the other group's side."""
        return Contrast(
            self.codes,
            -self.log_odds,
            self.error,
            -self.z,
            self.p,
            self.uses[::-1],
            self.people[::-1],
            self.surely,
        )


def contrast(
    first: sparse.csr_array,
    second: sparse.csr_array,
    *,
    fewest: int = FEWEST_PEOPLE,
    prior_words: float | None = None,
) -> Contrast:
    """Compare two groups of people.

    Args:
        first: Uses of each word by each person, (people, words); people without words count for
            nothing. `second` has the same columns.
        fewest: People of both groups together who must use a word.
        prior_words: None = the smaller of `PRIOR_WORDS` and `PRIOR_SHARE`.
    """
    sides = [side[side.sum(axis=1) > 0] for side in (first, second)]
    uses = np.array([np.asarray(side.sum(axis=0)).ravel() for side in sides])
    people = np.array([_users(side) for side in sides])
    codes = np.flatnonzero(people.sum(axis=0) >= fewest).astype(np.int64)
    # Where one word is all that is said, its odds are infinite on both sides.
    several = (uses.sum(axis=0) > 0).sum() > 1
    if not several or not len(codes) or not uses.sum(axis=1).all():
        return _nothing()
    if prior_words is None:
        prior_words = min(PRIOR_WORDS, PRIOR_SHARE * float(uses.sum(axis=1).min()))
    prior = uses.sum(axis=0) / uses.sum() * prior_words
    delta = np.zeros(len(codes))
    variance = np.zeros(len(codes))
    for sign, side, total in zip((1, -1), sides, uses, strict=True):
        a = total[codes] + prior[codes]
        b = total.sum() + prior_words - a
        delta += sign * (np.log(a) - np.log(b))
        variance += np.maximum(_over_people(side, codes, a, b), 1 / a + 1 / b)
    error = np.sqrt(variance)
    z = delta / error
    p = 2 * ndtr(-np.abs(z))
    return Contrast(codes, delta, error, z, p, uses[:, codes], people[:, codes], _surely(p))


def _over_people(
    side: sparse.csr_array, codes: IntArray, a: FloatArray, b: FloatArray
) -> FloatArray:
    """Variance of log(a / b) when people are what is drawn: CR1 of their contributions.

    A person with c uses among n words moves it by c (1 / a + 1 / b) - n / b.
    """
    n = side.shape[0]
    if n < 2:
        return np.full(len(codes), np.inf)
    length = np.asarray(side.sum(axis=1)).ravel()
    counts = side.tocsc()[:, codes]
    slope, cost = 1 / a + 1 / b, 1 / b
    squared = np.asarray(counts.multiply(counts).sum(axis=0)).ravel()
    crossed = np.asarray(counts.T @ length).ravel()
    total = np.asarray(counts.sum(axis=0)).ravel()
    sums = slope**2 * squared - 2 * slope * cost * crossed + cost**2 * float(length @ length)
    mean = (slope * total - cost * length.sum()) / n
    variance: FloatArray = n / (n - 1) * (sums - n * mean**2)
    return variance


def _users(side: sparse.csr_array) -> IntArray:
    return np.bincount(side.indices[side.data > 0], minlength=side.shape[1]).astype(np.int64)


def _surely(p: FloatArray) -> int:
    """How many are found at a false discovery rate of 5%."""
    ordered = np.sort(p)
    below = ordered <= FALSE_DISCOVERIES * np.arange(1, len(p) + 1) / len(p)
    return int(np.flatnonzero(below)[-1]) + 1 if below.any() else 0


def _nothing() -> Contrast:
    none = np.zeros(0)
    whole = np.zeros(0, dtype=np.int64)
    pairs = np.zeros((2, 0))
    return Contrast(whole, none, none, none, none, pairs, pairs.astype(np.int64), 0)
