"""The model, the tokenizer and the format that a run starts from."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from manyvoices.schema.errors import MissingExtraError
from manyvoices.train.config import ModelConfig
from manyvoices.train.errors import ModelFolderError, TokenizerError
from manyvoices.train.templates import MessageFormat

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def need_torch() -> None:
    """Say which extra is missing, where it is.

    Raises:
        MissingExtraError: torch or transformers is not installed.
    """
    try:
        import torch  # noqa: F401
        import transformers  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("training", "train") from error


def load_model(
    config: ModelConfig, texts: Iterable[str] = ()
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase, MessageFormat]:
    """The causal language model of `config`, ready for its format.

    LoRA adapters and activation checkpointing are the trainers' to switch on.

    Args:
        texts: What the tokenizer of a tiny model is trained on; real models bring their own.

    Raises:
        ModelFolderError: There is no such folder, or transformers finds no model in it.
        TokenizerError: The tokenizer and the model disagree.
    """
    need_torch()
    tokenizer, format = load_tokenizer(config, texts)
    model = _tiny(config) if config.tiny is not None else _pretrained(config)
    format.prepare(tokenizer, model)
    return model, tokenizer, format


def load_tokenizer(
    config: ModelConfig, texts: Iterable[str] = ()
) -> tuple[PreTrainedTokenizerBase, MessageFormat]:
    """The tokenizer alone, with the format's control tokens and a pad token that is not eos."""
    need_torch()
    from manyvoices.train.tiny import tiny_tokenizer

    format = MessageFormat.named(config.format)
    if config.tiny is not None:
        tokenizer: Any = tiny_tokenizer(texts, config.tiny.vocab)
    else:
        tokenizer = _pretrained_tokenizer(config)
    if not tokenizer.is_fast:
        raise TokenizerError(
            f"the tokenizer in {_place(config)} is a slow one, and masks need a fast one's offsets;"
            " save it once with transformers' AutoTokenizer(..., use_fast=True)"
        )
    format.prepare(tokenizer)
    return tokenizer, format


def dtype_of(config: ModelConfig) -> Any:
    """The torch dtype that `config` names."""
    import torch

    return {"float32": torch.float32, "bfloat16": torch.bfloat16}[config.dtype]


def _tiny(config: ModelConfig) -> Any:
    from manyvoices.train.tiny import tiny_model

    assert config.tiny is not None
    tiny = config.tiny
    model = tiny_model(tiny.family, tiny.hidden, tiny.layers, tiny.heads, tiny.vocab, tiny.seed)
    if config.attention:
        model.set_attn_implementation(config.attention)
    return model.to(dtype_of(config))


def _place(config: ModelConfig) -> str:
    return str(config.hub if config.path is None else config.path)


def _pretrained(config: ModelConfig) -> Any:
    from transformers import AutoModelForCausalLM

    place = checked_place(config)
    extra = {"attn_implementation": config.attention} if config.attention else {}
    try:
        return AutoModelForCausalLM.from_pretrained(place, dtype=dtype_of(config), **extra)
    except (OSError, ValueError, KeyError) as error:
        raise ModelFolderError(f"no causal language model in {place}: {_first(error)}") from error


def _pretrained_tokenizer(config: ModelConfig) -> Any:
    from transformers import AutoTokenizer

    place = checked_place(config)
    try:
        return AutoTokenizer.from_pretrained(place)
    except (OSError, ValueError, KeyError) as error:
        raise ModelFolderError(f"no tokenizer in {place}: {_first(error)}") from error


def checked_place(config: ModelConfig) -> str:
    """What `from_pretrained` is given: the folder, which exists, or a name on the hub.

    Raises:
        ModelFolderError: No such folder, or one without ``config.json``.
    """
    if config.path is None:
        return str(config.hub)
    path = Path(config.path)
    if not path.is_dir():
        raise ModelFolderError(
            f"there is no folder {path}; model.path is a folder with config.json, weights and "
            "tokenizer (for a model on the hub use model.hub, for a random one model.tiny)"
        )
    if not (path / "config.json").exists():
        held = ", ".join(sorted(p.name for p in path.iterdir())[:6]) or "nothing"
        raise ModelFolderError(f"{path} holds no config.json, so it is no model; found {held}")
    return str(path)


def _first(error: Exception) -> str:
    return str(error).strip().split("\n")[0]
