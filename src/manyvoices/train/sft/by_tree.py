"""The trainer ``tree``: one forward pass over trees, every assistant turn trained once.

Notation: n tokens in a pack, t targets in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn
from torch.nn import functional

from manyvoices.train.config_sft import SftConfig
from manyvoices.train.distributed import here
from manyvoices.train.loop import FitResult, fit
from manyvoices.train.model_files import Pretrained
from manyvoices.train.results import Progress
from manyvoices.train.reward.attention import (
    IMPLEMENTATION,
    Way,
    arguments,
    chosen_way,
    register,
)
from manyvoices.train.sampling import EpochSampler
from manyvoices.train.sft.trees import Parts, TreeBatch, as_tensors, collate
from manyvoices.train.trl_base import lora_config
from manyvoices.train.updates import StepResult

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

PLAIN = "sdpa"
"""The attention that a model is saved with: nobody else's transformers knows ours by name."""


def prepare(model: PreTrainedModel, config: SftConfig, way: Way, seed: int) -> Any:
    """The model with attention over packs, and with adapters where the configuration has them.

    Without a pack the chosen attention is plain causal attention, so the same model evaluates
    threads and generates.
    """
    import torch

    register()
    model.set_attn_implementation(IMPLEMENTATION[way])
    lora = lora_config(config.model.lora)
    if lora is None:
        return model
    from peft import get_peft_model

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return get_peft_model(model, lora)


def losses(model: nn.Module, batch: TreeBatch, way: Way) -> tuple[Tensor, Tensor, Tensor]:
    """Negative log-likelihood (t,), whether the likeliest token is right (t,), weights (t,).

    Only the tokens that something is predicted from go through the language model's head.
    """
    first = next(model.parameters())
    at, targets, weights = as_tensors(batch, first.device)
    given = arguments(batch.pack, way, first.device, first.dtype)
    logits = model(**given, use_cache=False, logits_to_keep=at).logits[0].float()
    return (
        functional.cross_entropy(logits, targets, reduction="none"),
        _right(logits, targets),
        weights,
    )


def _right(logits: Tensor, targets: Tensor) -> Tensor:
    return logits.argmax(-1) == targets


def step(way: Way) -> Callable[[nn.Module, TreeBatch], StepResult]:
    """The loop's step: the weighted sum over targets, divided by the sum of weights in the end."""

    def run(model: nn.Module, batch: TreeBatch) -> StepResult:
        loss, right, weights = losses(model, batch, way)
        return StepResult(
            (loss * weights).sum(),
            weights.sum(),
            {"token_accuracy": (right.sum().detach(), float(len(right)))},
            len(batch.pack),
            batch.tree_ids,
        )

    return run


@dataclass(frozen=True, slots=True)
class Batches:
    """Which parts of trees are in which forward pass: depends on the seed and the epoch alone."""

    parts: Parts
    sampler: EpochSampler
    batch_size: int
    """Parts per process and forward pass."""
    accumulate: int

    def __call__(self, epoch: int, rank: int, world: int) -> Iterator[TreeBatch]:
        """Process r of an update takes its parts r, r + world, ..."""
        order = self.sampler.indices(epoch)
        together = self.batch_size * self.accumulate * world
        for start in range(0, len(order), together):
            own = order[start : start + together][rank::world]
            for at in range(0, len(own), self.batch_size):
                yield collate([self.parts.parts[i] for i in own[at : at + self.batch_size]])

    def steps(self, world: int) -> int:
        """Updates per epoch."""
        return -(-len(self.sampler) // (self.batch_size * self.accumulate * world))


class TreeFiles(Pretrained):
    """The model's files, written with an attention that every transformers knows."""

    def __init__(self, model: Any, tokenizer: Any, way: Way) -> None:
        super().__init__(model, tokenizer)
        self.way = way

    def save(self, folder: Path, weights: Mapping[str, Tensor]) -> None:
        """See `Pretrained.save`."""
        inner = base_of(self.model)
        inner.set_attn_implementation(PLAIN)
        try:
            super().save(folder, weights)
        finally:
            inner.set_attn_implementation(IMPLEMENTATION[self.way])


def base_of(model: Any) -> Any:
    """The transformers model inside peft's, or the model itself."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def train_trees(
    config: SftConfig,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    parts: Parts,
    *,
    measure: Callable[[Any], Mapping[str, float]] | None,
    resume: bool,
    progress: Progress,
    identity: Mapping[str, Any],
    sampler: EpochSampler,
) -> tuple[Any, FitResult]:
    """Train to the end; the trained model (with adapters, if any) and what the loop says.

    Raises:
        TrainingError: See `manyvoices.train.loop.fit`.
    """
    place = here()
    way = chosen_way("auto", place.device)
    optim = config.optim
    trained = prepare(model, config, way, config.seed)
    order = Batches(parts, sampler, optim.batch_size, optim.accumulate)
    result = fit(
        trained,
        order,
        step(way),
        config,
        files=TreeFiles(trained, tokenizer, way),
        resume=resume,
        evaluate=measure,
        progress=progress,
        identity=identity,
        steps_per_epoch=order.steps(place.world),
    )
    base_of(trained).set_attn_implementation(PLAIN)
    return trained, result
