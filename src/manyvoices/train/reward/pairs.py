"""From orders over scored replies to what a loss reads: index tensors, made once per batch.

Notation: m scores in a batch, g orders (groups), p pairs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from manyvoices.train.config_reward import LossConfig


@dataclass(frozen=True, slots=True)
class Order:
    """One person's, or the merged, order of replies whose scores stand in one tensor."""

    members: tuple[int, ...]
    """Where each reply's score stands in the batch's scores (m,)."""
    ranks: tuple[int, ...]
    """0 is best; equal ranks are tied."""
    values: tuple[float, ...] | None = None
    """The raters' own scores, from which margins come."""
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Comparisons:
    """All pairs of a batch, flat."""

    better: Tensor
    """(p,) int64, index of the preferred reply's score. Of tied pairs: the first."""
    worse: Tensor
    """(p,) int64."""
    weight: Tensor
    """(p,) float32; sums to `total` over all pairs."""
    margin: Tensor
    """(p,) float32, at least 0."""
    tied: Tensor
    """(p,) bool."""
    total: float
    """Sum of the weights of the orders that compare anything: what losses are divided by."""
    orders: tuple[Order, ...]
    """The same as lists, for listwise losses."""

    def to(self, device: torch.device | str) -> Comparisons:
        """The same on another device."""
        names = ("better", "worse", "weight", "margin", "tied")
        return replace(self, **{name: getattr(self, name).to(device) for name in names})


def compare(orders: Iterable[Order], config: LossConfig) -> Comparisons:
    """All pairs of `orders` as `config` wants them weighed.

    Orders without a pair left (all tied, and ties left out) are not part of `total`.
    """
    kept: list[Order] = []
    rows: list[tuple[int, int, float, float, bool]] = []
    total = 0.0
    for order in orders:
        pairs = _pairs(order, config)
        if not pairs:
            continue
        kept.append(order)
        each = order.weight / len(pairs) if config.average == "group" else order.weight
        total += each * len(pairs)
        rows += [(i, j, each, margin, tied) for i, j, margin, tied in pairs]
    return _tensors(rows, total, tuple(kept))


def _pairs(order: Order, config: LossConfig) -> list[tuple[int, int, float, bool]]:
    """(better, worse, margin, tied) of one order, members as indices into the scores."""
    found = []
    with_ties = config.ties != "leave" and config.kind == "pairs"
    for i in range(len(order.members)):
        for j in range(i + 1, len(order.members)):
            first, second = (i, j) if order.ranks[i] <= order.ranks[j] else (j, i)
            tied = order.ranks[i] == order.ranks[j]
            if tied and not with_ties:
                continue
            margin = 0.0 if tied else _margin(order, first, second, config)
            found.append((order.members[first], order.members[second], margin, tied))
    return found


def _margin(order: Order, better: int, worse: int, config: LossConfig) -> float:
    if config.margin_scale == 0:
        return 0.0
    if config.margin_by == "ranks":
        apart = float(order.ranks[worse] - order.ranks[better] - 1)
    elif order.values is None:
        return 0.0
    else:
        # An order may contradict its scores (people re-rank): no margin then, not a negative one.
        apart = max(0.0, order.values[better] - order.values[worse])
    return min(config.margin_scale * apart, config.margin_cap or float("inf"))


def _tensors(
    rows: Sequence[tuple[int, int, float, float, bool]], total: float, orders: tuple[Order, ...]
) -> Comparisons:
    columns = list(zip(*rows, strict=True)) if rows else [(), (), (), (), ()]
    kinds = (torch.int64, torch.int64, torch.float32, torch.float32, torch.bool)
    better, worse, weight, margin, tied = (
        torch.tensor(column, dtype=kind) for column, kind in zip(columns, kinds, strict=True)
    )
    return Comparisons(better, worse, weight, margin, tied, total, orders)
