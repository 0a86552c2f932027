"""A permutation test: do groups of people rank the models differently?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from manyvoices.aggregate.agreement import taus
from manyvoices.aggregate.bootstrap import start_of
from manyvoices.aggregate.errors import NoResampleError
from manyvoices.aggregate.evidence import estimate
from manyvoices.aggregate.grouping import group_of_each_person, grouped
from manyvoices.aggregate.kinds import FloatArray, IntArray, Ties
from manyvoices.aggregate.methods import Settings
from manyvoices.aggregate.ratings import ranks_of
from manyvoices.aggregate.resampling import Data, Resampler


@dataclass(frozen=True, slots=True)
class PermutationTest:
    """Whether groups rank the models less alike than groups of their sizes drawn by lot."""

    by: str
    labels: tuple[str, ...]
    statistic: float
    """Sum over groups of participants times squared distance of the group's ranks (or scores) from
    their mean over groups."""
    p_value: float
    """(deals with at least this statistic + 1) / (deals + 1)."""
    n_permutations: int
    n_failed: int
    """Deals in which some group had no scores; left out."""
    tau: float
    """Mean Kendall tau-b between the groups' rankings."""


def permutation_test(
    data: Data,
    by: str,
    method: str = "rank_centrality",
    *,
    of: str = "ranks",
    n_permutations: int = 1000,
    seed: int = 0,
    ties: Ties = "half",
    alpha: float = 1.0,
    l2: float = 0.0,
    min_participants: int = 2,
) -> PermutationTest:
    """Deal the participants' labels of `by` out anew, many times, and score every deal.

    Exact under the hypothesis that labels do not matter: participants are exchanged with all they
    said (Good, Permutation, Parametric and Bootstrap Tests of Hypotheses, 2005). `of`: "ranks" or
    "scores" (natural scale). Raises `ValueError` where `by` varies within a participant.
    """
    if of not in ("ranks", "scores"):
        raise ValueError(f"of must be 'ranks' or 'scores', found {of!r}")
    if n_permutations < 1:
        raise ValueError(f"n_permutations must be at least 1, found {n_permutations}")
    settings = Settings(ties, alpha, l2)
    settings.check_method(method)
    data, codes, labels, sizes = grouped(data, by, min_participants)
    counts = Resampler.of(data, "cluster", methods=(method,), settings=settings)
    group = group_of_each_person(data, codes, by)
    start = start_of(counts.evidence(counts.whole()), method, settings)

    def scored(deals: IntArray) -> FloatArray:
        """Return (deals, groups, n) from the group (units, deals) of each person."""
        member = (deals[:, :, None] == np.arange(len(labels))).reshape(len(deals), -1)
        raw = estimate(counts.evidence(member.astype(float)), method, settings, start=start)
        return np.asarray(raw.scores.reshape(deals.shape[1], len(labels), -1))

    observed = scored(group[:, None])
    if not np.isfinite(observed).all():
        raise NoResampleError(method, 1)
    rng = np.random.default_rng(seed)
    size = max(1, counts.chunk(n_permutations * len(labels)) // len(labels))
    found = []
    for begin in range(0, n_permutations, size):
        n_deals = min(size, n_permutations - begin)
        found.append(scored(np.stack([rng.permutation(group) for _ in range(n_deals)], axis=1)))
    deals = np.concatenate(found)
    known = np.isfinite(deals).all(axis=(1, 2))
    weight = np.array(sizes, dtype=np.float64)
    statistic = _distance(observed, weight, of)[0]
    extreme = int((_distance(deals[known], weight, of) >= statistic * (1 - 1e-12)).sum())
    return PermutationTest(by, labels, float(statistic), (extreme + 1) / (int(known.sum()) + 1),
                           n_permutations, int((~known).sum()), _mean_tau(observed[0]))  # fmt: skip


def _distance(scores: FloatArray, weight: FloatArray, of: str) -> FloatArray:
    values = ranks_of(scores).astype(np.float64) if of == "ranks" else scores
    centre = np.average(values, axis=1, weights=weight)[:, None]
    return np.asarray(((values - centre) ** 2).sum(axis=2) @ weight)


def _mean_tau(scores: FloatArray) -> float:
    i, j = np.triu_indices(len(scores), k=1)
    return float(taus(scores[i], scores[j]).mean())
