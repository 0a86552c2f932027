"""What a round is made of, and how it is divided and summed up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch

from manyvoices.train.config_ppo import PpoConfig
from manyvoices.train.ppo.losses import explained_variance
from manyvoices.train.ppo.rollouts import Experience, Row, Settings
from manyvoices.train.views import Turn

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Part:
    """An address: what one process passes through the models at once."""

    round: int
    epoch: int
    """Of the round's `ppo_epochs`."""
    minibatch: int
    chunk: int
    """Of the process's share of the mini-batch."""

    @property
    def is_first(self) -> bool:
        """Whether a round begins with it."""
        return self.epoch == self.minibatch == self.chunk == 0


@dataclass(frozen=True, slots=True)
class Round:
    """Everything of one round; equal in all processes."""

    number: int
    rows: tuple[Row, ...]
    asked: tuple[tuple[Turn, ...], ...]
    """The prompt of each row."""
    experience: Experience
    metrics: Mapping[str, float]


def zipped(lists: Sequence[Sequence[T]]) -> list[T]:
    """What was dealt out in turns, in its old order; lists differ in length by at most one."""
    longest = max(map(len, lists))
    return [one[i] for i in range(longest) for one in lists if i < len(one)]


def settings_of(config: PpoConfig) -> Settings:
    """The part of a configuration that turns scores into advantages."""
    return Settings(
        gamma=config.gamma,
        lam=config.lam,
        estimator=config.kl.estimator,
        place=config.score_place,
        score_clip=config.score_clip,
        no_end_penalty=config.no_end_penalty,
        whiten_rewards=config.whiten_rewards,
        whiten_advantages=config.whiten_advantages,
    )


def metrics_of(rows: Sequence[Row], data: Experience) -> dict[str, float]:
    """What to watch of a round, means over its replies."""
    raw = torch.tensor([row.score for row in rows]).double()
    return {
        "score": float(raw.mean()),
        "score_sd": float(raw.std(unbiased=False)),
        "reward": float(data.rewards.sum(1).double().mean()),
        "kl": float(data.kl.sum(1).double().mean()),
        "reply_tokens": float(data.mask.sum() / len(rows)),
        "ended": sum(row.ended for row in rows) / len(rows),
        "value": float(data.values[data.states].double().mean()),
        "explained_variance": explained_variance(data.values, data.returns, data.states),
    }
