"""Metrics of a run: one JSON object per line, and TensorBoard or Weights & Biases where wanted."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from manyvoices.train.errors import CheckpointFailed, LoggerMissing

FILE = "metrics.jsonl"


class MetricsLog:
    """Writes ``metrics.jsonl`` in the folder of a run, a line at once, and tells the loggers.

    Training lines hold step, epoch, loss, lr, grad_norm, tokens, seconds and the step's own
    metrics; evaluation lines hold step, epoch and the evaluation's, each with ``eval_`` in front.
    Numbers that JSON cannot hold (NaN) become null.

    Args:
        after: Lines of later steps are dropped: the run goes on from there.
        writes: False on all ranks but the first, where everything here does nothing.

    Raises:
        LoggerMissing: A name in `log` does not work here.
    """

    def __init__(
        self,
        out: Path,
        log: Iterable[str] = (),
        *,
        after: int = 0,
        writes: bool = True,
        config: Mapping[str, Any] | None = None,
    ) -> None:
        self.path = out / FILE
        self.last_checkpoint: Path | None = None
        self._loggers: list[Any] = []
        self._file: Any = None
        if not writes:
            return
        self._loggers = [_LOGGERS[name](out, config or {}) for name in log]
        out.mkdir(parents=True, exist_ok=True)
        self._keep_until(after)
        self._file = self.path.open("a", encoding="utf-8")

    def write(self, line: Mapping[str, Any]) -> None:
        """Add one line; `line` has ``step``.

        Raises:
            CheckpointFailed: The disk is full, for instance.
        """
        if self._file is None:
            return
        plain = {name: _plain(value) for name, value in line.items()}
        try:
            self._file.write(json.dumps(plain, ensure_ascii=False) + "\n")
            self._file.flush()
        except OSError as error:
            raise CheckpointFailed(str(self.path), error, self.last_checkpoint) from error
        for logger in self._loggers:
            logger.write(plain)

    def close(self) -> None:
        """Close the file and the loggers."""
        if self._file is not None:
            self._file.close()
            self._file = None
        for logger in self._loggers:
            logger.close()
        self._loggers = []

    def _keep_until(self, step: int) -> None:
        if not self.path.exists():
            return
        kept = [line for line in read_metrics(self.path) if line.get("step", 0) <= step]
        partial = self.path.with_suffix(".tmp")
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in kept)
        partial.write_text(text, encoding="utf-8")
        partial.replace(self.path)


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """The lines of a ``metrics.jsonl``; a last line that was cut off by a crash is left out."""
    lines: list[dict[str, Any]] = []
    for text in path.read_text(encoding="utf-8").splitlines():
        try:
            lines.append(json.loads(text))
        except json.JSONDecodeError:
            break
    return lines


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


class _TensorBoard:
    def __init__(self, out: Path, _config: Mapping[str, Any]) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise LoggerMissing("tensorboard", str(error)) from error
        self._writer: Any = SummaryWriter(str(out / "tensorboard"))

    def write(self, line: Mapping[str, Any]) -> None:
        for name, value in line.items():
            if name != "step" and isinstance(value, (int, float)):
                self._writer.add_scalar(name, value, line["step"])

    def close(self) -> None:
        self._writer.close()


class _Wandb:
    def __init__(self, out: Path, config: Mapping[str, Any]) -> None:
        try:
            wandb = import_module("wandb")
        except ImportError as error:
            raise LoggerMissing("wandb", str(error)) from error
        self._run: Any = wandb.init(project="manyvoices", dir=str(out), config=dict(config))

    def write(self, line: Mapping[str, Any]) -> None:
        self._run.log({k: v for k, v in line.items() if k != "step"}, step=line["step"])

    def close(self) -> None:
        self._run.finish()


_LOGGERS: dict[str, Any] = {"tensorboard": _TensorBoard, "wandb": _Wandb}
