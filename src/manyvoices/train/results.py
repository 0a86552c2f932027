"""What a run says while it goes on, and what it leaves. Nothing here imports torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class StepLog:
    """One thing that happened."""

    kind: Literal["train", "eval", "saved", "note"]
    step: int
    """Updates of the weights so far."""
    total: int
    """Updates when the run will be done."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    text: str = ""
    """``saved``: the folder; ``note``: a sentence for the person."""


Progress: TypeAlias = Callable[[StepLog], None]
"""Is told what happens, on rank 0 alone."""


def silent(_log: StepLog) -> None:
    """The progress of who wants none."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run left."""

    out: Path
    """The folder of the configuration: checkpoints, ``metrics.jsonl``, ``model/``."""
    metrics: Mapping[str, object]
    """The last ones of training and evaluation, by name."""
    model: Path | None = None
    """Folder of the trained model, which transformers loads."""
