"""The files in the folder ``state/`` of a checkpoint, written by rank 0."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from manyvoices.train.checkpoints import FACTS, Checkpoint
from manyvoices.train.errors import CheckpointUnreadable

FILE = "optimizer.pt"


def write_state(
    folder: Path, optimizer: Any, extra: Mapping[str, Any], facts: Mapping[str, Any]
) -> None:
    """Optimizer and further states as tensors, facts as JSON that a person can read."""
    torch.save({"optimizer": optimizer, "extra": dict(extra)}, folder / FILE)
    text = json.dumps(facts, indent=2, ensure_ascii=False, default=str)
    (folder / FACTS).write_text(text + "\n", encoding="utf-8")


def read_state(saved: Checkpoint) -> tuple[Any, Mapping[str, Any]]:
    """The optimizer's state and the further ones.

    Raises:
        CheckpointUnreadable: The file is missing or damaged.
    """
    try:
        state = torch.load(saved.state / FILE, weights_only=True, map_location="cpu")
    except Exception as error:  # torch.load raises whatever the bytes make it raise
        raise CheckpointUnreadable(saved.folder, str(error).split("\n")[0]) from error
    return state["optimizer"], state["extra"]


def versions() -> dict[str, str]:
    """What the run ran on."""
    return {name: _version(name) for name in ("manyvoices", "torch", "transformers", "peft", "trl")}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
