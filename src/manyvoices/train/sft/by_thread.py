"""The trainer ``trl``: TRL's SFTTrainer on threads that we tokenised and masked.

TRL 1.16 takes ``input_ids`` and ``labels`` as they are (``_prepare_dataset`` skips tokenising and
building labels where these columns exist). With packing it lays several threads into one row and
gives the model ``position_ids`` that start anew with each; transformers 5 builds from them a mask
in which no thread sees another, with sdpa and eager attention too. Its loss is the sum over
targets divided by the number of targets of the whole update, over accumulation and ranks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from trl.trainer.sft_config import SFTConfig as TrlArguments
from trl.trainer.sft_trainer import SFTTrainer

from manyvoices.train.config_sft import SftConfig
from manyvoices.train.results import Progress
from manyvoices.train.sft.rows import Row, as_dataset
from manyvoices.train.trl_base import (
    House,
    MetricsCallback,
    in_float32,
    lora_config,
    quiet,
    training_arguments,
)

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


class ThreadTrainer(House, SFTTrainer):
    """TRL's trainer with this house's checkpoints, checks and evaluation."""


def thread_trainer(
    config: SftConfig,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    rows: Sequence[Row],
    *,
    in_order: bool = False,
    measure: Callable[[Any], Mapping[str, float]] | None,
    progress: Progress,
) -> ThreadTrainer:
    """The trainer, ready to `train`; with LoRA its model is the one with adapters.

    Args:
        in_order: `rows` are all epochs, one after the other, each shuffled already.
    """
    quiet()
    in_float32(model, config)
    arguments = training_arguments(
        config,
        TrlArguments,
        max_length=config.optim.max_length,
        packing=config.packing,
        packing_strategy="bfd",
        eval_packing=False,
        completion_only_loss=False,
        shuffle_dataset=config.packing,  # before packing: else always the same neighbours
        **({"train_sampling_strategy": "sequential", "num_train_epochs": 1.0} if in_order else {}),
    )
    trainer = ThreadTrainer(
        model=model,
        args=arguments,
        train_dataset=as_dataset(rows),
        eval_dataset=as_dataset([Row((0,), (0,))]) if config.eval_every else None,
        processing_class=tokenizer,
        peft_config=lora_config(config.model.lora),
        callbacks=[MetricsCallback(progress)],
    )
    trainer.measure = measure
    return trainer
