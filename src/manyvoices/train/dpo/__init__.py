"""Preference training without a reward model: DPO on pairs, KTO on single replies.

In: ranked or scored replies of a release. Out: a folder that `AutoModelForCausalLM` loads. TRL's
trainers do the work; what they have no place for (margins, raters who disagree) is here. May
import what `manyvoices.train` may.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from manyvoices.train.results import Progress, RunResult, silent

if TYPE_CHECKING:
    from manyvoices.train.config_dpo import DpoConfig, KtoConfig

__all__ = ["run"]


def run(
    config: DpoConfig | KtoConfig, *, resume: bool = False, progress: Progress = silent
) -> RunResult:
    """Train as `config` says; ``OUT/model`` is the result.

    Raises:
        MissingExtraError: torch, TRL or peft is needed and not installed.
        NoPairsError: Nobody preferred anything, or all that is left are ties.
        TrainingError: The data, the model or the folder cannot be used; says why.
    """
    from manyvoices.train.models import need_torch

    need_torch()
    from manyvoices.train.dpo.running import run_preferences

    return run_preferences(config, resume=resume, progress=progress)
