"""One run of the loop from its beginning or a checkpoint to its end; `fit` is the door to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from math import ceil
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import torch
from torch import nn

from manyvoices.train.checkpoints import Checkpoint, Checkpoints, publish
from manyvoices.train.config import RunConfig
from manyvoices.train.distributed import Place, is_sharded, of_all, spread, whole_weights
from manyvoices.train.errors import AlreadyTrained, EmptySplitError, NothingToResume
from manyvoices.train.metrics_log import MetricsLog
from manyvoices.train.model_files import ModelFiles
from manyvoices.train.random_states import forked, read_states, seed_all, write_states
from manyvoices.train.results import Progress, StepLog, silent
from manyvoices.train.run_state import read_state, versions, write_state
from manyvoices.train.updates import Step, Update, Updater

Batches: TypeAlias = Callable[[int, int, int], Iterable[Any]]
"""(epoch, rank, world) -> the micro-batches of that process in that epoch, in order. Must depend on
nothing else, or a resumed run sees other data: `manyvoices.train.order.Shuffled` is one."""

Evaluate: TypeAlias = Callable[[Any], Mapping[str, Any]]
"""The model, in evaluation mode and without gradients -> metrics; all processes call it."""


class Stateful(Protocol):
    """Anything else that must survive an interruption: a KL controller, running means."""

    def state_dict(self) -> Mapping[str, Any]: ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None: ...


@dataclass(frozen=True, slots=True)
class FitResult:
    """Where a run ended."""

    step: int
    model: Path
    """Folder that transformers loads: ``OUT/model``."""
    checkpoint: Path
    metrics: Mapping[str, Any]
    """Of the last update, and of the last evaluation with ``eval_`` in front."""


class Course:
    """One call of `fit`, in the order of its methods."""

    evaluate: Evaluate | None = None
    made_with: Mapping[str, Any]
    log: MetricsLog
    updater: Updater

    def __init__(
        self,
        model: nn.Module,
        batches: Batches,
        step: Step,
        config: RunConfig,
        files: ModelFiles,
        place: Place,
        extra: dict[str, Stateful],
        progress: Progress,
    ) -> None:
        self.model, self.batches, self.step, self.config = model, batches, step, config
        self.files, self.place, self.extra = files, place, extra
        self.progress: Progress = progress if place.writes else silent
        self.checkpoints = Checkpoints(config.out, config.keep, place)
        self.saved: Checkpoint | None = None
        self.epoch, self.position = 0, 0
        self.metrics: dict[str, Any] = {}

    # -- before -----------------------------------------------------------------------------

    def begin(self, resume: bool, steps_per_epoch: int | None) -> None:
        """Put the model in place, with the state of a checkpoint where there is one."""
        self.saved = self._found(resume)
        seed_all(self.config.seed + self.place.rank)
        if self.config.model.activation_checkpointing:
            _checkpoint_activations(self.model)
        if self.saved is not None:
            self.saved.refuse_others(self.made_with)
            self.files.load(self.saved.model)
        self.total = self._total(steps_per_epoch)
        dtype = self.config.model.dtype
        spread(self.model, self.place, dtype, shard=self.config.shard)
        self.updater = Updater(self.model, self.config.optim, self.total, self.place, dtype)
        after = self.saved.step if self.saved else 0
        self.log = MetricsLog(
            self.config.out,
            self.config.log,
            after=after,
            writes=self.place.writes,
            config=self.made_with["config"],
        )
        if self.saved is not None:
            self._restore(self.saved)

    def _found(self, resume: bool) -> Checkpoint | None:
        latest = self.checkpoints.latest()
        if resume and latest is None:
            raise NothingToResume(self.config.out)
        if latest is not None and not resume:
            raise AlreadyTrained(self.config.out, latest.step)
        return latest

    def _total(self, steps_per_epoch: int | None) -> int:
        optim = self.config.optim
        if optim.max_steps is not None:
            return optim.max_steps
        per_epoch = steps_per_epoch or self._counted()
        return max(1, ceil(per_epoch * (optim.epochs or 1.0)))

    def _counted(self) -> int:
        own = sum(1 for _ in self.batches(0, self.place.rank, self.place.world))
        most = max(of_all(own, self.place))
        if most == 0:
            raise EmptySplitError("the training data", "no batch comes of it", "give it examples")
        return ceil(most / self.config.optim.accumulate)

    # -- during -----------------------------------------------------------------------------

    def go(self) -> None:
        """Epoch after epoch until all updates are made."""
        while self.updater.step < self.total:
            self._epoch()
            if self.position == 0:
                raise EmptySplitError(
                    "the training data", f"no batch comes in epoch {self.epoch}", "check the data"
                )
            if self.updater.step < self.total:
                self.epoch, self.position = self.epoch + 1, 0
        # A run that was done before is measured again for its caller, and says nothing twice.
        done_before = self.saved is not None and self.saved.step == self.updater.step
        self._evaluated(tell=not done_before)
        self._save()

    def _epoch(self) -> None:
        rank, world = self.place.rank, self.place.world
        coming = iter(self.batches(self.epoch, rank, world))
        self._skip(coming)
        self.model.train()
        while self.updater.step < self.total:
            started = time.perf_counter()
            micro = list(islice(coming, self.config.optim.accumulate))
            update = self.updater.update(micro, self.step)
            if update is None:
                return
            self.position += 1
            self._tell(update, time.perf_counter() - started)
            self._now_and_then()

    def _skip(self, coming: Iterator[Any]) -> None:
        """Pass what was trained before the checkpoint; making batches may draw random numbers."""
        if self.position:
            with forked():
                for _ in islice(coming, self.position * self.config.optim.accumulate):
                    pass

    def _tell(self, update: Update, seconds: float) -> None:
        line = {
            "step": update.step,
            "epoch": self.epoch,
            "loss": update.loss,
            "lr": update.lr,
            "grad_norm": update.grad_norm,
            "tokens": update.tokens,
            **update.metrics,
            "seconds": round(seconds, 4),
        }
        self.metrics.update(line)
        self.log.write(line)
        numbers = {k: v for k, v in line.items() if isinstance(v, (int, float))}
        self.progress(StepLog("train", update.step, self.total, numbers))

    def _now_and_then(self) -> None:
        step, config = self.updater.step, self.config
        if step >= self.total:
            return
        if config.eval_every and step % config.eval_every == 0:
            self._evaluated()
        if config.save_every and step % config.save_every == 0:
            self._save()

    def _evaluated(self, *, tell: bool = True) -> None:
        if self.evaluate is None:
            return
        self.model.eval()
        with torch.no_grad(), forked():
            found = {f"eval_{k}": v for k, v in self.evaluate(self.model).items()}
        self.model.train()
        step = self.updater.step
        self.metrics.update(found)
        if not tell:
            return
        self.log.write({"step": step, "epoch": self.epoch, **found})
        numbers = {k: v for k, v in found.items() if isinstance(v, (int, float))}
        self.progress(StepLog("eval", step, self.total, numbers))

    # -- checkpoints ------------------------------------------------------------------------

    def _save(self) -> None:
        step = self.updater.step
        if self.saved is not None and self.saved.step == step:
            return
        self.saved = self.checkpoints.save(step, self._write)
        self.updater.last_checkpoint = self.log.last_checkpoint = self.saved.folder
        self.progress(StepLog("saved", step, self.total, text=str(self.saved.folder)))

    def _write(self, folder: Path) -> None:
        weights = whole_weights(self.model)
        state = self.updater.state_dict()
        write_states(folder / "state", self.place.rank)
        if not self.place.writes:
            return
        self.files.save(folder / "model", weights)
        extra = {name: thing.state_dict() for name, thing in self.extra.items()}
        facts = {
            "step": self.updater.step,
            "epoch": self.epoch,
            "position": self.position,
            "total": self.total,
            "sharded": is_sharded(self.model),
            "made_with": self.made_with,
            "versions": versions(),
            "metrics": self.metrics,
        }
        write_state(folder / "state", state, extra, facts)

    def _restore(self, saved: Checkpoint) -> None:
        facts = saved.facts()
        self.epoch, self.position = facts["epoch"], facts["position"]
        self.metrics = dict(facts["metrics"])
        state, extra = read_state(saved)
        self.updater.load_state_dict(state)
        self.updater.last_checkpoint = self.log.last_checkpoint = saved.folder
        for name, thing in self.extra.items():
            thing.load_state_dict(extra[name])
        read_states(saved.state, self.place.rank)

    # -- after ------------------------------------------------------------------------------

    def end(self) -> FitResult:
        """Put the trained model where people look for it."""
        assert self.saved is not None
        target = self.config.out / "model"
        if self.place.writes:
            publish(self.saved.model, target, self.saved.folder)
        of_all(None, self.place)
        return FitResult(self.updater.step, target, self.saved.folder, dict(self.metrics))


def _checkpoint_activations(model: Any) -> None:
    for name in ("activation_checkpointing_enable", "gradient_checkpointing_enable"):
        if (enable := getattr(model, name, None)) is not None:
            enable({"use_reentrant": False})
            break
    if hasattr(model, "config"):
        model.config.use_cache = False
