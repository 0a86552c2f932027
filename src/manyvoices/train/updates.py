"""One update of the weights: forward and backward over micro-batches, normalised over all of them.

The gradient is that of (sum of losses) / (sum of weights) over the whole global batch, whatever
the number of processes and micro-batches: each backward pass adds the gradient of a sum, and what
was added is divided once, by the weight of everything. (Averaging averages, as most trainers do,
weighs a token by how few others its micro-batch happens to hold.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from manyvoices.train.config import OptimConfig
from manyvoices.train.distributed import Place, computing, is_sharded, of_all, sum_gradients
from manyvoices.train.errors import LossNotFinite
from manyvoices.train.schedule import lr_at


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a step makes of one micro-batch."""

    loss_sum: Tensor
    """Scalar with a gradient: the sum (not the mean) of the losses of its tokens, pairs, ..."""
    weight_sum: float | Tensor
    """What that sum is divided by, in the end, together with all others': usually a count."""
    metrics: Mapping[str, float | Tensor | tuple[float | Tensor, float | Tensor]] = field(
        default_factory=dict
    )
    """Name -> (sum, count), reported as sum / count over the whole global batch; a lone number is
    a sum over `weight_sum`."""
    tokens: int = 0
    """Tokens that went through the model, padding not counted."""
    ids: Sequence[str] = ()
    """Names of the examples, for the message when the loss is not finite."""


Step: TypeAlias = Callable[[nn.Module, Any], StepResult]
"""Runs the model on one micro-batch; moves it to the device itself. Called under autocast."""


@dataclass(frozen=True, slots=True)
class Update:
    """What one update did, over all processes."""

    step: int
    """Its number, from 1."""
    loss: float | None
    """None where no example had a weight: the weights were left alone."""
    lr: float
    grad_norm: float
    """Before clipping."""
    tokens: int
    metrics: Mapping[str, float]


@dataclass(slots=True)
class _Totals:
    loss: float = 0.0
    weight: float = 0.0
    tokens: int = 0
    metrics: dict[str, list[float]] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)

    def add(self, result: StepResult) -> None:
        weight = float(result.weight_sum)
        self.loss += float(result.loss_sum.detach())
        self.weight += weight
        self.tokens += result.tokens
        self.ids.extend(result.ids)
        for name, value in result.metrics.items():
            part, count = value if isinstance(value, tuple) else (value, weight)
            sums = self.metrics.setdefault(name, [0.0, 0.0])
            sums[0] += float(part)
            sums[1] += float(count)

    def join(self, other: _Totals) -> None:
        self.loss += other.loss
        self.weight += other.weight
        self.tokens += other.tokens
        self.ids.extend(other.ids)
        for name, (part, count) in other.metrics.items():
            sums = self.metrics.setdefault(name, [0.0, 0.0])
            sums[0] += part
            sums[1] += count


def adamw(model: nn.Module, optim: OptimConfig) -> torch.optim.AdamW:
    """AdamW (arXiv 1711.05101) over what is trained; vectors (biases, norms) do not decay."""
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim >= 2], "weight_decay": optim.weight_decay},
        {"params": [p for p in trained if p.ndim < 2], "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    return torch.optim.AdamW(groups, lr=optim.lr, betas=optim.betas, eps=optim.eps)


class Updater:
    """The optimizer of one model with its schedule; `fit` uses it, and so can a loop of one's own.

    Args:
        total: Updates of the whole run, which the schedule needs.
        dtype: ``bfloat16`` computes in it under autocast on a GPU.
    """

    def __init__(
        self,
        model: nn.Module,
        optim: OptimConfig,
        total: int,
        place: Place,
        dtype: str = "float32",
    ) -> None:
        self.model, self.optim, self.total, self.place = model, optim, total, place
        self.optimizer = adamw(model, optim)
        self.step = 0
        self.last_checkpoint: Path | None = None
        self._dtype = dtype

    def update(self, micro: Sequence[Any], step: Step) -> Update | None:
        """One update from this process's micro-batches; None where no process had any.

        Raises:
            LossNotFinite: The loss or the gradient is NaN or infinite; nothing was updated.
        """
        counts = of_all(len(micro), self.place)
        if max(counts) == 0:
            return None
        totals = self._together(self._passes(micro, self._lent(micro, counts), step))
        norm = self._normalised(totals)
        lr = lr_at(self.step + 1, self.optim, self.total)
        self._judge(totals, norm, lr)
        if totals.weight > 0:
            self._apply(norm, lr)
        self.step += 1
        means = {name: part / n for name, (part, n) in totals.metrics.items() if n}
        loss = totals.loss / totals.weight if totals.weight > 0 else None
        return Update(self.step, loss, lr, norm, totals.tokens, means)

    def _lent(self, micro: Sequence[Any], counts: Sequence[int]) -> list[Any]:
        """Sharded processes gather weights together, so each makes the same number of passes;
        one with fewer batches than others passes another's, which counts for nothing."""
        short = max(counts) - len(micro)
        if min(counts) == max(counts) or not is_sharded(self.model):
            return []
        offered = of_all(micro[0] if micro else None, self.place)
        return [next(batch for batch in offered if batch is not None)] * short

    def _passes(self, micro: Sequence[Any], lent: Sequence[Any], step: Step) -> _Totals:
        """Forward and backward, adding up gradients."""
        totals = _Totals()
        self.optimizer.zero_grad(set_to_none=True)
        for i, batch in enumerate((*micro, *lent)):
            with computing(self.place, self._dtype):
                result = step(self.model, batch)
            if i < len(micro):
                result.loss_sum.backward()
                totals.add(result)
            else:
                (result.loss_sum * 0.0).backward()
        return totals

    def _together(self, own: _Totals) -> _Totals:
        sum_gradients(self.model, self.place)
        joined = _Totals()
        for totals in of_all(own, self.place):
            joined.join(totals)
        return joined

    def _normalised(self, totals: _Totals) -> float:
        """Divide the gradients by the weight of the global batch; their norm before clipping."""
        gradients = [p.grad for p in self.model.parameters() if p.grad is not None]
        if totals.weight > 0:
            for gradient in gradients:
                gradient.div_(totals.weight)
        norm = torch.nn.utils.get_total_norm(gradients)
        whole = norm.full_tensor() if hasattr(norm, "full_tensor") else norm
        return float(whole)

    def _judge(self, totals: _Totals, norm: float, lr: float) -> None:
        for what, value in (("the loss", totals.loss), ("the gradient", norm)):
            if not torch.isfinite(torch.tensor(value)):
                self.optimizer.zero_grad(set_to_none=True)
                found = f"{what} is {value}"
                raise LossNotFinite(self.step + 1, found, totals.ids, self.last_checkpoint, lr)

    def _apply(self, norm: float, lr: float) -> None:
        clip = self.optim.clip
        if clip is not None and norm > clip:
            for parameter in self.model.parameters():
                if parameter.grad is not None:
                    parameter.grad.mul_(clip / norm)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)

    def state_dict(self) -> dict[str, Any]:
        """Whole even where the weights are sharded (on rank 0); all processes must call it."""
        if not is_sharded(self.model):
            return {"optimizer": self.optimizer.state_dict(), "step": self.step}
        from torch.distributed.checkpoint.state_dict import (
            StateDictOptions,
            get_optimizer_state_dict,
        )

        options = StateDictOptions(full_state_dict=True, cpu_offload=True)
        state = get_optimizer_state_dict(self.model, self.optimizer, options=options)
        return {"optimizer": state, "step": self.step}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """What `state_dict` gave; every process is given the whole."""
        self.step = int(state["step"])
        if not is_sharded(self.model):
            self.optimizer.load_state_dict(state["optimizer"])
            return
        from torch.distributed.checkpoint.state_dict import (
            StateDictOptions,
            set_optimizer_state_dict,
        )

        options = StateDictOptions(full_state_dict=True)
        set_optimizer_state_dict(self.model, self.optimizer, state["optimizer"], options=options)
