"""Loss and token accuracy on what was held out, over the assistant's tokens alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn import functional

from manyvoices.train.distributed import Place
from manyvoices.train.masks import IGNORED
from manyvoices.train.sft.rows import Row


@dataclass(frozen=True, slots=True)
class HeldOut:
    """One figure over all tokens, not a mean of batches' means."""

    loss: float
    """Mean negative log-likelihood per target, nats."""
    token_accuracy: float
    """Share of targets that are the likeliest token."""
    tokens: int
    """Targets."""

    def as_metrics(self) -> dict[str, float]:
        """By name."""
        return {
            "loss": self.loss,
            "token_accuracy": self.token_accuracy,
            "tokens": float(self.tokens),
        }


@torch.no_grad()
def held_out(
    model: Any, rows: Sequence[Row], pad_id: int, batch_size: int, place: Place
) -> HeldOut:
    """Judge `model` on `rows`; every rank calls it and gets the same figures.

    Rows are sorted by length, so that little is padded. Under FSDP all ranks must make the same
    number of forward passes: a rank without a row left repeats one without targets.
    """
    total = torch.zeros(3, dtype=torch.float64, device=place.device)
    for ids, mask, labels in _batches(rows, pad_id, batch_size, place):
        logits = model(input_ids=ids, attention_mask=mask, use_cache=False).logits
        total += _sums(logits, labels)
    if place.world > 1:
        dist.all_reduce(total)
    loss, right, tokens = total.tolist()
    return HeldOut(loss / max(tokens, 1), right / max(tokens, 1), int(tokens))


def _sums(logits: Tensor, labels: Tensor) -> Tensor:
    """Sum of losses, of right tokens, and of targets: (3,) float64."""
    targets, said = labels[:, 1:], logits[:, :-1]
    kept = targets != IGNORED
    said, targets = said[kept].float(), targets[kept]
    loss = functional.cross_entropy(said, targets, reduction="sum")
    right = (said.argmax(-1) == targets).sum()
    return torch.stack([loss, right, kept.sum()]).double()


def _batches(
    rows: Sequence[Row], pad_id: int, batch_size: int, place: Place
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    order = sorted(range(len(rows)), key=lambda i: (len(rows[i].ids), i))
    step = batch_size * place.world
    for start in range(0, len(order), step):
        mine = [rows[i] for i in order[start : start + step]][place.rank :: place.world]
        first = rows[order[start]]
        yield padded(mine or [Row(first.ids, (IGNORED,) * len(first.ids))], pad_id, place.device)


def padded(
    rows: Sequence[Row], pad_id: int, device: torch.device | str = "cpu"
) -> tuple[Tensor, Tensor, Tensor]:
    """Ids, attention mask and labels, (b, t) each, padded on the right."""
    longest = max(len(row.ids) for row in rows)
    ids = torch.full((len(rows), longest), pad_id)
    labels = torch.full((len(rows), longest), IGNORED)
    mask = torch.zeros((len(rows), longest), dtype=torch.long)
    for i, row in enumerate(rows):
        n = len(row.ids)
        ids[i, :n], labels[i, :n], mask[i, :n] = torch.tensor(row.ids), torch.tensor(row.labels), 1
    return ids.to(device), mask.to(device), labels.to(device)
