"""Low-rank adapters (peft), and the folder of a causal language model with or without them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError

from manyvoices.schema.errors import MissingExtraError
from manyvoices.train.checkpoints import publish
from manyvoices.train.config import LoraConfig, RunConfig
from manyvoices.train.distributed import is_sharded
from manyvoices.train.errors import CheckpointFailed

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def lora_config(config: LoraConfig | None) -> Any:
    """peft's configuration, or None.

    Raises:
        MissingExtraError: peft is not installed.
    """
    if config is None:
        return None
    try:
        from peft import LoraConfig as PeftLora
    except ImportError as error:
        raise MissingExtraError("LoRA (peft)", "train") from error
    targets = config.targets if isinstance(config.targets, str) else list(config.targets)
    return PeftLora(
        task_type="CAUSAL_LM",
        r=config.r,
        lora_alpha=config.alpha,  # type: ignore[arg-type]
        lora_dropout=config.dropout,
        target_modules=targets,
    )


def keep_base(config: RunConfig, model: Any, tokenizer: Any) -> None:
    """Save the model that adapters will belong to, where no folder or hub holds it as it is.

    That is a random one, or one whose vocabulary the format's control tokens made larger. What
    peft writes beside the adapters then names ``OUT/base``.
    """
    from transformers import AutoConfig

    place = config.model.path or config.model.hub
    if place is not None:
        there = AutoConfig.from_pretrained(str(place))
        if there.get_text_config().vocab_size == model.config.get_text_config().vocab_size:
            return
    base = (config.out / "base").resolve()
    if not base.exists():
        model.save_pretrained(str(base))
        tokenizer.save_pretrained(str(base))
    model.name_or_path = str(base)


def save_model(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path, *, merge: bool
) -> PreTrainedModel:
    """Write what `AutoModelForCausalLM.from_pretrained` loads, with the tokenizer beside it.

    TRL binds a forward of its own to the model (``add_fused_lm_head``); it is not saved.

    Args:
        merge: Add LoRA's adapters to the weights; otherwise the folder holds the adapters, and
            names the model that they belong to.

    Returns:
        The model that was saved: after merging another one than `model`.
    """
    saved: Any = model
    if merge:
        saved = saved.merge_and_unload()
    saved.save_pretrained(str(folder))
    tokenizer.save_pretrained(str(folder))
    return saved  # type: ignore[no-any-return]


def whole_model(model: PreTrainedModel, folder: Path, device: Any) -> PreTrainedModel:
    """`model`, or where processes share its weights the copy that `fit` saved in `folder`: what
    one of them holds can neither be saved nor run by it alone."""
    if not is_sharded(model):
        return model
    from peft import AutoPeftModelForCausalLM
    from transformers import AutoModelForCausalLM

    adapters = (folder / "adapter_config.json").exists()
    saved: Any = AutoPeftModelForCausalLM if adapters else AutoModelForCausalLM
    return saved.from_pretrained(str(folder)).to(device)  # type: ignore[no-any-return]


def publish_model(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path, *, merge: bool
) -> PreTrainedModel:
    """`save_model` into a folder that is whole or not there.

    Raises:
        CheckpointFailed: It could not be written.
    """
    partial = folder.parent / ".writing-saved"
    shutil.rmtree(partial, ignore_errors=True)
    try:
        saved = save_model(model, tokenizer, partial, merge=merge)
        publish(partial, folder, None)
    except (OSError, SafetensorError) as error:
        raise CheckpointFailed(str(folder), error, None) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return saved
