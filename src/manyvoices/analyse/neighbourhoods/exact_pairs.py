"""The very same prompt with the very same answer, scored more than once (Table 25, Figure 29).

Scored by one person twice, the difference is what a hand on a slider adds; scored by different
people, it holds that and what the people think.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.neighbourhoods.field_sites import Spread, person_means, ranges_of, spread
from manyvoices.analyse.neighbourhoods.gaps import (
    Gap,
    gap_between,
    gap_within,
    mean_difference,
    site_gaps,
)
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.table import FloatArray, IntArray

_N_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Example:
    """One prompt with one answer."""

    prompt: str
    answer: str
    scores: tuple[float, ...]
    """Of each person, their mean; or of the one person, each."""
    n_people: int


@dataclass(frozen=True, slots=True, eq=False)
class Repeats:
    """Sites of one kind."""

    kind: str
    """``different`` people, or the ``same`` person within one conversation."""
    ranges: FloatArray
    """(n,): greatest minus smallest score of each site, as PRISM has it."""
    quartiles: tuple[float, float, float]
    """Of the ranges."""
    summary: Spread
    """Of the ranges."""
    differences: FloatArray
    """(n,): mean difference of two scores of each site; the range, where there are two."""
    middle: tuple[float, float, float]
    """Quartiles of the differences."""
    gap: Gap
    n_people: int
    """Different people in all sites."""
    sizes: tuple[tuple[int, int], ...]
    """(scores in a site, sites with as many)."""
    examples: tuple[Example, ...]
    """The largest sites."""


@dataclass(frozen=True, slots=True)
class ExactPairs:
    """Both kinds, and what any two scores differ by."""

    different: Repeats
    same: Repeats
    any_two: float
    """Mean difference of two opening scores taken at random."""
    n_ratings: int


def exact_pairs(
    prompts: list[str],
    answers: list[str],
    people: list[str],
    conversations: list[str],
    score: FloatArray,
    *,
    resampling: Resampling | None = None,
) -> ExactPairs:
    """Find answers that are equal to the letter, to prompts that are equal to the letter.

    Source: PRISM, appendix S.5: over opening turns; of different people each counts with their
    mean; of the same person only scores within one conversation are compared.

    Args:
        prompts: (n,) opening prompt of each scored answer.
        answers: (n,) its text.
        people: (n,) who scored it.
        conversations: (n,) in which conversation.
        score: (n,)
        resampling: Of the intervals.
    """
    drawn = resampling or Resampling()
    texts = [list(prompts), list(answers)]
    who = _codes(people)
    shared = _repeated(_codes(list(zip(*texts, strict=True))), who, 2)
    of_one = list(zip(*texts, people, conversations, strict=True))
    own = _repeated(_codes(of_one), np.arange(len(who)), 2)
    return ExactPairs(
        different=_repeats("different", shared, who, score, texts, drawn),
        same=_repeats("same", own, who, score, texts, drawn),
        any_two=mean_difference(score),
        n_ratings=len(score),
    )


def _codes(values: Sequence[object]) -> IntArray:
    """Equal values share a number, in the order of first appearance."""
    known: dict[object, int] = {}
    return np.array([known.setdefault(value, len(known)) for value in values], dtype=np.int64)


def _repeated(codes: IntArray, units: IntArray, least: int) -> IntArray:
    """Number of each row's site, of sites with `least` different units; -1 for all other rows."""
    if not len(codes):
        return codes
    pairs = np.unique(np.stack([codes, units]), axis=1)
    enough = np.bincount(pairs[0]) >= least
    number = np.where(enough, np.cumsum(enough) - 1, -1)
    return number[codes]


def _repeats(
    kind: str,
    site: IntArray,
    who: IntArray,
    score: FloatArray,
    texts: list[list[str]],
    resampling: Resampling,
) -> Repeats:
    rows = np.flatnonzero(site >= 0)
    owner, people, scores = site[rows], who[rows], score[rows]
    if kind == "different":
        people, scores, owner = person_means(owner, people, scores)
    n = int(owner.max(initial=-1)) + 1
    ranges = ranges_of(owner, scores, n)
    per_site = np.bincount(owner, minlength=n)
    differences = site_gaps(owner, scores, n)
    measure = gap_between if kind == "different" else gap_within
    first = {int(site[row]): int(row) for row in rows[::-1]}
    return Repeats(
        kind=kind,
        ranges=ranges,
        quartiles=_quartiles(ranges),
        summary=spread(ranges),
        differences=differences,
        middle=_quartiles(differences),
        gap=measure(owner, people, scores, n, resampling),
        n_people=len(np.unique(people)),
        sizes=tuple((int(k), int((per_site == k).sum())) for k in np.unique(per_site)),
        examples=tuple(
            Example(
                prompt=texts[0][first[one]],
                answer=texts[1][first[one]],
                scores=tuple(float(x) for x in np.sort(scores[owner == one])),
                n_people=len(np.unique(people[owner == one])),
            )
            for one in np.argsort(-per_site, kind="stable")[:_N_EXAMPLES].tolist()
        ),
    )


def _quartiles(values: FloatArray) -> tuple[float, float, float]:
    if not len(values):
        return (float("nan"),) * 3
    low, middle, high = (float(one) for one in np.quantile(values, [0.25, 0.5, 0.75]))
    return low, middle, high
