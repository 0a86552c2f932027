"""Metrics as lines of JSON, and loggers that are named but not there."""

from __future__ import annotations

import json
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from manyvoices.train.errors import CheckpointFailed, LoggerMissing
from manyvoices.train.metrics_log import MetricsLog, read_metrics


def test_each_line_is_one_object_and_is_there_at_once(tmp_path: Path) -> None:
    log = MetricsLog(tmp_path)
    log.write({"step": 1, "loss": 2.5})
    assert (tmp_path / "metrics.jsonl").read_text() == '{"step": 1, "loss": 2.5}\n'
    log.close()


def test_what_json_cannot_hold_is_null(tmp_path: Path) -> None:
    log = MetricsLog(tmp_path)
    log.write({"step": 1, "eval_tau": float("nan")})
    log.close()
    assert json.loads((tmp_path / "metrics.jsonl").read_text()) == {"step": 1, "eval_tau": None}


def test_going_on_drops_the_lines_after_the_checkpoint_and_what_was_cut_off(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_text('{"step": 1}\n{"step": 2}\n{"step": 3}\n{"step": 4, "l')
    MetricsLog(tmp_path, after=2).close()
    assert read_metrics(tmp_path / "metrics.jsonl") == [{"step": 1}, {"step": 2}]


def test_other_ranks_write_nothing(tmp_path: Path) -> None:
    log = MetricsLog(tmp_path / "none", writes=False)
    log.write({"step": 1})
    log.close()
    assert not (tmp_path / "none").exists()


def test_a_full_disk_is_told_with_the_last_checkpoint(tmp_path: Path) -> None:
    class Full:
        def write(self, text: str) -> None:
            raise OSError(28, "No space left on device")

        def close(self) -> None: ...

    log = MetricsLog(tmp_path)
    log.close()
    log._file, log.last_checkpoint = Full(), tmp_path / "step-3"
    with pytest.raises(CheckpointFailed, match=r"metrics.jsonl could not be written.*step-3, is"):
        log.write({"step": 4})


@pytest.mark.parametrize("name", ["tensorboard", "wandb"])
def test_a_logger_that_is_not_installed_is_named(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(LoggerMissing, match=f"pip install {name}, or take it out of log"):
        MetricsLog(tmp_path, [name])


def test_wandb_is_told_the_same_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for the library: it is not installed here, and its server is elsewhere."""
    told: list[Any] = []
    run = types.SimpleNamespace(
        log=lambda line, step: told.append((step, line)), finish=lambda: told.append("done")
    )
    fake = types.ModuleType("wandb")
    fake.init = lambda **facts: told.append(facts["config"]) or run  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "wandb", fake)
    log = MetricsLog(tmp_path, ["wandb"], config={"seed": 1})
    log.write({"step": 3, "loss": 0.5})
    log.close()
    assert told == [{"seed": 1}, (3, {"loss": 0.5}), "done"]


def test_tensorboard_is_told_the_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in, for the same reason."""
    told: list[Any] = []

    class SummaryWriter:
        def __init__(self, folder: str) -> None:
            told.append(Path(folder).name)

        def add_scalar(self, name: str, value: float, step: int) -> None:
            told.append((name, value, step))

        def close(self) -> None: ...

    fake = types.ModuleType("torch.utils.tensorboard")
    fake.SummaryWriter = SummaryWriter  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", fake)
    log = MetricsLog(tmp_path, ["tensorboard"])
    log.write({"step": 3, "loss": 0.5, "note": "text", "nothing": None})
    log.close()
    assert told == ["tensorboard", ("loss", 0.5, 3)]
