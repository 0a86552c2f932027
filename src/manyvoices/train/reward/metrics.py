"""How well scores agree with what people said: accuracies, rank correlation, calibration.

Open-Assistant's ``accuracy`` compares the best reply with the last one only, the easiest pair of a
group; it is here as `best_worst`, beside all pairs. Every number comes with an interval from
resampling whole trees (or people), since replies of one tree are not independent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from manyvoices.analyse.resampling import Resampling
from manyvoices.train.reward.calibration import by_chance, calibration_error
from manyvoices.train.reward.measure import FloatArray, Measure, mean_measure
from manyvoices.train.reward.tau import tau_b

Ends: TypeAlias = tuple[float, float]
SHARE: Ends = (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class ScoredGroup:
    """A group of replies with the scores of the model."""

    scores: tuple[float, ...]
    ranks: tuple[int, ...]
    """0 is best; equal ranks are tied."""
    tree_id: str
    language: str = ""
    rater: str | None = None
    groups: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class RewardMetrics:
    """What a reward model gets right on some groups."""

    all_pairs: Measure
    """Share of pairs with different ranks that the scores order alike; equal scores count half."""
    all_pairs_by_group: Measure
    """The same averaged within each group first, so that large groups count no more."""
    best_worst: Measure
    """The best reply above the last one: OASST's ``accuracy``."""
    top_1: Measure
    """The highest score is a best reply's; ties of scores share."""
    tau_b: Measure
    """Kendall's tau-b of scores and ranks, mean over groups with different ranks and scores."""
    log_loss: Measure
    """``-log sigmoid(difference)`` over pairs; 0.693 says nothing."""
    brier: Measure
    """Mean of ``(1 - sigmoid(difference))^2`` over pairs; 0.25 says nothing."""
    calibration_error: Measure
    """ECE of the probability of the likelier reply, in ten bins from 0.5 to 1."""
    calibration_by_chance: Measure
    """What a model with these probabilities would show if they were all true: ECE is never 0."""
    n_groups: int
    n_clusters: int
    """Trees (or people) that were drawn for the intervals."""
    ignored: int
    """Groups without two replies of different rank."""

    def plain(self) -> dict[str, float | dict[str, float]]:
        """For JSON: every measure as ``{value, low, high, n}``."""
        found: dict[str, float | dict[str, float]] = {}
        for name in self.__slots__:
            value = getattr(self, name)
            found[name] = (
                {n: getattr(value, n) for n in Measure.__slots__}
                if isinstance(value, Measure)
                else value
            )
        return found


def reward_metrics(
    groups: Iterable[ScoredGroup],
    *,
    cluster: str = "tree",
    resampling: Resampling = Resampling(),  # noqa: B008 - frozen
) -> RewardMetrics:
    """All measures over `groups`.

    Args:
        cluster: ``tree`` or ``rater``: what is drawn; groups without a rater count by tree.

    Raises:
        ValueError: A score is not a number.
    """
    listed = list(groups)
    kept = [group for group in listed if len(set(group.ranks)) > 1]
    _check(kept)
    names = [_cluster(group, cluster) for group in kept]
    codes = np.unique(names, return_inverse=True)[1].astype(np.int64)
    pairs = [_differences(group) for group in kept]
    d = np.concatenate(pairs) if pairs else np.zeros(0)
    of_pair = np.repeat(codes, [len(p) for p in pairs]) if pairs else np.zeros(0, np.int64)
    right = np.where(d > 0, 1.0, np.where(d == 0, 0.5, 0.0))
    probability = 1 / (1 + np.exp(-np.clip(d, -500, 500)))

    def over_pairs(values: FloatArray, ends: Ends | None = None) -> Measure:
        return mean_measure(values, of_pair, resampling, ends=ends)

    def over_groups(each: Callable[[ScoredGroup], float], ends: Ends = SHARE) -> Measure:
        values = np.array([each(group) for group in kept], np.float64)
        there = ~np.isnan(values)
        return mean_measure(values[there], codes[there], resampling, ends=ends)

    return RewardMetrics(
        all_pairs=over_pairs(right, SHARE),
        all_pairs_by_group=over_groups(_pair_share),
        best_worst=over_groups(_best_worst),
        top_1=over_groups(_top_1),
        tau_b=over_groups(lambda g: tau_b(g.scores, [-rank for rank in g.ranks]), (-1.0, 1.0)),
        log_loss=over_pairs(np.logaddexp(0, -d)),
        brier=over_pairs((1 - probability) ** 2),
        calibration_error=calibration_error(probability, of_pair, resampling),
        calibration_by_chance=by_chance(probability, resampling),
        n_groups=len(kept),
        n_clusters=len(set(names)),
        ignored=len(listed) - len(kept),
    )


def metrics_by(
    groups: Iterable[ScoredGroup],
    names: Sequence[str] = (),
    *,
    cluster: str = "tree",
    resampling: Resampling = Resampling(),  # noqa: B008 - frozen
) -> dict[str, dict[str, RewardMetrics]]:
    """The same by language and by each property in `names`: property -> value -> metrics.

    Groups that do not have a property are not part of its rows.
    """
    listed = list(groups)
    found: dict[str, dict[str, RewardMetrics]] = {}
    for name in ("language", *names):
        rows: dict[str, list[ScoredGroup]] = {}
        for group in listed:
            value = group.language if name == "language" else (group.groups or {}).get(name)
            if value:
                rows.setdefault(value, []).append(group)
        found[name] = {
            value: reward_metrics(rows[value], cluster=cluster, resampling=resampling)
            for value in sorted(rows)
        }
    return found


def _check(groups: Sequence[ScoredGroup]) -> None:
    for group in groups:
        if not np.isfinite(group.scores).all():
            raise ValueError(
                f"scores of a group in tree {group.tree_id} are {group.scores}, expected finite "
                "numbers: the model's weights are damaged, or it computed in too low a precision"
            )


def _cluster(group: ScoredGroup, cluster: str) -> str:
    if cluster == "rater" and group.rater is not None:
        return f"rater {group.rater}"
    return f"tree {group.tree_id}"


def _differences(group: ScoredGroup) -> FloatArray:
    """Score of the better less the worse, for every two replies of different rank."""
    scores, ranks = np.asarray(group.scores, np.float64), np.asarray(group.ranks)
    better, worse = np.nonzero(ranks[:, None] < ranks[None, :])
    return scores[better] - scores[worse]


def _pair_share(group: ScoredGroup) -> float:
    d = _differences(group)
    return float(np.mean((d > 0) + 0.5 * (d == 0)))


def _best_worst(group: ScoredGroup) -> float:
    """Mean over those tied for the first and for the last place."""
    scores, ranks = np.asarray(group.scores), np.asarray(group.ranks)
    best, last = scores[ranks == ranks.min()], scores[ranks == ranks.max()]
    d = best[:, None] - last[None, :]
    return float(np.mean((d > 0) + 0.5 * (d == 0)))


def _top_1(group: ScoredGroup) -> float:
    scores, ranks = np.asarray(group.scores), np.asarray(group.ranks)
    chosen = scores == scores.max()
    return float(np.mean(ranks[chosen] == ranks.min()))
