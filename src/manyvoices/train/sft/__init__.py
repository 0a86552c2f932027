"""Supervised fine-tuning: a base model learns to answer as the assistant does.

In: threads or trees of a release. Out: a folder that `AutoModelForCausalLM` loads, what was held
out measured on it, and a few replies to look at. May import what `manyvoices.train` may.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from manyvoices.train.results import Progress, RunResult, silent

if TYPE_CHECKING:
    from manyvoices.train.config_sft import SftConfig

__all__ = ["run"]


def run(config: SftConfig, *, resume: bool = False, progress: Progress = silent) -> RunResult:
    """Train as `config` says; ``OUT/model`` is the result.

    Raises:
        MissingExtraError: torch, TRL or peft is needed and not installed.
        TrainingError: The data, the model or the folder cannot be used; says why.
    """
    from manyvoices.train.models import need_torch

    need_torch()
    from manyvoices.train.sft.running import run_sft

    return run_sft(config, resume=resume, progress=progress)
