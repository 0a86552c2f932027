"""How a model tuned on preferences does on held-out pairs: one figure per pair, then the mean.

DPO's and KTO's models are judged alike, by their implicit reward
``beta * (log pi(reply) - log pi_ref(reply))``: how often the preferred reply has the higher one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from trl.trainer.dpo_trainer import DataCollatorForPreference

from manyvoices.train.distributed import Place
from manyvoices.train.dpo.losses import pair_losses
from manyvoices.train.dpo.pairs import COLUMNS, PairRow


def judge(
    trainer: Any,
    rows: Sequence[PairRow],
    pad_token_id: int,
    batch_size: int,
    place: Place,
) -> Callable[[Any], Mapping[str, float]]:
    """A function of the trained model: loss (plain DPO), accuracy, mean lead, number of pairs.

    ``accuracy``: pairs whose preferred reply has the higher implicit reward, an equal one counting
    half, so that an untrained model has 0.5. ``margin``: mean difference of the two.
    """
    collate = DataCollatorForPreference(pad_token_id=pad_token_id)

    @torch.no_grad()
    def measure(model: Any) -> Mapping[str, float]:
        total = torch.zeros(4, dtype=torch.float64, device=place.device)
        for batch, counted in _batches(rows, collate, batch_size, place):
            policy = _log_probs(model, batch)
            with without_adapters(trainer):
                other = trainer.ref_model if trainer.ref_model is not None else model
                reference = _log_probs(other, batch)
            chosen, rejected = (policy - reference).chunk(2)
            if counted:
                total += _sums(chosen, rejected, trainer.beta)
        if place.world > 1:
            dist.all_reduce(total)
        loss, right, lead, n = total.tolist()
        return {"loss": loss / n, "accuracy": right / n, "margin": lead / n, "pairs": n}

    return measure


def without_adapters(trainer: Any) -> AbstractContextManager[Any]:
    """The reference under LoRA is the model with its adapters off."""
    if trainer.ref_model is not None:
        return nullcontext()
    found: AbstractContextManager[Any] = trainer.accelerator.unwrap_model(
        trainer.model
    ).disable_adapter()
    return found


def _log_probs(model: Any, batch: Mapping[str, Tensor]) -> Tensor:
    ids = batch["input_ids"]
    labels = ids.masked_fill(batch["completion_mask"] == 0, -100)
    out = model(
        input_ids=ids,
        attention_mask=batch["attention_mask"],
        labels=labels,
        use_cache=False,
        fused_lm_head=True,
    )
    found: Tensor = out.log_probs.sum(dim=1)
    return found


def _sums(chosen: Tensor, rejected: Tensor, beta: float) -> Tensor:
    lead = beta * (chosen - rejected)
    right = (lead > 0).double() + 0.5 * (lead == 0).double()
    loss = pair_losses(chosen, rejected, beta)
    n = torch.tensor(float(len(lead)), dtype=torch.float64, device=lead.device)
    return torch.stack([loss.double().sum(), right.sum(), lead.double().sum(), n])


def _batches(
    rows: Sequence[PairRow], collate: Any, batch_size: int, place: Place
) -> Iterator[tuple[Mapping[str, Tensor], bool]]:
    """Batches of this rank, and whether they count: all ranks make as many forward passes."""
    step = batch_size * place.world
    for start in range(0, len(rows), step):
        mine = list(rows[start : start + step][place.rank :: place.world])
        examples = [
            {name: list(getattr(row, name)) for name in COLUMNS} for row in mine or [rows[start]]
        ]
        batch = collate(examples)
        yield {name: tensor.to(place.device) for name, tensor in batch.items()}, bool(mine)
