"""The kinds of run: which module trains them and which class their configuration is of.

Nothing here imports torch; `Kind.trainer` imports the trainer when it is wanted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from manyvoices.train.config import RunConfig
from manyvoices.train.results import RunResult


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of run."""

    name: str
    title: str
    """What comes out, for people."""
    module: str
    """Has ``run(config, *, resume, progress) -> RunResult``."""
    config: str
    """``module:Class`` of its configuration."""
    task: str
    """What the Hugging Face hub calls what the model does."""

    def config_class(self) -> type[RunConfig]:
        """The class that its configuration file is read as."""
        module, _, name = self.config.partition(":")
        found: type[RunConfig] = getattr(import_module(module), name)
        return found

    def trainer(self) -> Callable[..., RunResult]:
        """Its ``run``, which raises `MissingExtraError` where torch is needed and absent."""
        run: Any = import_module(self.module).run
        found: Callable[..., RunResult] = run
        return found


def _kind(name: str, title: str, module: str, config: str, task: str) -> Kind:
    here = "manyvoices.train"
    return Kind(name, title, f"{here}.{module}", f"{here}.{config}", task)


KINDS = {
    kind.name: kind
    for kind in (
        _kind("sft", "a fine-tuned model", "sft", "config_sft:SftConfig", "text-generation"),
        _kind(
            "reward", "a reward model", "reward", "config_reward:RewardConfig",
            "text-classification",
        ),
        _kind(
            "dpo", "a model tuned on preferences (DPO)", "dpo", "config_dpo:DpoConfig",
            "text-generation",
        ),
        _kind(
            "kto", "a model tuned on single verdicts (KTO)", "dpo", "config_dpo:KtoConfig",
            "text-generation",
        ),
        _kind("ppo", "a policy trained on a reward", "ppo", "config_ppo:PpoConfig",
              "text-generation"),
        _kind(
            "personal", "reward models that know the rater", "personal",
            "config_personal:PersonalConfig", "text-classification",
        ),
    )
}  # fmt: skip
"""By the name on the command line."""
