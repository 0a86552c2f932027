"""PPO: a policy learns what is paid, and is held to the model that it started from.

In: prompts of a release, a model, and a reward (our reward model, or any function). Out: a folder
that `AutoModelForCausalLM` loads. Own code, read in this order: `returns` (scores to advantages),
`losses`, `kl`, `actors`, `rewards`, `generation`, `rollouts` (rows and batches), `rounds` (how a
round is made), `stepping` (how it is trained on), `training` (the run). May import what
`manyvoices.train` may, and `manyvoices.llm` for servers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from manyvoices.train.results import Progress, RunResult, silent

if TYPE_CHECKING:
    from manyvoices.train.config_ppo import PpoConfig

__all__ = ["run"]


def run(config: PpoConfig, *, resume: bool = False, progress: Progress = silent) -> RunResult:
    """Train as `config` says, by our PPO or by TRL's GRPO or RLOO; ``OUT/model`` is the result.

    Raises:
        MissingExtraError: torch, TRL or peft is needed and not installed.
        TrainingError: The data, a model, the reward or the folder cannot be used, or the policy
            ran away; says why.
    """
    from manyvoices.train.models import need_torch

    need_torch()
    if config.algorithm == "ppo":
        from manyvoices.train.ppo.training import run_ppo

        return run_ppo(config, resume=resume, progress=progress)
    from manyvoices.train.rl_trl import run_trl

    return run_trl(config, resume=resume, progress=progress)
