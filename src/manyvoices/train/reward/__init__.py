"""Reward models: a decoder with a linear head, trained on orders of replies, a tree at a time.

In: groups of ranked replies (`manyvoices.train.views`). Out: a folder that
``AutoModelForSequenceClassification`` loads, with its metrics. `packing` lays trees out,
`attention` masks them, `losses` compares, `metrics` judges; `run` is ``manyvoices train reward``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from manyvoices.train.config_reward import RewardConfig
    from manyvoices.train.results import Progress, RunResult


def run(
    config: RewardConfig, *, resume: bool = False, progress: Progress | None = None
) -> RunResult:
    """Train a reward model and judge it on what was held out; see `running.run`."""
    from manyvoices.train.models import need_torch

    need_torch()
    from manyvoices.train.results import silent
    from manyvoices.train.reward.running import run as go

    return go(config, resume=resume, progress=progress or silent)
