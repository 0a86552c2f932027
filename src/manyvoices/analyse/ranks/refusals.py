"""What becomes of answers that refuse: are they chosen?  PRISM, appendix T.8, H6."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from manyvoices.analyse.ranks.openers import Openers
from manyvoices.analyse.resampling import Resampling, cluster_means
from manyvoices.analyse.table import BoolArray, FloatArray, IntArray

OUTCOMES = ("non_refuser_chosen", "refuser_chosen_alone", "refuser_chosen_with_others")


@dataclass(frozen=True, slots=True)
class Share:
    """A share of turns with an interval over resampled people."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Refusals:
    """Opening turns by whether an answer refused and whether it was chosen."""

    n_turns: int
    n_with_refuser: int
    """Turns in which at least one answer refuses and one was chosen."""
    outcomes: tuple[tuple[str, int], ...]
    """`OUTCOMES` -> turns: somebody else chosen; the only refuser chosen; one of several."""
    any_refuser: Share
    """Share of all turns with a refuser."""
    refuser_chosen: Share
    """Of the turns with a refuser: share in which a refuser was chosen."""
    by_chance: float
    """The same if one of the shown answers were chosen by lot: mean share of refusers in them."""


def refusals(
    openers: Openers,
    refused: BoolArray,
    *,
    resampling: Resampling,
    compat: Literal["prism"] | None = None,
) -> Refusals | None:
    """Count turns by refusal and choice; None where no turn has a refuser or a choice.

    `refused` (rows,): whether the answer holds a refusal. Where a tie marked several answers as
    chosen, the first counts. `compat="prism"`: a turn with fewer than four answers counts as one
    without refusers, as its code's sum over a missing fourth answer does.
    """
    chosen = np.array(openers.frame["if_chosen"].fill_null(value=False).to_list(), dtype=np.bool_)
    _, turn = np.unique(openers.scores.turn, return_inverse=True)
    n = int(turn.max()) + 1
    size = np.bincount(turn, minlength=n)
    refusers = np.bincount(turn, weights=refused, minlength=n)
    first = _first_chosen(turn, chosen, n)
    some = (refusers > 0) & (first >= 0)
    if compat == "prism":
        some &= size >= 4
    if not some.any():
        return None
    hit = np.where(first >= 0, refused[first], False) & some
    people = np.zeros(n, dtype=np.int64)
    people[turn] = openers.scores.cluster
    several = refusers > 1
    counts = ((some & ~hit).sum(), (hit & ~several).sum(), (hit & several).sum())
    return Refusals(
        n_turns=n,
        n_with_refuser=int(some.sum()),
        outcomes=tuple((name, int(c)) for name, c in zip(OUTCOMES, counts, strict=True)),
        any_refuser=_share(some.astype(np.float64), people, resampling),
        refuser_chosen=_share(hit[some].astype(np.float64), people[some], resampling),
        by_chance=float((refusers[some] / size[some]).mean()),
    )


def _first_chosen(turn: IntArray, chosen: BoolArray, n: int) -> IntArray:
    """(turns,) row of the first chosen answer; -1 where none is."""
    first = np.full(n, -1, dtype=np.int64)
    rows = np.flatnonzero(chosen)[::-1]
    first[turn[rows]] = rows
    return first


def _share(values: FloatArray, people: IntArray, resampling: Resampling) -> Share:
    groups = np.zeros(len(values), dtype=np.int64)
    found = cluster_means(values, groups, people, n_groups=1, resampling=resampling)
    return Share(float(found.mean[0]), float(found.low[0]), float(found.high[0]))
