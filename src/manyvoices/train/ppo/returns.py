"""From a score per reply to an advantage per token: pure functions on padded tensors.

Notation: B replies, T tokens of the longest reply. All tensors are (B, T) float unless said
otherwise. ``mask`` (B, T) is True where the token is one the policy chose: the words of the reply
and the token that ends it, never what pads it.

Replies of several processes are gathered before these functions see them, so that a mean here is a
mean over all ranks, and a whitened advantage does not depend on how many processes there are.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

ScorePlace = Literal["end_token", "after_end"]
"""Where a reply's score stands: on its last token (Ziegler et al. 2019), or, as TRL's PPO had it,
one place later, on the state that follows the last token, which then has a value of its own."""


def state_mask(mask: Tensor, place: ScorePlace = "end_token") -> Tensor:
    """Which states have a value: those where a token is chosen; with ``after_end`` one more.

    A reply that fills all T places has no place after its end: its score stays on its last token.
    """
    if place == "end_token":
        return mask
    wider = mask.clone()
    wider[:, 1:] |= mask[:, :-1]
    return wider


def clipped_scores(scores: Tensor, clip: float | None) -> Tensor:
    """Scores (B,) within [-clip, clip]; None leaves them (OASST's run: 4)."""
    return scores if clip is None else scores.clamp(-clip, clip)


def without_end_penalised(scores: Tensor, ended: Tensor, penalty: float | None) -> Tensor:
    """Scores (B,), less `penalty` where `ended` (B,) is False: the reply never came to its end."""
    return scores if penalty is None else scores - penalty * (~ended).to(scores.dtype)


def kl_per_token(
    logprobs: Tensor, ref_logprobs: Tensor, mask: Tensor, estimator: Literal["k1", "k3"] = "k1"
) -> Tensor:
    """Estimates of KL(policy || reference) at each token that the policy drew; 0 where masked.

    With r = p_ref / p_policy: k1 = -log r, unbiased, of either sign; k3 = (r - 1) - log r,
    unbiased, never negative, of lower variance near 0 (Schulman, "Approximating KL divergence",
    2020).
    """
    log_ratio = (ref_logprobs - logprobs).masked_fill(~mask, 0.0)
    return -log_ratio if estimator == "k1" else log_ratio.expm1() - log_ratio


def token_rewards(
    scores: Tensor, kl: Tensor, mask: Tensor, coef: float, place: ScorePlace = "end_token"
) -> Tensor:
    """Reward per token: -coef * kl everywhere, and the score (B,) at the reply's end.

    Ziegler et al. 2019, equation 2: R(x, y) = r(x, y) - beta log(pi(y|x) / rho(y|x)).
    """
    rewards = (-coef * kl).masked_fill(~mask, 0.0)
    last = state_mask(mask, place).sum(1) - 1
    rows = torch.arange(len(scores), device=scores.device)
    rewards[rows, last.clamp(min=0)] += scores.to(rewards.dtype)
    return rewards


def whitened(values: Tensor, mask: Tensor, *, shift: bool = True, eps: float = 1e-8) -> Tensor:
    """Mean 0 and variance 1 over the True places of `mask`; 0 elsewhere.

    The variance has divisor n - 1, as in trlX and TRL.

    Args:
        shift: False keeps the mean and changes the spread alone: what rewards are whitened with,
            because taking their mean away would change what is wanted.
    """
    kept = values[mask]
    if kept.numel() < 2:
        return values.masked_fill(~mask, 0.0)
    mean = kept.mean()
    scaled = (values - mean) * torch.rsqrt(kept.var(unbiased=True) + eps)
    return (scaled if shift else scaled + mean).masked_fill(~mask, 0.0)


def advantages_and_returns(
    rewards: Tensor, values: Tensor, mask: Tensor, gamma: float = 1.0, lam: float = 0.95
) -> tuple[Tensor, Tensor]:
    """Generalised advantage estimation (Schulman et al. 2016, equation 16).

    delta_t = r_t + gamma V_{t+1} - V_t, A_t = delta_t + gamma lam A_{t+1}, both 0 beyond the last
    state of `mask`; the return that the critic learns is A_t + V_t.

    Args:
        mask: The states that exist (`state_mask`); everything outside counts as 0.

    Returns:
        Advantages, not whitened, and returns; 0 outside `mask`.
    """
    rewards, values = rewards.masked_fill(~mask, 0.0), values.masked_fill(~mask, 0.0)
    advantages = torch.zeros_like(rewards)
    following = torch.zeros_like(rewards[:, 0])
    next_value = torch.zeros_like(following)
    for t in reversed(range(rewards.shape[1])):
        delta = rewards[:, t] + gamma * next_value - values[:, t]
        following = (delta + gamma * lam * following).masked_fill(~mask[:, t], 0.0)
        advantages[:, t], next_value = following, values[:, t]
    return advantages, (advantages + values).masked_fill(~mask, 0.0)
