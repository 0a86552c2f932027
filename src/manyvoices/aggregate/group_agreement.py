"""How alike groups of people rank the same models, against how alike one group ranks them twice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from manyvoices.aggregate.agreement import taus
from manyvoices.aggregate.agreement_result import percentiles
from manyvoices.aggregate.comparisons import GroupDifferences
from manyvoices.aggregate.kinds import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class GroupAgreement:
    """Kendall's tau-b between the leaderboards of groups."""

    by: str
    labels: tuple[str, ...]
    n_people: tuple[int, ...]
    tau: FloatArray
    """(g, g) between the groups' scores as they are; the diagonal is 1."""
    low: FloatArray
    high: FloatArray
    """(g, g) percentile interval over resampled people; the diagonal surrounds `twice`. Noise
    in both rankings lowers every resample's tau, so an interval can lie below `tau`."""
    twice: FloatArray
    """(g,) mean tau of two resamples of one group: what noise alone leaves. Two groups whose tau
    is about that high do not differ beyond their noise."""


def group_rank_agreement(differences: GroupDifferences) -> GroupAgreement:
    """Return tau-b between every two groups of `compare_groups`, with intervals."""
    scores = differences.scores  # (groups, resamples, models)
    g, n_resamples, _ = scores.shape
    whole = np.stack([rating.scores for rating in differences.ratings])
    tau, low, high = np.eye(g), np.eye(g), np.eye(g)
    twice = np.full(g, np.nan)
    for i in range(g):
        again = taus(scores[i], np.roll(scores[i], max(1, n_resamples // 2), axis=0))
        low[i, i], high[i, i], _ = percentiles([again], differences.level)
        known = again[~np.isnan(again)]
        twice[i] = known.mean() if len(known) else np.nan
        for j in range(i + 1, g):
            tau[i, j] = tau[j, i] = taus(whole[[i]], whole[[j]])[0]
            ends = percentiles([taus(scores[i], scores[j])], differences.level)
            low[i, j], high[i, j], _ = ends
            low[j, i], high[j, i], _ = ends
    people: IntArray = np.asarray(differences.n_participants)
    return GroupAgreement(differences.by, tuple(differences.labels), tuple(people.tolist()),
                          tau, low, high, twice)  # fmt: skip
