"""Do methods, or groups of people, rank the models differently?"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from manyvoices.aggregate.bootstrap import BootstrapRatings, start_of
from manyvoices.aggregate.errors import NoResampleError
from manyvoices.aggregate.estimators import finite_rows
from manyvoices.aggregate.evidence import estimate
from manyvoices.aggregate.grouping import grouped, of_group
from manyvoices.aggregate.kinds import FloatArray, Scale, Ties
from manyvoices.aggregate.methods import Settings, rate
from manyvoices.aggregate.ratings import Ratings, ranks_of, to_scale
from manyvoices.aggregate.resampling import CHUNK_BYTES, Data
from manyvoices.aggregate.tidy import Table


def compare_methods(drawn: BootstrapRatings, first: str, second: str, level: float = 0.95) -> Table:
    """Rank under `first` less rank under `second` for each model, with its interval.

    Paired: both methods score the same resamples, so only what the methods make of the same people
    counts. Scores of two methods have no common unit, ranks have.
    """
    one, two = drawn[first], drawn[second]
    known = finite_rows(one.scores) & finite_rows(two.scores)
    if not known.any():
        raise NoResampleError(f"{first} and {second}", len(known))
    gap = ranks_of(one.scores[known]) - ranks_of(two.scores[known])
    tail = (1.0 - level) / 2.0
    low = np.quantile(gap, tail, axis=0, method="inverted_cdf")
    high = np.quantile(gap, 1.0 - tail, axis=0, method="inverted_cdf")
    return Table({
        "model": list(drawn.models),
        f"rank_{first}": one.ratings.ranks.tolist(),
        f"rank_{second}": two.ratings.ranks.tolist(),
        "difference": (one.ratings.ranks - two.ratings.ranks).tolist(),
        "low": low.tolist(), "high": high.tolist(),
        "share_same": (gap == 0).mean(axis=0).tolist(),
    }, f"Rank under {first} less rank under {second}")  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class GroupDifferences:
    """Scores of the same models within each group, on the same resamples of people."""

    by: str
    labels: tuple[str, ...]
    n_participants: tuple[int, ...]
    """With at least one row in the group."""
    ratings: tuple[Ratings, ...]
    """One per label."""
    scores: FloatArray
    """(groups, n_resamples, n); a resample that gives some group no scores is left out."""
    n_failed: int
    level: float

    def table(self) -> Table:
        """Return one row per pair of groups and model: the difference, its interval, p_above.

        `p_above` is the share of resamples in which the model scores higher in the first group.
        """
        tail = (1.0 - self.level) / 2.0
        rows: dict[str, list[object]] = {name: [] for name in (
            "first", "second", "model", "score_first", "score_second", "difference", "low", "high",
            "p_above", "rank_first", "rank_second")}  # fmt: skip
        for i, j in combinations(range(len(self.labels)), 2):
            gap = self.scores[i] - self.scores[j]
            low, high = np.quantile(gap, [tail, 1.0 - tail], axis=0)
            one, two = self.ratings[i], self.ratings[j]
            for code, model in enumerate(one.models):
                values = (
                    self.labels[i], self.labels[j], model, float(one.scores[code]),
                    float(two.scores[code]), float(one.scores[code] - two.scores[code]),
                    float(low[code]), float(high[code]), float((gap[:, code] > 0).mean()),
                    int(one.ranks[code]), int(two.ranks[code]),
                )  # fmt: skip
                for name, value in zip(rows, values, strict=True):
                    rows[name].append(value)
        return Table(rows, f"Differences between groups of {self.by}")


def compare_groups(
    data: Data,
    by: str,
    method: str = "rank_centrality",
    *,
    n_resamples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
    ties: Ties = "half",
    alpha: float = 1.0,
    l2: float = 0.0,
    scale: Scale = "natural",
    min_participants: int = 2,
) -> GroupDifferences:
    """Score the models within each group of `by`, with intervals for the differences.

    People are drawn once for all groups, so a field that varies within a person (the type of
    conversation) is compared within people, and one that does not (country) between them. Rows
    without a label, and groups below `min_participants`, are left out. Models that some group
    never judged are left out of all.
    """
    settings = Settings(ties, alpha, l2, scale)
    settings.check_method(method)
    data, codes, labels, people = grouped(data, by, min_participants)
    samplers = [of_group(data, codes == g, method, settings) for g in range(len(labels))]
    ratings, starts = [], []
    for sampler in samplers:
        whole = sampler.evidence(sampler.whole())
        ratings.append(rate(whole, data.models, method, settings))
        starts.append(start_of(whole, method, settings))
    drawn: list[list[FloatArray]] = [[] for _ in labels]
    for times in samplers[0].draws(n_resamples, seed, CHUNK_BYTES):
        for place, sampler in enumerate(samplers):
            seen = sampler.evidence(times)
            found = estimate(seen, method, settings, start=starts[place]).scores
            drawn[place].append(to_scale(found, method, scale, None))
    scores = np.stack([np.concatenate(each) for each in drawn])
    known = np.isfinite(scores).all(axis=(0, 2))
    if not known.any():
        raise NoResampleError(method, n_resamples)
    return GroupDifferences(by, labels, people, tuple(ratings), scores[:, known],
                            int((~known).sum()), level)  # fmt: skip
