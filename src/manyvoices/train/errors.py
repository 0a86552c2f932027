"""The errors that only training knows, each with its own name.

ManyvoicesError
└── TrainingError                what was given cannot be trained on, or with
    ├── NoRankingsError          the data holds no ranked replies
    ├── OneReplyError            a group of replies has nothing to compare its only reply with
    ├── EmptySplitError          a side of a split, or a view, holds nothing
    ├── NotAllowedError          consent or simulation forbids training on it
    ├── ModelFolderError         the folder of a model is missing or holds no model
    ├── TokenizerError           the tokenizer lacks what training needs
    ├── LossNotFinite            the loss or its gradient became NaN or infinite
    ├── CheckpointFailed         a checkpoint or a line of metrics could not be written
    ├── CheckpointUnreadable     a checkpoint is there, and cannot be read
    ├── NothingToResume          there is no checkpoint to go on from
    ├── AlreadyTrained           the folder holds a run, and nobody said to go on with it
    ├── ResumeRefused            the checkpoint is of another configuration
    ├── LoggerMissing            a logger is named and not installed
    └── DistributedError         the processes of a run do not fit together

A configuration file's faults are `ConfigError`, an `InputError`, beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from manyvoices.schema.errors import InputError, ManyvoicesError


class ConfigError(InputError):
    """A configuration of a run cannot be used; carries every fault, with file, line and field."""


class TrainingError(ManyvoicesError):
    """What was given cannot be trained on, or with."""


class NoRankingsError(TrainingError):
    """The data holds no ranked replies."""

    def __init__(self, where: str, n_threads: int) -> None:
        self.where, self.n_threads = where, n_threads
        super().__init__(
            f"{where} holds {n_threads} threads but no replies that were ranked or scored, and a "
            "reward model needs at least two replies to one message with different places; use "
            "sft, or a release in which people ranked"
        )


class OneReplyError(TrainingError):
    """A group with one reply compares nothing."""

    def __init__(self, tree_id: str, n_replies: int) -> None:
        self.tree_id, self.n_replies = tree_id, n_replies
        super().__init__(
            f"a group of replies in tree {tree_id} has {n_replies} of them, expected at least two: "
            "leave such groups out (read_views does, and counts them)"
        )


class EmptySplitError(TrainingError):
    """A side of a split, or a view that is asked for, holds nothing."""

    def __init__(self, side: str, found: str, remedy: str) -> None:
        self.side = side
        super().__init__(f"{side} is empty: {found}; {remedy}")


class NotAllowedError(TrainingError):
    """Consent, or the mark of a simulation, forbids training on these rows."""


class ModelFolderError(TrainingError):
    """The folder of a model is missing, or holds no model that transformers reads."""


class TokenizerError(TrainingError):
    """The tokenizer lacks what training needs, or disagrees with the model."""


class LossNotFinite(TrainingError):
    """The loss or its gradient became NaN or infinite; the weights were not updated with it."""

    def __init__(
        self, step: int, what: str, ids: Sequence[str], last: Path | None, lr: float
    ) -> None:
        self.step, self.ids, self.last = step, tuple(ids), last
        batch = f" (batch: {', '.join(self.ids[:8])})" if self.ids else ""
        kept = f"; the last checkpoint, {last}, is intact" if last else "; no checkpoint yet"
        super().__init__(
            f"{what} in update {step}{batch} at learning rate {lr:g}{kept}. Usual reasons: the "
            "learning rate is too high, warm-up is too short, or clip is off; lower optim.lr and "
            "start again, or look at the named examples"
        )


class CheckpointFailed(TrainingError):
    """Something could not be written; what was written before is untouched."""

    def __init__(self, what: str, error: BaseException | str, last: Path | None) -> None:
        self.last = last
        kept = f"The last checkpoint, {last}, is intact" if last else "No checkpoint was made yet"
        super().__init__(
            f"{what} could not be written: {error}. {kept}. Make room (or lower keep), then go "
            "on with --resume"
            if last
            else f"{what} could not be written: {error}. {kept}. Make room, then start again"
        )


class CheckpointUnreadable(TrainingError):
    """A checkpoint is there, and cannot be read."""

    def __init__(self, folder: Path, why: str) -> None:
        self.folder = folder
        super().__init__(
            f"the checkpoint {folder} cannot be read: {why}. Remove that folder to go on from the "
            "one before it, or start again in another folder"
        )


class NothingToResume(TrainingError):
    """There is no checkpoint to go on from."""

    def __init__(self, out: Path) -> None:
        self.out = out
        super().__init__(
            f"{out} holds no checkpoint to resume; start the run without --resume, or give the "
            "configuration whose out is the folder of the interrupted run"
        )


class AlreadyTrained(TrainingError):
    """The folder holds a run already."""

    def __init__(self, out: Path, step: int) -> None:
        self.out, self.step = out, step
        super().__init__(
            f"{out} already holds a run with a checkpoint of step {step}: --resume goes on with "
            "it; for a new run choose another out, or remove the folder"
        )


class ResumeRefused(TrainingError):
    """The checkpoint is of another configuration."""

    def __init__(self, folder: Path, differing: Mapping[str, tuple[Any, Any]]) -> None:
        self.differing = dict(differing)
        lines = [f"  {name}: {old!r} then, {new!r} now" for name, (old, new) in differing.items()]
        super().__init__(
            f"{folder} was made with other settings, so that going on would be neither run:\n"
            + "\n".join(lines)
            + "\nPut these back, or start a new run in another out"
        )


class LoggerMissing(TrainingError):
    """A logger is named in ``log`` and not installed."""

    def __init__(self, name: str, why: str) -> None:
        self.name = name
        super().__init__(
            f"log names {name}, which does not work here ({why}): pip install {name}, or take it "
            "out of log; metrics.jsonl is written in any case"
        )


class DistributedError(TrainingError):
    """The processes of a run do not fit together, or with the batches."""
