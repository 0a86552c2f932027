"""How a model is written to a folder that transformers loads, and read back for going on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from torch import Tensor, nn

from manyvoices.train.errors import CheckpointUnreadable


class ModelFiles(Protocol):
    """Writes and reads what is trained; a trainer of several models brings its own."""

    def save(self, folder: Path, weights: Mapping[str, Tensor]) -> None:
        """Write the model into `folder`, which exists; called on rank 0 alone.

        Args:
            weights: ``model.state_dict()``, gathered where the model is sharded.
        """

    def load(self, folder: Path) -> None:
        """Put what `save` wrote into the model again; called on every rank, before sharding."""


class Pretrained:
    """The files of one transformers (or peft) model with its tokenizer."""

    def __init__(self, model: Any, tokenizer: Any = None) -> None:
        self.model, self.tokenizer = model, tokenizer

    def save(self, folder: Path, weights: Mapping[str, Tensor]) -> None:
        """As safetensors, with the configuration and the tokenizer."""
        with without_bars():
            self.model.save_pretrained(folder, state_dict=dict(weights))
        if self.tokenizer is not None:
            self.tokenizer.save_pretrained(folder)

    def load(self, folder: Path) -> None:
        """Weights alone: the model is there already.

        Raises:
            CheckpointUnreadable: Weights are missing, or are of another model.
        """
        if (folder / "adapter_config.json").exists():
            from peft import set_peft_model_state_dict

            set_peft_model_state_dict(self.model, read_weights(folder, "adapter_model"))
            return
        put_weights(self.model, read_weights(folder), folder)


@contextmanager
def without_bars() -> Iterator[None]:
    """transformers draws bars of its own on standard error, over those of the command line."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def read_weights(folder: Path, stem: str = "model") -> dict[str, Tensor]:
    """All tensors of ``STEM.safetensors`` or its numbered parts.

    Raises:
        CheckpointUnreadable: There are none, or they are damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    weights: dict[str, Tensor] = {}
    try:
        for path in sorted(folder.glob(f"{stem}*.safetensors")):
            weights.update(load_file(path))
    except (OSError, SafetensorError) as error:
        raise CheckpointUnreadable(folder, str(error)) from error
    if not weights:
        raise CheckpointUnreadable(folder, f"no {stem}*.safetensors in it")
    return weights


def put_weights(model: nn.Module, weights: Mapping[str, Tensor], folder: Path) -> None:
    """Load `weights`; only those that are tied to another may be absent.

    Raises:
        CheckpointUnreadable: Others are, or some do not belong.
    """
    try:
        missing, unknown = model.load_state_dict(weights, strict=False)
    except RuntimeError as error:
        raise CheckpointUnreadable(folder, str(error).split("\n")[0]) from error
    state = model.state_dict(keep_vars=True)
    loaded = {id(state[name]) for name in weights if name in state}
    lost = [name for name in missing if id(state[name]) not in loaded]
    if lost or unknown:
        found = f"weights {lost[:3]} are missing" if lost else f"{list(unknown)[:3]} do not belong"
        raise CheckpointUnreadable(folder, found)
