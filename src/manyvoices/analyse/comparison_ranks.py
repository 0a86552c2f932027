"""Two releases' leaderboards on the models that both have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import numpy as np
from scipy.special import ndtri

from manyvoices.aggregate.battles import Battles
from manyvoices.aggregate.comparisons import GroupDifferences, compare_groups
from manyvoices.aggregate.group_agreement import group_rank_agreement
from manyvoices.aggregate.ratings import ranks_of
from manyvoices.analyse.battles import opening_battles
from manyvoices.analyse.dataset import Dataset, short_model_name
from manyvoices.analyse.settings import Settings
from manyvoices.analyse.table import FloatArray
from manyvoices.schema.judgements import Battle

_BY = "release"


@dataclass(frozen=True, slots=True)
class PlaceApart:
    """One model in both; two values are ours and theirs."""

    model: str
    score: tuple[float, float]
    """Rank centrality among the shared models."""
    rank: tuple[int, int]
    rank_low: tuple[int, int]
    rank_high: tuple[int, int]
    difference: float
    """Our score less theirs."""
    low: float
    high: float
    apart: bool
    """The difference is beyond noise at the level, after Bonferroni for the number of models."""


@dataclass(frozen=True, slots=True, eq=False)
class RankedApart:
    """Both leaderboards."""

    places: tuple[PlaceApart, ...]
    """Best of ours first."""
    n_battles: tuple[int, int]
    """Between shared models."""
    n_people: tuple[int, int]
    n_models: tuple[int, int]
    """In each release, shared or not."""
    tau: float
    """Kendall's tau-b between the two orders."""
    low: float
    high: float
    """Percentile interval over resampled people; noise in both orders lowers every resample's tau,
    so that it can lie below `tau`."""
    twice: tuple[float, float]
    """Mean tau of two resamples of one release: what noise alone leaves."""
    n_resamples: int
    level: float


def ranked_apart(ours: Dataset, theirs: Dataset, settings: Settings) -> RankedApart | None:
    """Rank centrality of the shared models within each release, on resampled people.

    A person whose id is in both is drawn for both at once. The test of a single model divides its
    difference by the standard deviation over resamples (normal approximation): quantiles of a
    thousand resamples do not reach far enough for Bonferroni's.
    """
    rows = [*_rows(ours, "0", settings), *_rows(theirs, "1", settings)]
    models = [
        {name for row in rows if row.groups[_BY] == side for name in (row.model_a, row.model_b)}
        for side in "01"
    ]
    shared = models[0] & models[1]
    kept = [row for row in rows if row.model_a in shared and row.model_b in shared]
    if len(shared) < 2 or len({row.groups[_BY] for row in kept}) < 2:
        return None
    drawn = settings.resampling
    found = compare_groups(
        Battles.from_rows(kept, groups=[_BY]),
        _BY,
        n_resamples=drawn.n_resamples,
        level=drawn.level,
        seed=drawn.seed,
    )
    agreement = group_rank_agreement(found)
    sides = [sum(row.groups[_BY] == g for row in kept) for g in "01"]
    return RankedApart(
        places=_places(found),
        n_battles=(sides[0], sides[1]),
        n_people=(found.n_participants[0], found.n_participants[1]),
        n_models=(len(ours.table.models), len(theirs.table.models)),
        tau=float(agreement.tau[0, 1]),
        low=float(agreement.low[0, 1]),
        high=float(agreement.high[0, 1]),
        twice=(float(agreement.twice[0]), float(agreement.twice[1])),
        n_resamples=found.scores.shape[1],
        level=found.level,
    )


def _rows(dataset: Dataset, label: str, settings: Settings) -> Iterator[Battle]:
    """Opening battles under short names; models whose short names coincide keep the long ones."""
    models = dataset.table.models
    short = {name: short_model_name(name) for name in models}
    if len(set(short.values())) < len(models):
        short = {name: name for name in models}
    for row in opening_battles(dataset.table, tie_threshold=settings.tie_threshold):
        yield msgspec.structs.replace(
            row, model_a=short[row.model_a], model_b=short[row.model_b], groups={_BY: label}
        )


def _places(found: GroupDifferences) -> tuple[PlaceApart, ...]:
    tail = (1.0 - found.level) / 2.0
    gaps = found.scores[0] - found.scores[1]
    low, high = np.quantile(gaps, [tail, 1.0 - tail], axis=0)
    ranks = ranks_of(found.scores)
    ends = np.quantile(ranks, [tail, 1.0 - tail], axis=1, method="inverted_cdf").astype(int)
    ours, theirs = found.ratings
    limit = float(ndtri(1 - tail / len(ours.models)))
    spread: FloatArray = gaps.std(axis=0)
    places = [
        PlaceApart(
            model=model,
            score=(float(ours.scores[i]), float(theirs.scores[i])),
            rank=(int(ours.ranks[i]), int(theirs.ranks[i])),
            rank_low=(int(ends[0, 0, i]), int(ends[0, 1, i])),
            rank_high=(int(ends[1, 0, i]), int(ends[1, 1, i])),
            difference=float(ours.scores[i] - theirs.scores[i]),
            low=float(low[i]),
            high=float(high[i]),
            apart=bool(abs(ours.scores[i] - theirs.scores[i]) > limit * spread[i]),
        )
        for i, model in enumerate(ours.models)
    ]
    return tuple(sorted(places, key=lambda one: (one.rank[0], one.model)))
