"""From the views of a run to what its batches are drawn from, every loss of data in a sentence."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from manyvoices.train.config_reward import RewardConfig
from manyvoices.train.errors import NoRankingsError, TrainingError
from manyvoices.train.reward.batches import Batch, Part, in_rows, packed
from manyvoices.train.reward.lengths import TokenGroup, tokenise
from manyvoices.train.reward.packing import as_order, divide
from manyvoices.train.reward.pairs import compare
from manyvoices.train.sampling import EpochSampler
from manyvoices.train.templates import MessageFormat
from manyvoices.train.views import ReplyGroup
from manyvoices.train.views_all import Views


@dataclass(frozen=True, slots=True)
class Source:
    """One side of the split as parts."""

    parts: tuple[Part, ...]
    lines: tuple[str, ...]
    """What was cut, divided or left out, one sentence each."""
    n_groups: int


def source_of(
    groups: Sequence[ReplyGroup],
    tokenizer: Any,
    format: MessageFormat,
    config: RewardConfig,
    *,
    max_length: int,
) -> Source:
    """Groups as parts of trees (``packing.mode: tree``) or one by one (``rows``)."""
    found, cuts = tokenise(
        groups,
        lambda turn: format.encode([turn], tokenizer).ids,
        max_length=max_length,
        min_prefix=config.packing.min_prefix,
        max_replies=config.max_replies,
    )
    kept = tuple(group for group in found if _compares(group, config))
    lines = [*cuts.lines(max_length)]
    if len(kept) < len(found):
        lines.append(f"{len(found) - len(kept)} groups hold only tied replies and were left out")
    if config.packing.mode == "rows":
        return Source(tuple((group,) for group in kept), tuple(lines), len(kept))
    division = divide(kept, config.packing.max_tokens)
    lines += division.lines(config.packing.max_tokens)
    return Source(division.parts, tuple(lines), len(kept))


def _compares(group: TokenGroup, config: RewardConfig) -> bool:
    order = as_order(group, tuple(range(len(group.replies))))
    return bool(compare([order], config.loss).orders)


def collate(parts: Sequence[Part], config: RewardConfig) -> Batch:
    """One micro-batch of `parts`."""
    if config.packing.mode == "rows":
        return in_rows(parts)
    return packed(parts, config.packing.max_tokens)


@dataclass(frozen=True, slots=True)
class Epochs:
    """`manyvoices.train.loop.Batches` of parts, dealt out as `manyvoices.train.order` does: the
    global batch of an update is the same for one process and for several."""

    parts: Sequence[Part]
    sampler: EpochSampler
    config: RewardConfig

    def __call__(self, epoch: int, rank: int, world: int) -> Iterator[Batch]:
        """The micro-batches of one process in one epoch."""
        size, accumulate = self.config.optim.batch_size, self.config.optim.accumulate
        order = self.sampler.indices(epoch)
        together = size * accumulate * world
        for start in range(0, len(order), together):
            own = order[start : start + together][rank::world]
            for at in range(0, len(own), size):
                yield collate([self.parts[i] for i in own[at : at + size]], self.config)

    def steps(self, world: int) -> int:
        """Updates per epoch."""
        optim = self.config.optim
        return -(-len(self.sampler) // (optim.batch_size * optim.accumulate * world))


def in_order(parts: Sequence[Part], config: RewardConfig) -> list[Batch]:
    """All parts as batches, unshuffled: what evaluation goes through."""
    size = config.optim.batch_size
    return [collate(parts[at : at + size], config) for at in range(0, len(parts), size)]


def ranked_groups(views: Views, config: RewardConfig, side: str) -> tuple[ReplyGroup, ...]:
    """The groups of one side, weighed by their raters.

    Raises:
        NoRankingsError: There are none.
        TrainingError: The file of weights cannot be used.
    """
    groups = views.groups()
    if not groups:
        raise NoRankingsError(f"{side} of {config.data.path}", len(views.threads()))
    if config.rater_weights is None:
        return groups
    return weighed(groups, read_rater_weights(config.rater_weights))


def weighed(groups: Sequence[ReplyGroup], weights: Mapping[str, float]) -> tuple[ReplyGroup, ...]:
    """Each group times its rater's weight; raters that are not named, and merged orders, keep 1."""
    return tuple(
        replace(group, weight=group.weight * weights.get(group.rater, 1.0))
        if group.rater is not None
        else group
        for group in groups
    )


def read_rater_weights(path: Path) -> dict[str, float]:
    """A JSON object from raters to weights of at least 0.

    Raises:
        TrainingError: It is not that.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainingError(f"rater_weights: {path} cannot be read as JSON: {error}") from error
    if not isinstance(found, dict):
        raise TrainingError(
            f"rater_weights: {path} holds a {type(found).__name__}, expected an object of rater "
            'to weight, {"rater-1": 0.8, ...}'
        )
    for rater, weight in found.items():
        if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not weight >= 0:
            raise TrainingError(
                f"rater_weights: {path}: {rater!r} has {weight!r}, expected a number of at least 0"
            )
    return {rater: float(weight) for rater, weight in found.items()}
