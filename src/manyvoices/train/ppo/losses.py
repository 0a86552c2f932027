"""The losses of PPO (Schulman et al. 2017) as sums over tokens, and what to watch beside them.

Every loss comes as a sum over the True places of a mask; the caller divides by the count over the
whole mini-batch, all processes and all accumulated passes together. A mean per pass would weigh a
token in a short batch more than one in a long batch, and make the result depend on how a batch was
cut up. Notation: B replies, T tokens; tensors are (B, T).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class PolicyLoss:
    """Sums over tokens, each a scalar."""

    loss: Tensor
    """The only one with a gradient."""
    clipped: Tensor
    """Tokens where the clipped term was the larger one, so that no gradient flowed."""
    kl: Tensor
    """Schulman's k3 estimate of KL(old policy || new policy)."""
    ratio: Tensor
    """p_new / p_old."""


def policy_loss(
    logprobs: Tensor, old_logprobs: Tensor, advantages: Tensor, mask: Tensor, clip: float
) -> PolicyLoss:
    """Equation 7, negated: max(-A r, -A clip(r, 1 - clip, 1 + clip)), r = exp(new - old)."""
    log_ratio = (logprobs - old_logprobs).masked_fill(~mask, 0.0)
    ratio = log_ratio.exp()
    plain = -advantages * ratio
    held = -advantages * ratio.clamp(1.0 - clip, 1.0 + clip)
    with torch.no_grad():
        clipped = ((held > plain) & mask).sum()
        kl = ((ratio - 1.0 - log_ratio) * mask).sum()
        total = (ratio * mask).sum()
    return PolicyLoss((torch.maximum(plain, held) * mask).sum(), clipped, kl, total)


def value_loss(
    values: Tensor, old_values: Tensor, returns: Tensor, mask: Tensor, clip: float | None
) -> tuple[Tensor, Tensor]:
    """Half the squared error, at least that of a value within `clip` of the old one.

    The clipping is of the published code of PPO and of trlX, not of the paper's text.

    Returns:
        Sum of the losses, and number of places where the clipped term was the larger one.
    """
    plain = (values - returns).square()
    if clip is None:
        return 0.5 * (plain * mask).sum(), torch.zeros((), device=values.device)
    near = torch.minimum(torch.maximum(values, old_values - clip), old_values + clip)
    held = (near - returns).square()
    return 0.5 * (torch.maximum(plain, held) * mask).sum(), ((held > plain) & mask).sum()


def entropy_sum(logits: Tensor, mask: Tensor) -> Tensor:
    """Entropy of the next token's distribution in nats, summed; `logits` (B, T, V)."""
    logs = torch.log_softmax(logits, dim=-1)
    return (-(logs.exp() * logs).sum(-1) * mask).sum()


def explained_variance(values: Tensor, returns: Tensor, mask: Tensor) -> float:
    """1 - Var(returns - values) / Var(returns): 1 foresees all, 0 is no better than the mean.

    NaN where the returns do not vary.
    """
    kept = returns[mask].double()
    spread = kept.var(unbiased=False) if kept.numel() else torch.zeros(())
    if not spread > 0:
        return float("nan")
    left = (kept - values[mask].double()).var(unbiased=False)
    return float(1.0 - left / spread)
