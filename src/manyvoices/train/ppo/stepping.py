"""What one part of a round does to the weights: the `step` that the house's loop calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from manyvoices.train.config_ppo import PpoConfig
from manyvoices.train.ppo.actors import logprobs_of
from manyvoices.train.ppo.losses import entropy_sum, policy_loss, value_loss
from manyvoices.train.ppo.rollouts import batch_of
from manyvoices.train.ppo.round_data import Part, Round
from manyvoices.train.ppo.rounds import Rounds
from manyvoices.train.updates import StepResult


@dataclass(frozen=True, slots=True)
class PpoStep:
    """Policy loss + value_coef * value loss - entropy_coef * entropy, each a mean over tokens of
    the whole mini-batch."""

    rounds: Rounds
    config: PpoConfig

    def __call__(self, actors: nn.Module, part: Part) -> StepResult:
        """Sums over this part's tokens; their weight is the number of its tokens."""
        made = self.rounds.at(part, actors)
        whole, own = self.rounds.dealt(part, made)
        # A process without rows still passes one through: sharded weights need all processes.
        result = self._passed(actors, made, own or whole[:1] or [0], whole, empty=not own)
        told = {name: (value, 1.0) for name, value in made.metrics.items()}
        metrics = {**result.metrics, **(told if part.is_first else {})}
        return StepResult(result.loss_sum, result.weight_sum, metrics, result.tokens)

    def _passed(
        self, actors: nn.Module, made: Round, rows: list[int], whole: list[int], *, empty: bool
    ) -> StepResult:
        c, data = self.config, made.experience
        device = next(actors.parameters()).device
        width = min(data.mask.shape[1], int(data.states[rows].sum(1).max()))
        picked = [(made.rows[i].prompt, made.rows[i].reply) for i in rows]
        batch = batch_of(picked, self.rounds.pad, width).to(device)

        def of(tensor: torch.Tensor) -> torch.Tensor:
            return tensor[rows, :width].to(device)

        mask, states = of(data.mask), of(data.states)
        if empty:
            mask, states = torch.zeros_like(mask), torch.zeros_like(states)
        logits, values = actors(batch)
        logits, values = logits[:, :-1], values[:, :-1]
        temperature = c.generate.temperature
        logprobs = logprobs_of(logits, batch.replies, temperature)
        policy = policy_loss(logprobs, of(data.logprobs), of(data.advantages), mask, c.clip)
        worth, held = value_loss(values, of(data.values), of(data.returns), states, c.value_clip)
        entropy = _entropy(logits / temperature, mask, with_gradient=c.entropy_coef > 0)
        n, n_states = mask.sum(), states.sum()
        # The loop divides everything by the number of tokens; with after_end there are more states.
        per_state = int(data.mask[whole].sum()) / max(int(data.states[whole].sum()), 1)
        loss = policy.loss + c.value_coef * per_state * worth - c.entropy_coef * entropy
        metrics: dict[str, Any] = {
            "policy_loss": policy.loss.detach(),
            "value_loss": (worth.detach(), n_states),
            "entropy": entropy.detach(),
            "approx_kl": policy.kl,
            "clip_fraction": policy.clipped,
            "value_clip_fraction": (held, n_states),
            "ratio": policy.ratio,
        }
        return StepResult(loss, n, metrics, 0 if empty else int(batch.attention.sum()))


def _entropy(logits: torch.Tensor, mask: torch.Tensor, *, with_gradient: bool) -> torch.Tensor:
    with torch.set_grad_enabled(with_gradient and torch.is_grad_enabled()):
        return entropy_sum(logits, mask)
