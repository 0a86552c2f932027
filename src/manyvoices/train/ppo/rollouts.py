"""Replies as rows, and rows as padded tensors: the data of one round.

A row is what one process finds out about one reply. Rows are gathered from all processes before
anything is averaged, so that every process holds the whole round, and its advantages, mini-batches
and metrics do not depend on how many processes there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

import torch
from torch import Tensor

from manyvoices.train.ppo.returns import (
    ScorePlace,
    advantages_and_returns,
    clipped_scores,
    kl_per_token,
    state_mask,
    token_rewards,
    whitened,
    without_end_penalised,
)
from manyvoices.train.views import Turn


@dataclass(frozen=True, slots=True)
class Asked:
    """A prompt that waits for its reply in a round."""

    turns: tuple[Turn, ...]
    ids: tuple[int, ...]
    """As the policy reads it, the assistant's header included; cut on the left if too long."""
    seed: int
    """What the reply is drawn with; equal in every process and in a resumed run."""


@dataclass(frozen=True, slots=True)
class Written:
    """A reply."""

    ids: tuple[int, ...]
    """At least one; the last is the end token if `ended`."""
    text: str
    """Without the end token."""
    ended: bool
    """Whether the policy ended it; False: it was cut off at ``max_new_tokens``."""


@dataclass(frozen=True, slots=True)
class Row:
    """One reply with what the models say of it."""

    prompt: tuple[int, ...]
    reply: tuple[int, ...]
    ended: bool
    text: str
    score: float
    """Before clipping and penalty."""
    logprobs: Tensor
    """(n,) of the policy as it was when it wrote, at its temperature."""
    ref_logprobs: Tensor
    """(n,)"""
    values: Tensor
    """(n + 1,): of the state before each token, and of the one after the last."""

    def as_plain(self) -> dict[str, Any]:
        """For a checkpoint: what torch loads without running code."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @staticmethod
    def from_plain(plain: Mapping[str, Any]) -> Row:
        """What `as_plain` gave."""
        return Row(**plain)


@dataclass(frozen=True, slots=True)
class Batch:
    """Prompts filled up on the left, replies on the right: b rows, p + t columns."""

    ids: Tensor
    """(b, p + t) int."""
    attention: Tensor
    """(b, p + t) bool."""
    mask: Tensor
    """(b, t) bool: tokens of the replies."""

    @property
    def replies(self) -> Tensor:
        """(b, t) token ids."""
        return self.ids[:, -self.mask.shape[1] :]

    @property
    def positions(self) -> Tensor:
        """(b, p + t): 0 is the first token of each prompt."""
        return (self.attention.long().cumsum(1) - 1).clamp(min=0)

    def to(self, device: torch.device) -> Batch:
        """The same on another device."""
        return Batch(self.ids.to(device), self.attention.to(device), self.mask.to(device))


def batch_of(rows: Sequence[tuple[Sequence[int], Sequence[int]]], pad: int, width: int) -> Batch:
    """Prompts and replies as one batch with `width` places for replies."""
    left = max(len(prompt) for prompt, _ in rows)
    ids = torch.full((len(rows), left + width), pad)
    attention = torch.zeros_like(ids, dtype=torch.bool)
    for i, (prompt, reply) in enumerate(rows):
        start, stop = left - len(prompt), left + len(reply)
        ids[i, start:stop] = torch.tensor([*prompt, *reply])
        attention[i, start:stop] = True
    return Batch(ids, attention, attention[:, left:].clone())


@dataclass(frozen=True, slots=True)
class Settings:
    """What turns scores into advantages."""

    gamma: float = 1.0
    lam: float = 0.95
    estimator: Literal["k1", "k3"] = "k1"
    place: ScorePlace = "end_token"
    score_clip: float | None = None
    no_end_penalty: float | None = None
    whiten_rewards: bool = False
    whiten_advantages: bool = True


@dataclass(frozen=True, slots=True)
class Experience:
    """A whole round, n replies by t tokens; everything float32 on the CPU."""

    mask: Tensor
    """Tokens."""
    states: Tensor
    """States that have a value: the tokens, and with ``after_end`` one more per reply."""
    logprobs: Tensor
    values: Tensor
    kl: Tensor
    rewards: Tensor
    advantages: Tensor
    returns: Tensor
    scores: Tensor
    """(n,) clipped and penalised."""


def _padded(parts: Sequence[Tensor], width: int) -> Tensor:
    """(n, width), 0 where a part has ended."""
    whole = torch.zeros(len(parts), width)
    for row, part in zip(whole, parts, strict=True):
        kept = min(width, len(part))
        row[:kept] = part[:kept].float()
    return whole


def experience(
    rows: Sequence[Row], settings: Settings, coef: float, width: int | None = None
) -> Experience:
    """Rewards, advantages and returns of a round.

    Args:
        coef: Of the KL penalty.
        width: Places per reply; None: those of the longest.
    """
    width = width or max(len(row.reply) for row in rows)
    mask = torch.arange(width) < torch.tensor([len(row.reply) for row in rows])[:, None]
    states = state_mask(mask, settings.place)
    logprobs = _padded([row.logprobs for row in rows], width)
    values = _padded([row.values for row in rows], width).masked_fill(~states, 0.0)
    kl = kl_per_token(
        logprobs, _padded([row.ref_logprobs for row in rows], width), mask, settings.estimator
    )
    scores = clipped_scores(torch.tensor([row.score for row in rows]), settings.score_clip)
    ended = torch.tensor([row.ended for row in rows])
    scores = without_end_penalised(scores, ended, settings.no_end_penalty)
    rewards = token_rewards(scores, kl, mask, coef, settings.place)
    if settings.whiten_rewards:
        rewards = whitened(rewards, states, shift=False)
    advantages, returns = advantages_and_returns(
        rewards, values, states, settings.gamma, settings.lam
    )
    if settings.whiten_advantages:
        advantages = whitened(advantages, mask)
    return Experience(mask, states, logprobs, values, kl, rewards, advantages, returns, scores)
