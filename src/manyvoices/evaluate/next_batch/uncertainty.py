"""Reason ``uncertainty``: the sets of models whose verdicts tell most about who is first.

`aggregate.choosing.choose_next` takes every verdict for independent. People give several, so the
error that it works with is too small by the same factor for all pairs, and the choice among pairs
is the same; the intervals that are reported are the cluster bootstrap's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean
from typing import Any

import numpy as np

from manyvoices.aggregate import MethodBootstrap, bootstrap, choose_next
from manyvoices.aggregate.errors import OneRaterError
from manyvoices.aggregate.kinds import FloatArray
from manyvoices.aggregate.likelihood import bradley_terry, information
from manyvoices.design.comparisons.batch import Ask
from manyvoices.evaluate.next_batch.config import NextConfig
from manyvoices.evaluate.next_batch.evidence import Evidence
from manyvoices.evaluate.next_batch.possible import Possible


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of the models now."""

    models: tuple[str, ...]
    strengths: FloatArray
    """(n,) log strengths with the prior `l2`, mean zero."""
    covariance: FloatArray
    """(n, n), every verdict taken for independent."""
    intervals: MethodBootstrap | None
    """Resampled over people; None where one person gave all, or the data determine nothing."""
    names: tuple[str, ...] = ()
    """Models of `intervals`, in their order."""
    level: float = 0.95

    @property
    def leading(self) -> tuple[str, str]:
        """The first two."""
        order = np.argsort(-self.strengths, kind="stable")
        return self.models[order[0]], self.models[order[1]]

    def best_first(self, models: Iterable[str]) -> tuple[str, ...]:
        """`models` by their strength, then by name."""
        place = dict(zip(self.models, self.strengths.tolist(), strict=True))
        return tuple(sorted(models, key=lambda name: (-place[name], name)))

    def difference(self, first: str, second: str) -> dict[str, Any]:
        """Log odds of `first` over `second`, with the standard error and the interval."""
        i, j = self.models.index(first), self.models.index(second)
        c = self.covariance
        found: dict[str, Any] = {
            "difference": round(float(self.strengths[i] - self.strengths[j]), 4),
            "standard_error": round(float(np.sqrt(c[i, i] + c[j, j] - 2 * c[i, j])), 4),
        }
        if self.intervals is not None and {first, second} <= set(self.names):
            a, b = self.names.index(first), self.names.index(second)
            gaps = self.intervals.scores[:, a] - self.intervals.scores[:, b]
            low, high = np.nanquantile(gaps, ((1 - self.level) / 2, (1 + self.level) / 2))
            found |= {"low": round(float(low), 4), "high": round(float(high), 4)}
            found["p_first"] = round(float(self.intervals.p_beats[a, b]), 4)
        return found


def standing(evidence: Evidence, possible: Possible, config: NextConfig) -> Standing:
    """Strengths, covariance and intervals of all models that can be asked."""
    models = possible.models
    battles = evidence.battles()
    wins = np.zeros((len(models), len(models)))
    place = [models.index(name) for name in battles.models]
    wins[np.ix_(place, place)] = battles.tally()
    l2 = config.uncertainty.l2
    theta = bradley_terry(wins[None], l2=l2)[0][0]
    covariance = np.linalg.inv(information(theta[None], (wins + wins.T)[None], l2)[0])
    try:
        drawn = bootstrap(
            battles, "bradley_terry", n_resamples=config.resamples, level=config.level,
            seed=config.seed, l2=min(l2, 0.1),
        )["bradley_terry"]  # fmt: skip
    except (OneRaterError, ValueError):
        drawn = None
    return Standing(models, theta, covariance, drawn, battles.models, config.level)


def most_telling(
    evidence: Evidence, possible: Possible, config: NextConfig, now: Standing, n: int
) -> list[Ask]:
    """`n` verdicts as asks, equal sets together, the set asked for most first."""
    if n == 0:
        return []
    drawn = choose_next(
        evidence.battles(),
        n_asks=n,
        n_models=min(possible.side_by_side, len(possible.models)),
        focus=config.uncertainty.focus,
        exploration=0.0,
        l2=config.uncertainty.l2,
        seed=config.seed,
        models=possible.models,
        holding=possible.baseline,
    )
    gains: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for ask in drawn:
        gains[now.best_first(ask.models)].append(ask.expected_reduction)
    counts = evidence.counts()
    return [
        Ask(
            models=models,
            n=len(gains[models]),
            reason="uncertainty",
            expected_reduction=round(fmean(gains[models]), 6),
            evidence=_known(models, counts, now),
        )
        for models in sorted(gains, key=lambda models: -len(gains[models]))
    ]


def _known(
    models: Sequence[str], counts: Mapping[tuple[str, str], int], now: Standing
) -> dict[str, Any]:
    """Of each two of `models`: the difference, and how many verdicts there are."""
    return {
        f"{first} – {second}": {
            **now.difference(first, second),
            "verdicts": counts.get(min((first, second), (second, first)), 0),
        }
        for first, second in combinations(models, 2)
    }
