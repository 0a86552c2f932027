"""Losses of a reward model: pure functions of scores and of what people said about them.

Every loss returns ``(sum, weight)``: the sum over groups of (weight x the group's mean loss), as a
tensor, and the sum of the weights, as a number. The caller adds both up over micro-batches and
ranks and divides once, so that one process and many give the same gradient.

Notation: m scores, p pairs, d = score of the better reply - score of the worse one.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from manyvoices.train.config_reward import LossConfig
from manyvoices.train.reward.pairs import Comparisons, Order


def ranking_loss(
    scores: Tensor, comparisons: Comparisons, config: LossConfig
) -> tuple[Tensor, float]:
    """The loss that `config` names.

    Args:
        scores: (m,) float; computed in float32 whatever the model's type.
    """
    scores = scores.float()
    if config.kind == "listwise":
        loss, weight = plackett_luce(scores, comparisons.orders, average=config.average)
    else:
        loss, weight = all_pairs(scores, comparisons, ties=config.ties, scale=config.tie_scale)
    if config.regularise:
        loss = loss + config.regularise * magnitude(scores, comparisons)[0]
    return loss, weight


def all_pairs(
    scores: Tensor, comparisons: Comparisons, *, ties: str = "leave", scale: float = 1.0
) -> tuple[Tensor, float]:
    """K-wise loss: ``-log sigmoid(d - margin)`` over all K(K-1)/2 pairs of a group.

    Source: Ouyang et al. 2022 (InstructGPT), eq. 1; OASST's `RMLoss` averages pairs within a group
    and groups among each other, as we do by default. Margins: Touvron et al. 2023 (Llama 2), eq. 2.
    Our deviation: OASST drops ties' equality, since it reads an order only. Here a tied pair is
    left out of `comparisons`, counts as half a win for each side (``half``; the maximum likelihood
    of Bradley-Terry when ties are shared), or costs ``scale * |d|`` (``absolute``).
    """
    d = scores[comparisons.better] - scores[comparisons.worse]
    each = -logsigmoid(d - comparisons.margin)
    if ties == "half":
        each = torch.where(comparisons.tied, -(logsigmoid(d) + logsigmoid(-d)) / 2, each)
    elif ties == "absolute":
        each = torch.where(comparisons.tied, scale * d.abs(), each)
    return (comparisons.weight * each).sum(), comparisons.total


def magnitude(scores: Tensor, comparisons: Comparisons) -> tuple[Tensor, float]:
    """``(p^2 + n^2) / 2`` per pair: what keeps scores near 0, which no difference does.

    Source: OASST's `RMLoss`, beta = 0.001.
    """
    squares = (scores[comparisons.better] ** 2 + scores[comparisons.worse] ** 2) / 2
    return (comparisons.weight * squares).sum(), comparisons.total


def plackett_luce(
    scores: Tensor, orders: tuple[Order, ...], *, average: str = "group"
) -> tuple[Tensor, float]:
    """Listwise loss: the best is chosen among all, the second among the rest, and so on.

    A group's loss is the mean over its choices (K - 1 without ties), so that with two replies it
    is the pairwise loss. ``average="pair"`` gives the sum over choices instead. Ties: Efron's
    approximation of the mean over all orders of the tied; a tie in the last place is no choice at
    all and costs nothing, as in the exact mean, where it has probability 1.

    Source: Plackett 1975; Luce 1959; Efron 1977 for ties in the same likelihood (Cox regression).
    """
    losses, total = [0.0 * scores.sum()], 0.0  # a gradient even where nothing is compared
    for order in orders:
        negative, n_choices = _choices(scores, order)
        if n_choices:
            share = order.weight / n_choices if average == "group" else order.weight
            losses.append(share * negative)
            total += share * n_choices
    return torch.stack(losses).sum(), total


def _choices(scores: Tensor, order: Order) -> tuple[Tensor, int]:
    """Minus the log likelihood of one order, and how many choices it is made of."""
    by_rank: dict[int, list[int]] = {}
    for member, rank in zip(order.members, order.ranks, strict=True):
        by_rank.setdefault(rank, []).append(member)
    blocks = [by_rank[rank] for rank in sorted(by_rank)]
    loss, n = scores.new_zeros(()), 0
    for place, block in enumerate(blocks[:-1]):
        chosen = scores[block]
        rest = scores[[m for later in blocks[place:] for m in later]]
        all_of_them = torch.logsumexp(rest, 0)
        # Efron: the l-th of t tied ones is chosen when a share l / t of the tied is already gone.
        gone = torch.arange(len(block), device=scores.device) / len(block)
        left = torch.log1p(-gone * torch.exp(torch.logsumexp(chosen, 0) - all_of_them))
        loss = loss + (all_of_them + left - chosen).sum()
        n += len(block)
    return loss, n
