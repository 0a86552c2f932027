"""Reward models that know whose preferences they are, on frozen features.

In: rankings with their raters, features of the replies, and what the raters said of themselves.
Out: a pooled head and a personal one beside it, where people disagree, and rewards that are fair to
groups. NumPy and SciPy alone, but for features that a decoder gives.

From the bottom up: ``choices`` (what people said) -> ``laplace`` (the likelihood) -> ``fitting`` ->
``choosing`` (penalties and directions) -> ``lowrank`` (a head put to use) -> ``evaluate``,
``disagreement``, ``fairness`` -> ``whole``, ``judging`` -> ``training`` (a whole run), ``saved``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from manyvoices.train.results import Progress, RunResult, silent

if TYPE_CHECKING:
    from manyvoices.train.config_personal import PersonalConfig

__all__ = ["run"]


def run(config: PersonalConfig, *, resume: bool = False, progress: Progress = silent) -> RunResult:
    """See `manyvoices.train.personal.training.run`, which is imported when this is called."""
    from manyvoices.train.personal.training import run as run_whole

    return run_whole(config, resume=resume, progress=progress)
