"""What our runs of TRL's trainers share: arguments, checkpoints, metrics and the saved model.

TRL 1.16 is made for GPUs and for runs that somebody watches. On top of its trainers, `House` gives
what every run of ours has: a checkpoint is complete or not there, a loss that is not a number ends
the run with a name, evaluation is one exact mean instead of a mean of batches' means, and figures
go to ``metrics.jsonl``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from transformers import PrinterCallback, ProgressCallback, TrainerCallback
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

from manyvoices.train.adapters import keep_base, lora_config, publish_model, save_model
from manyvoices.train.checkpoints import FACTS, Checkpoint, Checkpoints
from manyvoices.train.config import RunConfig, as_plain
from manyvoices.train.distributed import here, of_all
from manyvoices.train.errors import AlreadyTrained, LossNotFinite, NothingToResume
from manyvoices.train.metrics_log import MetricsLog
from manyvoices.train.results import Progress, StepLog
from manyvoices.train.run_state import versions
from manyvoices.train.trl_settings import (
    in_float32,
    mixed_epochs,
    need_trl,
    quiet,
    training_arguments,
)

__all__ = [
    "House",
    "MetricsCallback",
    "Write",
    "in_float32",
    "keep_base",
    "lora_config",
    "mixed_epochs",
    "need_trl",
    "publish_model",
    "quiet",
    "save_model",
    "to_resume",
    "train",
    "training_arguments",
]

Write = Callable[[Mapping[str, Any]], None]
"""Takes one line of ``metrics.jsonl``."""


class House:
    """Mixed into a TRL trainer, before it in the bases; set `measure` after construction."""

    measure: Callable[[Any], Mapping[str, float]] | None = None
    """Takes the model as it is wrapped for training, returns figures on the held-out side."""
    checkpoints: Checkpoints
    """Where they go: the same folders as those of `manyvoices.train.loop.fit`, except that what
    TRL goes on from (optimizer, schedule, order, random states) is in ``model/`` too."""
    made_with: Mapping[str, Any]
    """What a resumed run must share: configuration, data and number of processes."""
    saved: Checkpoint | None = None
    """The newest one."""
    into: Path | None = None
    judged: int | None = None
    """Update of the last evaluation."""

    def create_model_card(self, *_: Any, **__: Any) -> None:
        """Not TRL's: a run has one card, of ours."""

    def training_step(self, *args: Any, **kwargs: Any) -> Any:
        """One forward and backward pass.

        Raises:
            LossNotFinite: Before the optimizer moves.
        """
        loss = super().training_step(*args, **kwargs)  # type: ignore[misc]
        if not math.isfinite(value := loss.detach().float().item()):
            trainer: Any = self
            last = self.saved.folder if self.saved else None
            rate = trainer.lr_scheduler.get_last_lr()[0]
            raise LossNotFinite(
                trainer.state.global_step + 1, f"the loss is {value}", (), last, rate
            )
        return loss

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Figures of `measure`, as the trainer's own evaluation would report them."""
        trainer: Any = self
        step = trainer.state.global_step
        if self.measure is None or self.judged == step:
            return {}
        self.judged = step
        was_training = trainer.model.training
        trainer.model.eval()
        try:
            figures = {f"eval_{name}": v for name, v in self.measure(trainer.model_wrapped).items()}
        finally:
            trainer.model.train(was_training)
        trainer.control = trainer.callback_handler.on_evaluate(
            trainer.args, trainer.state, trainer.control, figures
        )
        return figures

    def _get_output_dir(self, trial: Any) -> str:
        return str(self.into or super()._get_output_dir(trial))  # type: ignore[misc]

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Written beside, then renamed: a checkpoint that is there is whole.

        Raises:
            CheckpointFailed: The disk is full, or may not be written to; those before are intact.
        """
        trainer: Any = self
        place, step = here(), trainer.state.global_step

        def write(partial: Path) -> None:
            self.into = partial
            super(House, self)._save_checkpoint(model, trial)  # type: ignore[misc]
            of_all(None, place)  # every rank has written its random state
            if place.writes:
                (partial / "model").rmdir()
                (partial / f"{PREFIX_CHECKPOINT_DIR}-{step}").rename(partial / "model")
                facts = {"step": step, "made_with": dict(self.made_with), "versions": versions()}
                text = json.dumps(facts, indent=1, default=str)
                (partial / "state" / FACTS).write_text(text, encoding="utf-8")

        try:
            self.saved = self.checkpoints.save(step, write)
        finally:
            self.into = None


class MetricsCallback(TrainerCallback):
    """Hands what a trainer logs to `write` and `progress`, as numbers, on the first rank alone.

    transformers calls the events with (arguments, state, control), and more by name.
    """

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.write: Write = lambda _line: None

    def on_log(self, *given: Any, **told: Any) -> None:
        """One line per update and one at the end."""
        self._tell("train", given[1], told.get("logs") or {})

    def on_evaluate(self, *given: Any, **told: Any) -> None:
        """One line per evaluation."""
        self._tell("eval", given[1], told.get("metrics") or {})

    def on_save(self, *given: Any, **_told: Any) -> None:
        """Where the checkpoint is."""
        arguments, state = given[:2]
        if state.is_world_process_zero:
            folder = Path(arguments.output_dir) / f"step-{state.global_step:08d}"
            self.progress(StepLog("saved", state.global_step, state.max_steps, text=str(folder)))

    def _tell(self, kind: Literal["train", "eval"], state: Any, found: Mapping[str, Any]) -> None:
        if not state.is_world_process_zero:
            return
        numbers = {NAMES.get(n, n): float(v) for n, v in found.items() if _is_number(v)}
        self.write({"step": state.global_step, **numbers})
        self.progress(StepLog(kind, state.global_step, state.max_steps, numbers))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


NAMES = {"learning_rate": "lr", "mean_token_accuracy": "token_accuracy", "num_tokens": "tokens"}
"""What TRL calls what all our runs report."""


def train(
    trainer: Any, config: RunConfig, identity: Mapping[str, Any], *, resume: bool
) -> dict[str, Any]:
    """Train to the end, from the last checkpoint on if `resume`; what was logged last.

    Args:
        trainer: A `House`, with a `MetricsCallback`.

    Raises:
        AlreadyTrained, NothingToResume, ResumeRefused: What is in ``config.out`` does not fit.
        LossNotFinite, CheckpointFailed: See `House`.
    """
    place = here()
    trainer.made_with = {
        "config": as_plain(config),
        "identity": dict(identity),
        "world": place.world,
    }
    trainer.checkpoints = Checkpoints(config.out, config.keep, place)
    last = trainer.saved = to_resume(trainer.checkpoints, config.out, resume=resume)
    if last is not None:
        last.refuse_others(trainer.made_with)
    log = MetricsLog(
        config.out,
        config.log,
        after=last.step if last else 0,
        writes=place.writes,
        config=trainer.made_with["config"],
    )
    metrics: dict[str, Any] = {}
    callback = next(c for c in trainer.callback_handler.callbacks if type(c) is MetricsCallback)

    def write(line: Mapping[str, Any]) -> None:
        metrics.update(line)
        log.last_checkpoint = trainer.saved.folder if trainer.saved else None
        log.write(line)

    callback.write = write
    for printer in (PrinterCallback, ProgressCallback):
        trainer.remove_callback(printer)
    try:
        trainer.train(resume_from_checkpoint=str(last.model) if last else None)
        trainer.evaluate()
        if trainer.saved is None or trainer.saved.step != trainer.state.global_step:
            trainer._save_checkpoint(trainer.model, None)
    finally:
        log.close()
    return metrics


def to_resume(saved: Checkpoints, out: Path, *, resume: bool) -> Checkpoint | None:
    """The checkpoint that a run goes on from.

    Raises:
        NothingToResume: `resume`, and there is none.
        AlreadyTrained: Not `resume`, and there is one.
    """
    last = saved.latest()
    if resume and last is None:
        raise NothingToResume(out)
    if not resume and last is not None:
        raise AlreadyTrained(out, last.step)
    return last
