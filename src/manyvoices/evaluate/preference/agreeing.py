"""Whether two people who see the same two answers say the same, with intervals over people.

A unit is an item and two models, whoever stood left; a verdict is the first model by name, the
second, or a tie. The interval leaves out one person after the other (the jackknife of Quenouille
and Tukey; Efron and Stein, Annals of Statistics 9, 1981): drawing people with replacement would
make a person agree with themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite, nan, sqrt

import numpy as np
from scipy.special import stdtrit

from manyvoices.aggregate import krippendorff_alpha
from manyvoices.aggregate.kinds import BoolArray
from manyvoices.aggregate.units import Units
from manyvoices.analyse.table import FloatArray, IntArray
from manyvoices.evaluate.preference.clustered import Measure
from manyvoices.evaluate.preference.rules import Rules
from manyvoices.evaluate.preference.votes import Votes

MOST_LEFT_OUT = 400
"""With more people, so many groups of them are left out one after the other."""
CATEGORIES = ("second", "tie", "first")


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Votes as categories of units; all (rows,)."""

    unit: IntArray
    verdict: IntArray
    """0 the second model by name, 1 a tie, 2 the first."""
    rater: IntArray
    prompt: IntArray
    keys: tuple[tuple[int, int, int], ...]
    """Unit -> item, and the codes of its models, the smaller first."""

    def counts(self) -> FloatArray:
        """(units, 3) how often each verdict was given."""
        table = np.zeros((len(self.keys), 3))
        np.add.at(table, (self.unit, self.verdict), 1.0)
        return table


def judged(votes: Votes, rules: Rules) -> Judged:
    """The votes that count, as categories of units."""
    kept = votes.scored(rules)
    low, high = np.minimum(kept.a, kept.b), np.maximum(kept.a, kept.b)
    score = np.where(kept.a == low, kept.score, 1.0 - kept.score)
    key = np.stack((kept.item, low, high), axis=1)
    names, unit = np.unique(key, axis=0, return_inverse=True)
    keys = tuple((int(i), int(a), int(b)) for i, a, b in names)
    return Judged(
        unit.ravel().astype(np.int64), np.rint(2 * score).astype(np.int64), kept.rater,
        kept.prompt, keys,
    )  # fmt: skip


def agreement(votes: Votes, rules: Rules) -> dict[str, Measure]:
    """``alpha`` (Krippendorff, nominal), and the share of pairs of people who agree:
    ``pairs`` (every pair of votes on a unit), ``items`` (every unit alike), ``decided`` (pairs of
    which neither is a tie). NaN and why, where no unit has two votes."""
    found = judged(votes, rules)
    counts = found.counts()
    several = counts.sum(axis=1) >= 2
    n_units, n_votes = int(several.sum()), int(counts[several].sum())
    people = np.unique(found.rater[several[found.unit]])
    n_prompts = len(np.unique(found.prompt[several[found.unit]]))
    size = (n_votes, len(people), n_prompts)
    if not n_units:
        why = "nobody judged what another one judged"
        return {name: Measure(nan, nan, nan, nan, nan, *size, why) for name in STATISTICS}
    groups = _groups(found.rater, people)
    whole = statistics(counts)
    without = [statistics(counts - _part(found, groups == g, counts.shape))
               for g in range(int(groups.max()) + 1)]  # fmt: skip
    return {
        name: _jackknifed(whole[name], [one[name] for one in without], size, rules.level, name)
        for name in STATISTICS
    }


def statistics(counts: FloatArray) -> dict[str, float]:
    """Every statistic of counts (units, 3)."""
    counts = counts[counts.sum(axis=1) >= 2]
    return {name: one(counts) if len(counts) else nan for name, one in STATISTICS.items()}


def _alpha(counts: FloatArray) -> float:
    return krippendorff_alpha(Units(counts, CATEGORIES), n_resamples=0).value


def _pairs(counts: FloatArray) -> float:
    size = counts.sum(axis=1)
    every = float((size * (size - 1)).sum())
    return float((counts * (counts - 1)).sum()) / every if every else nan


def _items(counts: FloatArray) -> float:
    size = counts.sum(axis=1)
    return float(((counts * (counts - 1)).sum(axis=1) / (size * (size - 1))).mean())


def _decided(counts: FloatArray) -> float:
    return _pairs(counts[:, [0, 2]])


STATISTICS: Mapping[str, Callable[[FloatArray], float]] = {
    "alpha": _alpha,
    "pairs": _pairs,
    "items": _items,
    "decided": _decided,
}

UNDEFINED: Mapping[str, str] = {
    "alpha": "every vote is the same, so chance alone gives full agreement",
    "pairs": "nobody judged what another one judged",
    "items": "nobody judged what another one judged",
    "decided": "no two people who judged the same both named a model",
}


def _groups(rater: IntArray, people: IntArray) -> IntArray:
    """(rows,) which group a row's person is left out with; -1 for who shares no unit."""
    place = {int(code): n % MOST_LEFT_OUT for n, code in enumerate(people)}
    return np.array([place.get(int(code), -1) for code in rater], dtype=np.int64)


def _part(found: Judged, rows: BoolArray, shape: tuple[int, ...]) -> FloatArray:
    table = np.zeros(shape)
    np.add.at(table, (found.unit[rows], found.verdict[rows]), 1.0)
    return table


def _jackknifed(
    value: float, without: list[float], size: tuple[int, int, int], level: float, name: str
) -> Measure:
    kept = np.array([one for one in without if isfinite(one)])
    g = len(kept)
    if not isfinite(value):
        return Measure(value, nan, nan, nan, nan, *size, UNDEFINED[name])
    if g < 2 or g < len(without):
        return Measure(value, nan, nan, nan, nan, *size, "it hangs on one person")
    if np.ptp(kept) == 0 and value in (0.0, 1.0):
        return Measure(value, nan, nan, 0.0, nan, *size, "all agree" if value else "nobody agrees")
    se = sqrt((g - 1) / g * float(((kept - kept.mean()) ** 2).sum()))
    reach = float(stdtrit(g - 1, (1 + level) / 2)) * se
    lowest = -1.0 if name == "alpha" else 0.0
    low, high = max(value - reach, lowest), min(value + reach, 1.0)
    return Measure(value, low, high, se, float(g - 1), *size)
