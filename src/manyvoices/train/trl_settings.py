"""TRL's arguments for a configuration of ours, and what its trainers go through."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from math import ceil
from typing import Any, TypeVar

from manyvoices.schema.errors import MissingExtraError
from manyvoices.train.checkpoints import FOLDER
from manyvoices.train.config import OptimConfig, RunConfig
from manyvoices.train.distributed import here
from manyvoices.train.errors import DistributedError
from manyvoices.train.sampling import EpochSampler, Share

A = TypeVar("A")
R = TypeVar("R")


def need_trl() -> None:
    """Say which extra is missing, where it is.

    Raises:
        MissingExtraError: TRL is not installed.
    """
    try:
        import trl  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("training with TRL", "train") from error


def training_arguments(config: RunConfig, kind: Callable[..., A], **extra: Any) -> A:
    """TRL's arguments for `config`, with the defaults overridden that are meant for a GPU.

    TRL switches on bfloat16 and activation checkpointing unless it is told not to, and transformers
    hides losses that are not numbers (``logging_nan_inf_filter``) and reports to every service that
    happens to be installed.

    Raises:
        DistributedError: ``shard`` with several processes.
    """
    place = here()
    optim, cuda = config.optim, place.device.type == "cuda"
    if config.shard and place.world > 1:
        raise DistributedError(
            "shard: true is for this project's own loop (sft with trainer: tree, reward, ppo); "
            "TRL's trainers are sharded by accelerate: take it out, and start them with "
            "accelerate launch --config_file fsdp2.yaml -m manyvoices train ..."
        )
    settings: dict[str, Any] = {
        "output_dir": str(config.out / FOLDER),
        "per_device_train_batch_size": optim.batch_size,
        "per_device_eval_batch_size": optim.batch_size,
        "gradient_accumulation_steps": optim.accumulate,
        "max_steps": optim.max_steps or -1,
        "num_train_epochs": optim.epochs or 1.0,
        "learning_rate": optim.lr,
        "adam_beta1": optim.betas[0],
        "adam_beta2": optim.betas[1],
        "adam_epsilon": optim.eps,
        "weight_decay": optim.weight_decay,
        "max_grad_norm": optim.clip or 0.0,
        "lr_scheduler_type": _schedule(config),
        "warmup_steps": optim.warmup_steps,
        "bf16": cuda and config.model.dtype == "bfloat16",
        "activation_checkpointing": config.model.activation_checkpointing,
        "use_cpu": not cuda,
        "dataloader_pin_memory": cuda,
        "seed": config.seed,
        "data_seed": config.seed,
        "logging_strategy": "steps",
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        "save_strategy": "steps" if config.save_every else "no",
        "save_steps": config.save_every or 500,
        "eval_strategy": "steps" if config.eval_every else "no",
        "eval_steps": config.eval_every or None,
        "report_to": "none",
        "disable_tqdm": True,
    }
    return kind(**(settings | extra))


def _schedule(config: RunConfig) -> str:
    name = config.optim.schedule
    return "constant_with_warmup" if name == "constant" else name


def quiet() -> None:
    """No bars of other libraries' in the person's terminal: a run has one progress of its own."""
    import transformers.utils.logging as of_transformers

    of_transformers.disable_progress_bar()
    # TRL 1.16 asks for it by its old name in every forward pass of the reference.
    warnings.filterwarnings("ignore", message="`is_gradient_checkpointing` is deprecated")
    if find_spec("datasets") is not None:
        import datasets.utils.logging as of_datasets

        of_datasets.disable_progress_bar()


def mixed_epochs(
    rows: Sequence[R], sampler: EpochSampler, optim: OptimConfig, world: int, *, anew: bool = False
) -> list[R] | None:
    """All epochs one after the other, where each draws anew from several data sets; else None.

    TRL's trainers go through one list; what each epoch takes of it cannot change there.

    Args:
        anew: Also where every epoch takes everything: for trainers that do not shuffle.
    """
    if not anew and all(share == Share() for share in sampler.shares):
        return None
    per_epoch = ceil(len(sampler) / (optim.batch_size * optim.accumulate * world))
    epochs = ceil(optim.max_steps / per_epoch) if optim.max_steps else ceil(optim.epochs or 1)
    return [rows[i] for epoch in range(epochs) for i in sampler.indices(epoch)]


def in_float32(model: Any, config: RunConfig) -> None:
    """Keep trained weights in float32 whatever the dtype, as `distributed.spread` does.

    Steps of usual size vanish in bfloat16's eight bits. With LoRA the frozen weights stay as they
    are on a GPU; peft keeps the adapters in float32 by itself.
    """
    if config.model.lora is None or here().device.type != "cuda":
        model.float()
