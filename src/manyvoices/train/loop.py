"""The loop that every trainer of ours runs: updates, evaluation, checkpoints, exact resume.

`fit` knows nothing of what is trained: batches come from a function of (epoch, rank, world), and
a step turns one into a sum of losses and a sum of weights. Equal configuration, data and number
of processes give equal weights, bit for bit on a CPU, whether or not the run was interrupted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from manyvoices.train.config import RunConfig, as_plain
from manyvoices.train.course import Batches, Course, Evaluate, FitResult, Stateful
from manyvoices.train.distributed import here
from manyvoices.train.model_files import ModelFiles, Pretrained
from manyvoices.train.results import Progress, silent
from manyvoices.train.updates import Step, StepResult

__all__ = [
    "Batches",
    "Evaluate",
    "FitResult",
    "ModelFiles",
    "Pretrained",
    "Stateful",
    "Step",
    "StepResult",
    "fit",
]


def fit(
    model: nn.Module,
    batches: Batches,
    step: Step,
    config: RunConfig,
    *,
    files: ModelFiles,
    resume: bool = False,
    evaluate: Evaluate | None = None,
    progress: Progress = silent,
    state: Mapping[str, Stateful] | None = None,
    identity: Mapping[str, Any] | None = None,
    steps_per_epoch: int | None = None,
) -> FitResult:
    """Train `model` in place.

    Args:
        step: Runs the model on a batch and gives the sum of losses and of weights; see
            `StepResult`. The gradient is that of their quotient over the global batch.
        files: How the model is written and read: ``Pretrained(model, tokenizer)``.
        resume: Go on from the last checkpoint in ``config.out``.
        evaluate: Called every ``eval_every`` updates and at the end; draws random numbers of its
            own, so that evaluating more often trains the same model.
        state: Further things to save and restore, by name.
        identity: What else must be equal when resuming: the hash of the data.
        steps_per_epoch: Updates per epoch; None walks the first epoch's batches to count them.

    Raises:
        AlreadyTrained, NothingToResume, ResumeRefused: What is in ``config.out`` does not fit.
        LossNotFinite: The loss became NaN; the last checkpoint is intact.
        CheckpointFailed: The disk is full; the last checkpoint is intact.
        EmptySplitError: There is no batch.
    """
    place = here()
    run = Course(model, batches, step, config, files, place, dict(state or {}), progress)
    run.evaluate = evaluate
    run.made_with = {
        "config": as_plain(config),
        "identity": dict(identity or {}),
        "world": place.world,
    }
    run.begin(resume, steps_per_epoch)
    try:
        run.go()
    finally:
        run.log.close()
    return run.end()
