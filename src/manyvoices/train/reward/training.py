"""One step of a reward model's training, and its evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from manyvoices.analyse.resampling import Resampling
from manyvoices.train.config_reward import EvaluationConfig, LossConfig
from manyvoices.train.distributed import Place, of_all
from manyvoices.train.reward.batches import Batch
from manyvoices.train.reward.lengths import TokenGroup
from manyvoices.train.reward.losses import ranking_loss
from manyvoices.train.reward.measure import Measure
from manyvoices.train.reward.metrics import (
    RewardMetrics,
    ScoredGroup,
    metrics_by,
    reward_metrics,
)
from manyvoices.train.reward.packing import Pack
from manyvoices.train.reward.pairs import Comparisons, compare
from manyvoices.train.reward.rows import Rows
from manyvoices.train.updates import StepResult


def scores_of(model: Any, part: Pack | Rows) -> Tensor:
    """(m,) scores of a pack or of rows; through the model's own forward, as sharding needs."""
    scores: Tensor = model(part if isinstance(part, Pack) else part.ids)
    return scores


@dataclass(frozen=True, slots=True)
class RewardStep:
    """`manyvoices.train.updates.Step` for batches of packs or rows.

    The loss's sum is over groups (or pairs: ``average: pair``) and its weight their number, so that
    the loop's one division makes micro-batches and ranks equal to one large batch.
    """

    loss: LossConfig

    def __call__(self, model: Any, batch: Batch) -> StepResult:
        """Forward over every part of the batch."""
        sums: list[Tensor] = []
        weight = 0.0
        right, n_pairs = 0.0, 0
        for part in batch.parts:
            scores = scores_of(model, part)
            comparisons = compare(part.orders(), self.loss).to(scores.device)
            loss, more = ranking_loss(scores, comparisons, self.loss)
            sums.append(loss)
            weight += more
            credit, n = _pairs_right(scores.detach(), comparisons)
            right, n_pairs = right + credit, n_pairs + n
        return StepResult(
            torch.stack(sums).sum(),
            weight,
            {"accuracy": (right, float(n_pairs))},
            tokens=batch.n_tokens,
            ids=batch.trees,
        )


def _pairs_right(scores: Tensor, comparisons: Comparisons) -> tuple[float, int]:
    d = (scores[comparisons.better] - scores[comparisons.worse])[~comparisons.tied]
    return float(((d > 0) + 0.5 * (d == 0)).sum()), len(d)


def score_groups(
    model: Any, batches: Sequence[Batch], place: Place | None = None
) -> list[ScoredGroup]:
    """Every group with its scores; several processes share the work and all get the whole.

    Sharded models want all processes to make the same number of calls, so the last batch is
    repeated where they would not.
    """
    place = place or Place(0, 1, torch.device("cpu"))
    calls = -(-len(batches) // place.world)
    own: list[ScoredGroup] = []
    for call in range(calls):
        number = call * place.world + place.rank
        found = _scored(model, batches[min(number, len(batches) - 1)])
        own += found if number < len(batches) else []
    return [group for part in of_all(own, place) for group in part]


def _scored(model: Any, batch: Batch) -> list[ScoredGroup]:
    found = []
    for part in batch.parts:
        with torch.no_grad():
            scores = scores_of(model, part).tolist()
        found += [as_scored(group, [scores[i] for i in places]) for group, places in part.groups]
    return found


def as_scored(group: TokenGroup, scores: Sequence[float]) -> ScoredGroup:
    """A group of replies with the scores that a model gave them."""
    source = group.source
    return ScoredGroup(
        tuple(scores), source.ranks, source.tree_id, source.language, source.rater, source.groups
    )


@dataclass(frozen=True, slots=True)
class RewardEvaluation:
    """All measures on one side of a split, and by language and by groups of people."""

    overall: RewardMetrics
    by: Mapping[str, Mapping[str, RewardMetrics]]

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {
            **self.overall.plain(),
            "by": {
                name: {value: found.plain() for value, found in rows.items()}
                for name, rows in self.by.items()
            },
        }

    def numbers(self) -> dict[str, float]:
        """The measures without their intervals: what ``metrics.jsonl`` keeps of each evaluation."""
        values = {n: getattr(self.overall, n) for n in RewardMetrics.__slots__}
        return {n: v.value if isinstance(v, Measure) else float(v) for n, v in values.items()}


def judge(groups: Sequence[ScoredGroup], config: EvaluationConfig, seed: int) -> RewardEvaluation:
    """Measures with intervals, as `config` wants them."""
    resampling = Resampling(config.resamples, seed, config.level)
    overall = reward_metrics(groups, cluster=config.cluster, resampling=resampling)
    by = metrics_by(groups, config.by, cluster=config.cluster, resampling=resampling)
    return RewardEvaluation(overall, by)
